import { LIMITS } from '../model/limits.ts';
import { Refused } from '../model/refusal.ts';

/** How many connections each run has carried now, through this gateway. */
export class CarriersOfRuns {
  readonly #most: number;
  readonly #open = new Map<string, number>();

  constructor(most: number = LIMITS.maxCarriersOfRun) {
    this.#most = most;
  }

  /** Throws `Refused` where the run has as many as it may. */
  checkRoom(run: string): void {
    if ((this.#open.get(run) ?? 0) < this.#most) return;
    throw new Refused({ code: 'connection-limit', message: `This run has ${this.#most} connections already.` });
  }

  /** Counts a connection until it ends. */
  async during(run: string, serving: Promise<void>): Promise<void> {
    this.#open.set(run, (this.#open.get(run) ?? 0) + 1);
    try {
      await serving;
    } finally {
      const left = (this.#open.get(run) ?? 1) - 1;
      if (left === 0) this.#open.delete(run);
      else this.#open.set(run, left);
    }
  }
}
