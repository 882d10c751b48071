/** One event of a stream (WHATWG HTML, 9.2). */
export interface StreamEvent {
  /** `message` where the stream says nothing. */
  readonly event: string;
  readonly data: string;
}

/** What is written of one message: an event of the default name. */
export function eventOf(message: string): Buffer {
  const lines = message.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`);
  return Buffer.from(`event: message\n${lines.join('')}\n`);
}

/** Reads events as their bytes come (WHATWG HTML, 9.2.6). Throws where one is longer than `maxBytes`. */
export class EventReader {
  readonly #maxBytes: number;
  #rest = Buffer.alloc(0);
  #event = '';
  #data: string[] = [];
  #bytes = 0;
  #isFirst = true;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  *read(bytes: Buffer): Generator<StreamEvent> {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    for (;;) {
      const end = this.#rest.findIndex((byte) => byte === LF || byte === CR);
      // What ends with CR may go on with LF, which is part of the same end.
      if (end < 0 || (this.#rest[end] === CR && end === this.#rest.length - 1)) break;
      const line = this.#rest.toString('utf8', 0, end);
      this.#rest = this.#rest.subarray(end + (this.#rest[end] === CR && this.#rest[end + 1] === LF ? 2 : 1));
      this.#bytes += end;
      const event = this.#line(this.#isFirst ? line.replace(/^\uFEFF/, '') : line);
      this.#isFirst = false;
      if (event !== undefined) yield event;
      this.#check();
    }
    this.#check();
  }

  #check(): void {
    if (this.#bytes + this.#rest.length > this.#maxBytes) throw new RangeError('an event is longer than it may be');
  }

  #line(line: string): StreamEvent | undefined {
    if (line === '') return this.#dispatch();
    const [, name, value = ''] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
    if (name === 'event') this.#event = value;
    else if (name === 'data') this.#data.push(value);
    return undefined;
  }

  #dispatch(): StreamEvent | undefined {
    const event = this.#event === '' ? 'message' : this.#event;
    const data = this.#data;
    this.#event = '';
    this.#data = [];
    this.#bytes = 0;
    return data.length === 0 ? undefined : { event, data: data.join('\n') };
  }
}

const LF = 0x0a;
const CR = 0x0d;
