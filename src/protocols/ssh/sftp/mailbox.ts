/** Things that come by themselves, for one who takes them one after another. */
export class Mailbox<T> implements AsyncIterableIterator<T> {
  #items: T[] = [];
  #ended = false;
  #fault: { readonly cause: unknown } | undefined;
  #wake: (() => void) | undefined;

  /** What comes after the end is for nobody. */
  push(item: T): void {
    if (this.#ended) return;
    this.#items.push(item);
    this.#awake();
  }

  /** Nothing more comes; what is there can still be taken. */
  end(): void {
    this.#ended = true;
    this.#awake();
  }

  /** What is there can still be taken, and then it is known why nothing more comes. */
  fail(cause: unknown): void {
    this.#fault ??= { cause };
    this.end();
  }

  async next(): Promise<IteratorResult<T>> {
    for (;;) {
      const item = this.#items.shift();
      if (item !== undefined) return { done: false, value: item };
      if (this.#fault !== undefined) throw this.#fault.cause;
      if (this.#ended) return { done: true, value: undefined };
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  return(): Promise<IteratorResult<T>> {
    this.#items = [];
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #awake(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}

/** How many bytes wait somewhere, so that whoever brings more can be made to wait as well. */
export class Gauge {
  readonly #most: number;
  #held = 0;
  #waiting: (() => void)[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  add(bytes: number): void {
    this.#held += bytes;
  }

  take(bytes: number): void {
    this.#held -= bytes;
    if (this.#held <= this.#most) for (const go of this.#waiting.splice(0)) go();
  }

  /** A promise while there is no room. */
  room(): Promise<void> | undefined {
    if (this.#held <= this.#most) return undefined;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
