/** The one timer of a connection, which is always waited for with the same few patiences. */
export class WaitTimer {
  #timer: NodeJS.Timeout | undefined;
  #ms = 0;
  #onLate: (() => void) | undefined;

  /** From now on `onLate` is called once after `ms`, unless it is stopped or started again. */
  start(ms: number, onLate: () => void): void {
    this.#onLate = onLate;
    if (this.#timer !== undefined && this.#ms === ms) {
      this.#timer.refresh();
      return;
    }
    clearTimeout(this.#timer);
    this.#ms = ms;
    this.#timer = setTimeout(() => this.#fire(), ms).unref();
  }

  /** The timer itself goes on, since taking it off costs more than that it fires for nothing. */
  stop(): void {
    this.#onLate = undefined;
  }

  [Symbol.dispose](): void {
    this.#onLate = undefined;
    clearTimeout(this.#timer);
  }

  #fire(): void {
    const onLate = this.#onLate;
    this.#onLate = undefined;
    onLate?.();
  }
}
