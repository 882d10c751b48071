import { DeliveryFault } from './channel.ts';

/** Rejects once the signal aborts, and never resolves: for a race with what knows no signals. */
export function rejectOn(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const abort = () => reject(new DeliveryFault('no answer in time'));
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}
