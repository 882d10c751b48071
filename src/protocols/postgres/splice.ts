/** Bytes with some stretches replaced, in order; nothing is copied until a first replacement, and then once. */
export class Splice {
  readonly source: Buffer;
  #pieces: Uint8Array[] | undefined;
  #from = 0;

  constructor(source: Buffer) {
    this.source = source;
  }

  replace(start: number, end: number, ...replacement: readonly Uint8Array[]): void {
    this.#pieces ??= [];
    if (start > this.#from) this.#pieces.push(this.source.subarray(this.#from, start));
    this.#pieces.push(...replacement);
    this.#from = end;
  }

  /** The source up to `end` with its replacements, as new bytes; undefined where nothing was replaced. */
  bytes(end: number): Buffer | undefined {
    if (this.#pieces === undefined) return undefined;
    return Buffer.concat([...this.#pieces, this.source.subarray(this.#from, end)]);
  }
}
