import type { Estimate } from '../model/approval.ts';
import { Fault } from '../model/fault.ts';
import type { Limits } from '../model/limits.ts';
import type { Request } from '../model/request.ts';
import { withDeadline } from '../wire/deadline.ts';

/** Tells what a held request would do. Rejects only where `signal` aborted first. */
export type EffectEstimator = (request: Request, measureRows: boolean, signal: AbortSignal) => Promise<Estimate>;

/** The estimates of one gateway: a few at once, so that many held requests do not become a load on their targets. */
export class Estimates {
  readonly #limits: Pick<Limits, 'maxEstimatesAtOnce' | 'estimateDeadlineMs'>;
  readonly #waiting = new Set<() => void>();
  #running = 0;

  constructor(limits: Pick<Limits, 'maxEstimatesAtOnce' | 'estimateDeadlineMs'>) {
    this.#limits = limits;
  }

  /** Asks once it is its turn; what cannot be told in time, or at all, is `unavailable`. */
  async run(
    ask: (signal: AbortSignal) => Promise<Estimate>,
    signal: AbortSignal,
    onFault: (fault: unknown) => void,
  ): Promise<Estimate> {
    await this.#turn(signal);
    const { estimateDeadlineMs } = this.#limits;
    const startedAt = performance.now();
    const late = new Fault('deadline', `it took longer than ${estimateDeadlineMs} ms`);
    try {
      return await withDeadline(estimateDeadlineMs, signal, () => late, ask);
    } catch (fault) {
      signal.throwIfAborted();
      if (fault !== late) onFault(fault);
      const why = fault === late ? late.message : 'the target could not be asked';
      return { kind: 'unavailable', statements: [], why, tookMs: Math.round(performance.now() - startedAt) };
    } finally {
      this.#running--;
      const [next] = this.#waiting;
      next?.();
    }
  }

  /** Resolves holding one of the places. */
  async #turn(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#running >= this.#limits.maxEstimatesAtOnce) await this.#place(signal);
    else this.#running++;
  }

  #place(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = (): void => {
        this.#waiting.delete(enter);
        signal.removeEventListener('abort', leave);
        this.#running++;
        resolve();
      };
      const leave = (): void => {
        this.#waiting.delete(enter);
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.add(enter);
    });
  }
}
