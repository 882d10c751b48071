import { LIMITS } from '../../model/limits.ts';

export interface LaneParts<Item> {
  /** How many are worked on at the same time. */
  readonly atOnce: number;
  /** Takes one that is due; undefined where none is. */
  take(): Promise<Item | undefined>;
  /** Must not hang; `pauseFor` keeps the whole lane still for so long. */
  work(item: Item, pauseFor: (ms: number) => void): Promise<void>;
  /** Milliseconds since 1970; undefined where nothing waits. */
  nextDueMs(): Promise<number | undefined>;
  readonly nowMs: () => number;
  readonly onFault: (fault: unknown) => void;
  readonly signal: AbortSignal;
}

/** Works on what is due of one channel, a few at once, and wakes by itself when the next is. */
export class Lane<Item> {
  readonly #parts: LaneParts<Item>;
  readonly #active = new Set<Promise<void>>();
  #pumping: Promise<void> | undefined;
  #isWokenAgain = false;
  #pausedUntilMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: LaneParts<Item>) {
    this.#parts = parts;
    parts.signal.addEventListener('abort', () => clearTimeout(this.#timer), { once: true });
  }

  wake(): void {
    this.#isWokenAgain = true;
    if (this.#pumping || this.#parts.signal.aborted) return;
    this.#pumping = this.#pump()
      .catch(this.#parts.onFault)
      .finally(() => {
        this.#pumping = undefined;
        if (this.#isWokenAgain) this.wake();
      });
  }

  /** Resolves once nothing is being worked on any more. */
  async ended(): Promise<void> {
    await this.#pumping;
    await Promise.all(this.#active);
  }

  async #pump(): Promise<void> {
    const { atOnce, take, nowMs, signal } = this.#parts;
    this.#isWokenAgain = false;
    while (this.#active.size < atOnce && nowMs() >= this.#pausedUntilMs && !signal.aborted) {
      const item = await take();
      if (item === undefined) return this.#sleep();
      this.#start(item);
    }
    if (this.#pausedUntilMs > nowMs()) this.#wakeIn(this.#pausedUntilMs - nowMs());
  }

  #start(item: Item): void {
    const { work, onFault } = this.#parts;
    const done = work(item, (ms) => {
      this.#pausedUntilMs = Math.max(this.#pausedUntilMs, this.#parts.nowMs() + ms);
    })
      .catch(onFault)
      .finally(() => {
        this.#active.delete(done);
        this.wake();
      });
    this.#active.add(done);
  }

  async #sleep(): Promise<void> {
    const due = await this.#parts.nextDueMs();
    if (due !== undefined) this.#wakeIn(due - this.#parts.nowMs());
  }

  #wakeIn(ms: number): void {
    clearTimeout(this.#timer);
    if (this.#parts.signal.aborted) return;
    // What is due and was not taken waits for what another gateway sends at the moment: look again, but not at once.
    const delay = Math.min(ms > 0 ? ms : BLOCKED_MS, LIMITS.deliveryPollMs);
    this.#timer = setTimeout(() => this.wake(), delay).unref();
  }
}

const BLOCKED_MS = 500;
