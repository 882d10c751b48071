import { Fault, type FaultCode } from '../../model/fault.ts';

/** How far a connection has come: what a deadline names where it passes. */
export interface Progress {
  /** Aborted by the caller's signal, with its reason, and by the deadline, with a `Fault`. */
  readonly signal: AbortSignal;
  step: 'connect' | 'negotiate TLS' | 'log in' | 'cancel';
}

/** Runs `body` under a deadline and the caller's signal; where either aborts, throws its reason. */
export async function withDeadline<Result>(
  deadlineMs: number,
  signal: AbortSignal,
  body: (progress: Progress) => Promise<Result>,
): Promise<Result> {
  signal.throwIfAborted();
  const controller = new AbortController();
  const progress: Progress = { signal: controller.signal, step: 'connect' };
  const abort = () => controller.abort(signal.reason);
  const expire = () => controller.abort(expired(progress.step, deadlineMs));
  signal.addEventListener('abort', abort, { once: true });
  const timer = setTimeout(expire, deadlineMs);
  try {
    const result = await body(progress);
    controller.signal.throwIfAborted();
    return result;
  } catch (cause) {
    // Why it was aborted, rather than the closed socket that followed from it.
    controller.signal.throwIfAborted();
    throw cause;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
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
