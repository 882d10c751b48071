/** Tries again later, each time twice as late, up to a bound. Holds at most one timer, which keeps no process alive. */
export class Retry implements Disposable {
  readonly #firstMs: number;
  readonly #mostMs: number;
  readonly #act: () => void;
  #nextMs: number;
  #timer: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(firstMs: number, mostMs: number, act: () => void) {
    this.#firstMs = firstMs;
    this.#mostMs = mostMs;
    this.#act = act;
    this.#nextMs = firstMs;
  }

  /** What comes next is the first failure again. */
  reset(): void {
    this.#nextMs = this.#firstMs;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Acts after the wait of this failure, `before` first; does nothing where it waits already. */
  later(before: () => void = () => undefined): void {
    if (this.#timer !== undefined || this.#ended) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      before();
      this.#act();
    }, this.#nextMs).unref();
    this.#nextMs = Math.min(this.#nextMs * 2, this.#mostMs);
  }

  [Symbol.dispose](): void {
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
