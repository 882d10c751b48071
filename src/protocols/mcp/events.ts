/** One event of a stream as it came (WHATWG HTML, 9.2): its bytes up to the empty line, and what stands in its data. */
export interface EventBlock {
  readonly bytes: Buffer;
  readonly data: string | undefined;
}

/** Takes a stream apart at its empty lines, however it was split. Throws a `RangeError` where an event is too long. */
export class EventBlocks {
  readonly #maxBytes: number;
  #held: Buffer = Buffer.alloc(0);
  /** Up to here there is no end of a block. */
  #looked = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  push(bytes: Buffer): readonly EventBlock[] {
    this.#held = this.#held.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#held, bytes]);
    const blocks: EventBlock[] = [];
    for (let end = this.#end(); end !== undefined; end = this.#end()) {
      const block = Buffer.from(this.#held.subarray(0, end));
      this.#held = this.#held.subarray(end);
      this.#looked = 0;
      blocks.push({ bytes: block, data: dataOf(block) });
    }
    if (this.#held.length > this.#maxBytes) throw new RangeError('an event is longer than it may be');
    return blocks;
  }

  /** What stands behind the last empty line; readers drop it. */
  get rest(): Buffer {
    return this.#held;
  }

  /** Where the first block ends, its empty line with it. CRLF, LF and CR end lines. */
  #end(): number | undefined {
    for (let at = Math.max(0, this.#looked - 3); at < this.#held.length; at++) {
      const first = lineEnd(this.#held, at);
      if (first === 0) continue;
      // What ends with CR may go on with LF.
      if (at + first >= this.#held.length) break;
      const second = lineEnd(this.#held, at + first);
      if (second > 0) return at + first + second;
    }
    this.#looked = this.#held.length;
    return undefined;
  }
}

function lineEnd(bytes: Buffer, at: number): 0 | 1 | 2 {
  if (bytes[at] === LF) return 1;
  if (bytes[at] !== CR) return 0;
  return bytes[at + 1] === LF ? 2 : 1;
}

const LF = 0x0a;
const CR = 0x0d;

function dataOf(block: Buffer): string | undefined {
  const lines = block
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\r|\n/)
    .filter((line) => line === 'data' || line.startsWith('data:'))
    .map((line) => line.slice(5).replace(/^ /, ''));
  return lines.length === 0 ? undefined : lines.join('\n');
}

/** The same event with other data: its id, its name and its time to come again stay. */
export function withData({ bytes }: EventBlock, data: string): Buffer {
  const kept = bytes
    .toString('utf8')
    .split(/\r\n|\r|\n/)
    .filter((line) => line !== '' && line !== 'data' && !line.startsWith('data:'));
  return Buffer.from([...kept, ...data.split('\n').map((line) => `data: ${line}`), '', ''].join('\n'));
}

/** A message as an event of the default name. */
export function eventOf(message: string): Buffer {
  return Buffer.from(`event: message\ndata: ${message}\n\n`);
}
