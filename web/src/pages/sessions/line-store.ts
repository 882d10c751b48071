const SEGMENT_BYTES = 1024 * 1024;

/** Lines of text, kept as bytes outside the script's heap; append only. */
export class LineStore {
  #segments: Uint8Array[] = [];
  #used = SEGMENT_BYTES;
  /** By line: its segment, and where it lies there. */
  readonly #segment: number[] = [];
  readonly #start: number[] = [];
  readonly #length: number[] = [];
  readonly #decoder = new TextDecoder();
  #bytes = 0;

  get length(): number {
    return this.#segment.length;
  }

  /** Bytes of all lines. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Copies the line; returns its place. */
  append(line: Uint8Array): number {
    if (this.#used + line.length > SEGMENT_BYTES) {
      this.#segments.push(new Uint8Array(Math.max(SEGMENT_BYTES, line.length)));
      this.#used = 0;
    }
    const segment = this.#segments.length - 1;
    this.#segments[segment]?.set(line, this.#used);
    this.#segment.push(segment);
    this.#start.push(this.#used);
    this.#length.push(line.length);
    this.#used += line.length;
    this.#bytes += line.length;
    return this.#segment.length - 1;
  }

  /** The line's text; empty where there is no such line. */
  text(place: number): string {
    const start = this.#start[place] ?? 0;
    const segment = this.#segments[this.#segment[place] ?? -1];
    return segment === undefined
      ? ''
      : this.#decoder.decode(segment.subarray(start, start + (this.#length[place] ?? 0)));
  }
}
