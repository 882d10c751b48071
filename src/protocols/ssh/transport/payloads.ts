import { MalformedSsh } from './packets.ts';

/** What came and waits for its reader, while one is logged in message by message; after that each goes where it belongs. */
export class Payloads {
  #waiting: Buffer[] = [];
  #over: Error | undefined;
  #wake: (() => void) | undefined;
  #into: ((payload: Buffer) => void) | undefined;

  /** Throws `MalformedSsh` where more wait than anybody sends who waits for answers. */
  take(payload: Buffer): void {
    if (this.#into !== undefined) return this.#into(payload);
    if (this.#waiting.length >= MOST_WAITING) throw new MalformedSsh('too many messages at once before a login');
    this.#waiting.push(payload);
    this.#wake?.();
  }

  async next(): Promise<Buffer> {
    for (;;) {
      const payload = this.#waiting.shift();
      if (payload !== undefined) return payload;
      if (this.#over !== undefined) throw this.#over;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** From here on each goes there at once, those that wait first. */
  into(take: (payload: Buffer) => void): void {
    for (const payload of this.#waiting.splice(0)) take(payload);
    this.#into = take;
  }

  /** Nothing comes any more. */
  over(reason: Error): void {
    this.#over = reason;
    this.#wake?.();
  }
}

const MOST_WAITING = 32;
