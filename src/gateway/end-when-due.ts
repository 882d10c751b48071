import { Refused } from '../model/refusal.ts';
import type { ByteStream } from '../wire/byte-stream.ts';
import type { GatewayParts } from './admission.ts';
import type { LiveSession } from './live-sessions.ts';

/** The client's leaving and the grant's end each end the session. */
export function endWhenDue(
  session: Pick<LiveSession, 'busy' | 'principal' | 'target' | 'end'>,
  ending: AbortSignal,
  client: Pick<ByteStream, 'signal' | 'peer'>,
  { now, controlPlane, onFault, limits }: Pick<GatewayParts, 'now' | 'controlPlane' | 'onFault' | 'limits'>,
): void {
  const gone = (): void => session.end(client.signal.reason as Error);
  // What the client said last may have come together with its leaving: an idle session reads its goodbye first.
  const left = (): void => {
    if (session.busy) gone();
    else setTimeout(gone, limits.goodbyeMs);
  };
  client.signal.addEventListener('abort', left, { once: true });
  if (client.signal.aborted) left();
  let timer: NodeJS.Timeout | undefined;
  const arm = (expiresAtMs: number): void => {
    timer = setTimeout(() => void check(expiresAtMs), Math.min(Math.max(expiresAtMs - now(), 0), MAX_TIMER_MS));
    timer.unref();
  };
  const check = async (expiresAtMs: number): Promise<void> => {
    try {
      const renewed = await controlPlane.grantExpiryMs(session.principal.grant.id, session.target.name);
      if (renewed !== undefined && renewed > now()) return ending.aborted ? undefined : arm(renewed);
    } catch (fault) {
      // Whether the grant still stands cannot be known, so it does not: fail closed.
      onFault(fault, client.peer);
    }
    if (expiresAtMs <= now())
      session.end(new Refused({ code: 'claim-expired', message: 'the grant of this session has expired' }));
  };
  arm(Date.parse(session.principal.grant.expiresAt));
  ending.addEventListener(
    'abort',
    () => {
      clearTimeout(timer);
      client.signal.removeEventListener('abort', left);
    },
    { once: true },
  );
}

/** The longest delay that a timer takes, in milliseconds; a later end is looked at again then. */
const MAX_TIMER_MS = 2 ** 31 - 1;
