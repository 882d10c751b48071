/** Lines of bytes as they come, without their ends. */
export class LineReader {
  readonly #maxBytes: number;
  #rest: Buffer[] = [];
  #size = 0;
  #skipping = false;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Yields undefined in place of a line that is longer than it may be. */
  *read(bytes: Buffer): Generator<string | undefined> {
    let from = 0;
    for (let end = bytes.indexOf(LF); end >= 0; end = bytes.indexOf(LF, from)) {
      const line = this.#taken(bytes.subarray(from, end));
      from = end + 1;
      const isRest = this.#skipping;
      this.#skipping = false;
      if (!isRest) yield line;
    }
    if (this.#skipping || from === bytes.length) return;
    this.#rest.push(Buffer.from(bytes.subarray(from)));
    this.#size += bytes.length - from;
    if (this.#size > this.#maxBytes) yield undefined;
  }

  /** Leaves out what comes until the next end of a line. */
  skip(): void {
    this.#rest = [];
    this.#size = 0;
    this.#skipping = true;
  }

  #taken(last: Buffer): string | undefined {
    const isLong = this.#size + last.length > this.#maxBytes;
    const line = Buffer.concat([...this.#rest, last]);
    this.#rest = [];
    this.#size = 0;
    return isLong ? undefined : line.toString('utf8').replace(/\r$/, '');
  }
}

const LF = 0x0a;
