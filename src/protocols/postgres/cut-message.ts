import { HEADER_BYTES } from './message-length.ts';

/** The beginning of a message whose rest has not come yet, copied once for each arrival and joined once. */
export class CutMessage {
  /** Bytes that must be there before looking again is of use. */
  needed = HEADER_BYTES;
  #pieces: Buffer[] = [];
  #bytes = 0;

  /** What is held and `bytes` behind it, which is held no more; undefined, and all held, while that is not enough. */
  join(bytes: Buffer): Buffer | undefined {
    if (this.#bytes === 0) return bytes;
    if (this.#bytes + bytes.length < this.needed) {
      this.hold(bytes);
      return undefined;
    }
    const all = Buffer.concat([...this.#pieces, bytes]);
    this.#pieces = [];
    this.#bytes = 0;
    this.needed = HEADER_BYTES;
    return all;
  }

  hold(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#pieces.push(Buffer.from(bytes));
    this.#bytes += bytes.length;
  }
}
