import { Fault } from '../../../model/fault.ts';
import { type Refusal, Refused } from '../../../model/refusal.ts';
import { PeerLeft } from '../../../wire/peer-left.ts';
import { refusalOf, type SshAdmission } from '../conversation.ts';
import type { Lane, Lanes } from '../lanes.ts';
import { globs } from '../target-patterns.ts';
import { MalformedSsh } from '../transport/packets.ts';
import type { Channel, ChannelRequest } from './channel.ts';
import type { ChannelKind, SshSession } from './kind.ts';
import { readAsked } from './read-asked.ts';
import { RefusedExchange } from './refused-exchange.ts';
import { refusalText, tellRefusal } from './told.ts';

export interface SessionServerParts {
  readonly admission: SshAdmission;
  readonly lanes: Lanes;
  /** In the order in which they are asked whether a channel is theirs. */
  readonly kinds: readonly ChannelKind[];
}

/** Serves one session channel: what is asked in it goes to the kind of channel that it is, in a lane of its own. */
export async function serveSession(client: Channel, parts: SessionServerParts): Promise<void> {
  let lane: Lane;
  try {
    lane = await parts.lanes.take();
  } catch (cause) {
    return refuseAll(client, refusalOf(cause));
  }
  const { session } = lane;
  try {
    await ask(client, session, parts);
    await parts.lanes.give(lane);
  } catch (cause) {
    await parts.lanes.drop(lane);
    await failed(client, session, cause, parts);
  } finally {
    await client.close();
  }
}

async function ask(client: Channel, session: SshSession, { admission, kinds }: SessionServerParts): Promise<void> {
  const allowed = globs(session.target.ssh?.environment ?? []);
  const taking = (name: string) => ({ kind: 'subsystem', command: Buffer.from(name), environment: [] }) as const;
  const asked = await readAsked(client, {
    allows: allowed,
    hasSubsystem: (name) => kinds.some((kind) => kind.takes(taking(name))),
    refuse: (what, request) => refuseRequest(what, request, session),
  });
  const kind = asked && kinds.find((one) => one.takes(asked));
  if (asked === undefined || kind === undefined) return;
  // One that leaves takes back what it asked; what is under way at the host ends.
  const leave = (): void => void admission.cancel(session.cancelKey).catch((fault: unknown) => admission.report(fault));
  client.signal.addEventListener('abort', leave, { once: true });
  if (client.signal.aborted) leave();
  try {
    await kind.serve({ client, asked, session, user: session.greeting.user });
  } finally {
    client.signal.removeEventListener('abort', leave);
  }
}

async function refuseRequest(what: string, request: ChannelRequest, session: SshSession): Promise<void> {
  await session.run(new RefusedExchange(what, () => request.answer(false)));
}

/** Without a session nothing can be asked, and the client is told so as soon as it asks. */
async function refuseAll(client: Channel, refusal: Refusal): Promise<void> {
  for (let message = await client.next(); message !== null; message = await client.next()) {
    if (message.kind !== 'request') continue;
    const starts = message.name === 'exec' || message.name === 'shell';
    message.answer(starts || message.name === 'pty-req');
    if (starts) {
      await tellRefusal(client, refusal);
      break;
    }
  }
  await client.close();
}

/** The session is over, the connection goes on: the channel ends as a command does whose host is lost. */
async function failed(
  client: Channel,
  session: SshSession,
  cause: unknown,
  { admission }: SessionServerParts,
): Promise<void> {
  if (cause instanceof MalformedSsh) throw cause;
  const why = session.signal.aborted && session.signal.reason instanceof Refused ? session.signal.reason : cause;
  if (!client.signal.aborted) {
    await client.write(Buffer.from(refusalText(refusalOf(why))), 'err')?.catch(() => undefined);
    client.eof();
  }
  if (why instanceof Refused || why instanceof PeerLeft) return;
  if (!(why instanceof Fault)) throw why;
  admission.report(why);
}
