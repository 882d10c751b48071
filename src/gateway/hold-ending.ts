import type { HoldAnswer } from '../model/approval.ts';
import { Fault } from '../model/fault.ts';
import type { ByteStream } from '../wire/byte-stream.ts';

/** What ended the wait of a held exchange. */
export type HoldEnding =
  | HoldAnswer
  /** The client took its request back, or sent so much behind it that its leaving would no longer show. */
  | { readonly state: 'withdrawn'; readonly by: 'client' | 'overrun' }
  /** The session ended: its client left, its grant was revoked, its upstream died. */
  | { readonly state: 'gone' }
  /** The client waits no longer; the answer may still come and serve the same request made again. */
  | { readonly state: 'left'; readonly why: 'patience' | 'draining' | 'asked' }
  /** The answer cannot be learned, which counts as no. */
  | { readonly state: 'lost'; readonly cause: unknown };

export interface Interruptions {
  readonly gone: readonly AbortSignal[];
  readonly cancelled: AbortSignal;
  readonly draining: AbortSignal;
  readonly client: Pick<ByteStream, 'onStall'>;
  /** How long the client will wait from now on, where that is known. */
  readonly patienceMs: number | undefined;
  /** When an answer can no longer be expected. */
  readonly overdueMs: number;
}

/** Waits for the answer or for the first interruption. Never rejects, and leaves no listener and no timer behind. */
export async function firstEnding(answer: Promise<HoldAnswer>, interruptions: Interruptions): Promise<HoldEnding> {
  const { gone, cancelled, draining, client, patienceMs = Number.POSITIVE_INFINITY, overdueMs } = interruptions;
  const { promise, resolve } = Promise.withResolvers<HoldEnding>();
  const cleared = new AbortController();
  const on = (signal: AbortSignal, ending: HoldEnding): void => {
    if (signal.aborted) resolve(ending);
    else signal.addEventListener('abort', () => resolve(ending), { once: true, signal: cleared.signal });
  };
  for (const signal of gone) on(signal, { state: 'gone' });
  on(cancelled, { state: 'withdrawn', by: 'client' });
  on(draining, { state: 'left', why: 'draining' });
  client.onStall(() => resolve({ state: 'withdrawn', by: 'overrun' }));
  answer.then(resolve, (cause: unknown) => resolve({ state: 'lost', cause }));
  const isImpatient = patienceMs <= overdueMs;
  const timer = setTimeout(
    () => resolve(isImpatient ? { state: 'left', why: 'patience' } : OVERDUE),
    Math.min(Math.max(0, isImpatient ? patienceMs : overdueMs), MAX_TIMER_MS),
  );
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    cleared.abort();
    client.onStall(undefined);
  }
}

/** The longest delay that a timer takes. */
const MAX_TIMER_MS = 2 ** 31 - 1;

const OVERDUE: HoldEnding = {
  state: 'lost',
  cause: new Fault('deadline', 'an approval was neither answered nor expired in its time'),
};
