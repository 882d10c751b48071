import { Fault } from '../../model/fault.ts';
import type { TargetName } from '../../model/ids.ts';
import { LIMITS } from '../../model/limits.ts';
import { type Refusal, Refused } from '../../model/refusal.ts';
import type { ByteStream } from '../../wire/byte-stream.ts';
import { PeerLeft } from '../../wire/peer-left.ts';
import type { Admission, Claim, Login } from '../protocol.ts';
import { type ChannelOpening, type GlobalRequest, SshConnection } from './channels/connection.ts';
import type { SshGreeting } from './channels/kind.ts';
import type { SshUpstream } from './host/upstream.ts';
import type { PrivateKey } from './keys/private-key.ts';
import { Lanes } from './lanes.ts';
import { serveLogin } from './login/server-login.ts';
import { readUserName } from './login/user-name.ts';
import { DISCONNECT } from './transport/numbers.ts';
import { MalformedSsh } from './transport/packets.ts';
import { Payloads } from './transport/payloads.ts';
import type { Ssh2HostKey } from './transport/ssh2.ts';
import { SshTransport } from './transport/transport.ts';

export type SshAdmission = Admission<SshUpstream, SshGreeting>;

/** Who was let in, and what its channels go through. */
export interface Entered {
  readonly claim: Claim;
  /** The sessions of its target; absent where it named none, and can only go on to one. */
  readonly lanes?: Lanes;
}

/** What serves the channels of one connection. */
export interface ChannelServer {
  opened(opening: ChannelOpening): Promise<void>;
  asked(request: GlobalRequest): Promise<void>;
}

export interface ConversationParts {
  readonly stream: ByteStream;
  readonly admission: SshAdmission;
  /** The one target that the connection is for, where that was settled before. */
  readonly target: TargetName | undefined;
  readonly hostKey: PrivateKey;
  readonly authorities: readonly Buffer[];
  readonly nowMs: () => number;
  readonly channels: (connection: SshConnection, entered: Entered) => ChannelServer;
}

/** One client's connection, from its first byte to its last. */
export class SshConversation {
  readonly #parts: ConversationParts;
  readonly #payloads = new Payloads();
  readonly #transport: SshTransport;
  readonly #works = new Set<Promise<void>>();
  #entered: Entered | undefined;
  #isLeaving = false;

  constructor(parts: ConversationParts) {
    this.#parts = parts;
    const hostKey = serverKey(parts.hostKey);
    const onPayload = (payload: Buffer): void => this.#payloads.take(payload);
    this.#transport = new SshTransport({ stream: parts.stream, side: { kind: 'server', hostKey }, onPayload });
  }

  /** Returns when the client has left, or was told why it cannot stay. Throws what else ended the connection. */
  async run(): Promise<void> {
    const over = new AbortController();
    const reading = this.#transport.run().then(
      () => over.abort(new PeerLeft('the client has left')),
      (cause: Error) => over.abort(cause),
    );
    over.signal.addEventListener('abort', () => this.#payloads.over(over.signal.reason as Error), { once: true });
    let connection: SshConnection | undefined;
    try {
      await this.#transport.ready;
      await this.#logIn();
      connection = this.#converse();
      await reading;
      throw over.signal.reason;
    } catch (cause) {
      await this.#end(cause as Error, connection);
    } finally {
      await Promise.allSettled(this.#works);
      await this.#entered?.lanes?.[Symbol.asyncDispose]();
    }
  }

  async #logIn(): Promise<void> {
    const { authorities, nowMs } = this.#parts;
    await serveLogin({
      transport: this.#transport,
      next: () => this.#payloads.next(),
      enter: (user, claim) => this.#enter(user, claim),
      authorities,
      nowMs,
    });
  }

  /** The first session is opened before anybody is let in: where it cannot be, that is said at once. */
  async #enter(user: string, claim: Claim): Promise<void> {
    const { admission } = this.#parts;
    const name = readUserName(user);
    const target = this.#parts.target ?? (name.target as TargetName | undefined);
    if (target === undefined) {
      await admission.targets(claim);
      this.#entered = { claim };
      return;
    }
    const software = { ssh_client: this.#transport.software.slice(0, MOST_SOFTWARE_CHARACTERS) };
    const parameters = name.login === '' ? software : { ...software, login: name.login };
    const login: Login = { parameters, cancelKeyBytes: 16 };
    const admit = () => admission.admit(claim, target, login);
    const lanes = new Lanes({ admit, most: LIMITS.maxSshLanes, onEnded: (reason) => this.#sessionEnded(reason) });
    await lanes.give(await lanes.take());
    this.#entered = { claim, lanes };
  }

  #converse(): SshConnection {
    const connection = new SshConnection({
      transport: this.#transport,
      onOpen: (opening) => this.#work(server.opened(opening)),
      onGlobal: (request) => this.#work(server.asked(request)),
    });
    if (this.#entered === undefined) throw new Fault('internal', 'nobody was let in');
    const server = this.#parts.channels(connection, this.#entered);
    connection.keepAlive(() => this.#parts.stream.destroy(new PeerLeft('the client does not answer')));
    this.#payloads.into((payload) => connection.take(payload));
    return connection;
  }

  #work(work: Promise<void>): void {
    const working: Promise<void> = work
      .catch((fault: unknown) => {
        if (fault instanceof MalformedSsh) void this.#transport.disconnect(DISCONNECT.protocolError, fault.message);
        else if (!(fault instanceof PeerLeft || fault instanceof Refused)) this.#parts.admission.report(fault);
      })
      .finally(() => this.#works.delete(working));
    this.#works.add(working);
  }

  /** A grant or a gateway that is over ends the whole connection, once what was under way was told. */
  #sessionEnded(reason: unknown): void {
    if (!(reason instanceof Refused) || this.#isLeaving) return;
    this.#isLeaving = true;
    const { code, message } = reason.refusal;
    const leave = async (): Promise<void> => {
      const patience = setTimeout(() => this.#parts.stream.destroy(reason), LEAVE_MS);
      await Promise.allSettled(this.#works);
      await this.#transport.disconnect(DISCONNECT.byApplication, `chaperone: ${code}: ${message}`);
      clearTimeout(patience);
      await this.#parts.stream.end();
    };
    void leave().catch((fault: unknown) => this.#parts.admission.report(fault));
  }

  /** What the client did is no fault of ours; it is told, where it can still be. */
  async #end(cause: Error, connection: SshConnection | undefined): Promise<void> {
    connection?.lost(cause);
    if (cause instanceof MalformedSsh) await this.#transport.disconnect(DISCONNECT.protocolError, cause.message);
    else if (!(cause instanceof PeerLeft || cause instanceof Refused)) throw cause;
  }
}

const MOST_SOFTWARE_CHARACTERS = 100;
/** For a client to take in what it is told last. */
const LEAVE_MS = 2_000;

function serverKey({ type, blob, sign }: PrivateKey): Ssh2HostKey {
  return { type, getPublicSSH: () => blob, sign };
}

const UNRECORDED: Refusal = {
  code: 'record-unavailable',
  message: 'the gateway cannot record any more, so nothing goes on',
};

/** In the words of a refusal, whatever ended what a client asked for. */
export function refusalOf(cause: unknown): Refusal {
  if (cause instanceof Refused) return cause.refusal;
  if (cause instanceof Fault && cause.code === 'log-unavailable') return UNRECORDED;
  return { code: 'upstream-unavailable', message: 'the connection to the target broke' };
}
