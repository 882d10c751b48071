import type { SessionOutcome } from '../audit/recorder.ts';
import { Fault } from '../model/fault.ts';
import type { TargetName } from '../model/ids.ts';
import { Refused } from '../model/refusal.ts';
import type { ExchangeResult } from '../model/reply.ts';
import { PeerLeft } from '../wire/peer-left.ts';

/** How an exchange ended that did not run to the end of its reply. */
export function failureResult(fault: unknown, signal: AbortSignal): ExchangeResult {
  if (fault instanceof Refused) return { status: 'refused', code: fault.refusal.code, rows: 0 };
  // Of a client: what a server leaves behind is a fault.
  if (fault instanceof PeerLeft) return { status: 'cancelled', rows: 0 };
  if (signal.aborted && sessionOutcome(signal.reason) !== 'upstreamLost') return { status: 'cancelled', rows: 0 };
  return { status: 'unknown', code: fault instanceof Fault ? fault.code : 'internal', rows: 0 };
}

/** Why a session ended, for the record. */
export function sessionOutcome(reason: unknown): SessionOutcome {
  if (reason instanceof PeerLeft) return 'clientLeft';
  if (reason instanceof Refused) {
    if (reason.refusal.code === 'grant-revoked' || reason.refusal.code === 'session-ended') return 'revoked';
    if (reason.refusal.code === 'claim-expired') return 'expired';
    if (reason.refusal.code === 'draining') return 'drained';
    return 'faulted';
  }
  if (reason instanceof Fault && reason.code.startsWith('upstream-')) return 'upstreamLost';
  return 'faulted';
}

/** The client learns that the target is out of reach, and nothing of where it is or how the gateway logs in. */
export function unavailable(cause: unknown, target: TargetName): Refused {
  const code = cause instanceof Fault ? cause.code : 'internal';
  return new Refused({
    code: 'upstream-unavailable',
    message: `the target "${target}" could not be reached (${code})`,
    hint: `An operator sees the cause with: chaperone targets check ${target}`,
  });
}
