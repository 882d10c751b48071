const LINE_FEED = 10;

/** Cuts a stream of bytes into its lines, without their line feeds; what follows the last one is a line too. */
export class LineSplitter {
  #rest: Uint8Array[] = [];

  /** The lines that `chunk` ends. They are views of it where they lie within it whole. */
  push(chunk: Uint8Array): Uint8Array[] {
    const lines: Uint8Array[] = [];
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      lines.push(this.#joined(chunk.subarray(start, end)));
      start = end + 1;
    }
    if (start < chunk.length) this.#rest.push(chunk.slice(start));
    return lines;
  }

  /** What stands after the last line feed; empty where nothing does. */
  end(): Uint8Array {
    return this.#joined(new Uint8Array(0));
  }

  #joined(last: Uint8Array): Uint8Array {
    if (this.#rest.length === 0) return last;
    const parts = [...this.#rest, last];
    this.#rest = [];
    const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      joined.set(part, at);
      at += part.length;
    }
    return joined;
  }
}
