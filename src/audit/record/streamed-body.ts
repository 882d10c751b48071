/** A body too large for the journal, on its way to the sealer in pieces. */
import type { RecorderParts } from './session-recorder.ts';

export class StreamedBody {
  readonly #parts: RecorderParts;
  readonly #session: number;
  readonly #storedBytes: number;
  readonly #stream: number;
  readonly #salt: Uint8Array;
  #chunk: Uint8Array<ArrayBuffer> | undefined;
  #filled = 0;

  constructor(parts: RecorderParts, session: number, storedBytes: number) {
    this.#parts = parts;
    this.#session = session;
    this.#storedBytes = storedBytes;
    this.#stream = parts.nextStream();
    this.#salt = Uint8Array.from(parts.salts.next());
    // The sealer must know the session before it hears of a piece.
    parts.journal.deliver();
  }

  /** Copies the bytes; a promise while the sealer is behind. */
  push(bytes: Uint8Array): Promise<void> | undefined {
    this.add(bytes);
    return this.#parts.sealer.room();
  }

  add(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) {
      const chunk = (this.#chunk ??= this.#parts.sealer.chunkBuffer());
      const take = Math.min(bytes.length - done, chunk.length - this.#filled);
      chunk.set(done === 0 && take === bytes.length ? bytes : bytes.subarray(done, done + take), this.#filled);
      this.#filled += take;
      done += take;
      if (this.#filled === chunk.length) this.#send();
    }
  }

  /** The end: resolves to the event's `body` member once the pieces are in their file. */
  finish(media: string): Promise<string> {
    this.#send();
    return this.#parts.sealer.finish(this.#stream, media);
  }

  abandon(): void {
    this.#parts.sealer.abandon(this.#stream);
  }

  #send(): void {
    const bytes = this.#chunk;
    if (bytes === undefined) return;
    this.#parts.sealer.chunk({
      stream: this.#stream,
      session: this.#session,
      storedBytes: this.#storedBytes,
      salt: this.#salt,
      bytes,
      length: this.#filled,
    });
    this.#chunk = undefined;
    this.#filled = 0;
  }
}
