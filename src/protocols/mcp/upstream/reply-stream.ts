import type { Fields, MessageBody } from '../../http/message.ts';

export interface ReplyStreamParts {
  /** Bytes that wait to be read before whoever writes is told to wait. */
  readonly highWater: number;
  /** Told when more waits than should, and when no longer. */
  readonly onFull: () => void;
  readonly onDrained: () => void;
}

/** The body of a reply that is made as messages come. */
export class ReplyStream implements MessageBody {
  readonly length = 'unknown';
  readonly trailers: Fields = [];
  readonly #parts: ReplyStreamParts;
  readonly #waiting: Buffer[] = [];
  #size = 0;
  #end: { readonly fault?: Error } | undefined;
  #wake: (() => void) | undefined;

  constructor(parts: ReplyStreamParts) {
    this.#parts = parts;
  }

  get over(): boolean {
    return this.#end !== undefined;
  }

  get full(): boolean {
    return this.#size > this.#parts.highWater;
  }

  write(bytes: Buffer): void {
    if (this.#end !== undefined) return;
    const wasFull = this.full;
    this.#waiting.push(bytes);
    this.#size += bytes.length;
    if (!wasFull && this.full) this.#parts.onFull();
    this.#wake?.();
  }

  end(): void {
    this.#end ??= {};
    this.#wake?.();
  }

  /** Whoever reads gets the fault in place of what was not read yet. */
  fail(fault: Error): void {
    if (this.#end !== undefined) return;
    this.#end = { fault };
    this.#take();
    this.#wake?.();
  }

  /** Nobody reads it any more: what waits is given up, ended or not. */
  abandon(reason: Error): void {
    this.fail(reason);
    if (this.#waiting.length > 0) this.#take();
  }

  async read(): Promise<Buffer | null> {
    for (;;) {
      if (this.#waiting.length > 0) return this.#take();
      if (this.#end?.fault !== undefined) throw this.#end.fault;
      if (this.#end !== undefined) return null;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }

  #take(): Buffer {
    const wasFull = this.full;
    const bytes = Buffer.concat(this.#waiting.splice(0));
    this.#size = 0;
    if (wasFull) this.#parts.onDrained();
    return bytes;
  }
}
