import { createHash, type Hash } from 'node:crypto';

/** What was carried of a file in one direction: how much, and its digest where it came in the order of the file. */
export class Transfer {
  #bytes = 0n;
  #next = 0n;
  #hash: Hash | undefined = createHash('sha256');

  get isEmpty(): boolean {
    return this.#bytes === 0n && this.#next === 0n;
  }

  /** Bytes of the file from `offset` on. */
  take(offset: bigint, bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#bytes += BigInt(bytes.length);
    if (offset !== this.#next) this.#hash = undefined;
    this.#next = offset + BigInt(bytes.length);
    this.#hash?.update(bytes);
  }

  /** Nothing is known of their order, or of what they are. */
  unknown(bytes: bigint): void {
    this.#bytes += bytes;
    this.#hash = undefined;
  }

  /** As the record of the exchange says it: `read 10`, and `read-sha256 …` or `read-out-of-order`. */
  tags(name: 'read' | 'written'): readonly string[] {
    const digest = this.#hash?.copy().digest('hex');
    return [`${name} ${this.#bytes}`, digest === undefined ? `${name}-out-of-order` : `${name}-sha256 ${digest}`];
  }
}
