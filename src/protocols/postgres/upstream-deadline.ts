import { Fault, type FaultCode } from '../../model/fault.ts';
import { withDeadline } from '../../wire/deadline.ts';

/** How far a connection has come: what a deadline names where it passes. */
export interface Progress {
  /** Aborted by the caller's signal, with its reason, and by the deadline, with a `Fault`. */
  readonly signal: AbortSignal;
  step: 'connect' | 'negotiate TLS' | 'log in' | 'cancel';
}

/** Runs `body` under a deadline and the caller's signal; where either aborts, throws its reason. */
export async function withProgress<Result>(
  deadlineMs: number,
  signal: AbortSignal,
  body: (progress: Progress) => Promise<Result>,
): Promise<Result> {
  let progress: Progress | undefined;
  const late = (): Fault => expired(progress?.step ?? 'connect', deadlineMs);
  return withDeadline(deadlineMs, signal, late, (inTime) => {
    progress = { signal: inTime, step: 'connect' };
    return body(progress);
  });
}

const CODES: Readonly<Record<Progress['step'], FaultCode>> = {
  connect: 'upstream-unreachable',
  'negotiate TLS': 'upstream-tls',
  'log in': 'upstream-login',
  cancel: 'upstream-closed',
};

function expired(step: Progress['step'], deadlineMs: number): Fault {
  return new Fault(CODES[step], `the server did not let the gateway ${step} within ${deadlineMs} ms`);
}
