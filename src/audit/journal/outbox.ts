const CAPACITY = 1024 * 1024;
const MAX_SPARES = 8;

/**
 * Groups of the journal that are written and not handed to the sealer yet, in plain. Their memory is shared, not
 * transferred, and goes round: a buffer is written again only once the sealer has given it back.
 */
export class Outbox {
  #bytes = sharedBytes(CAPACITY);
  #length = 0;
  readonly #spares: SharedArrayBuffer[] = [];
  /** Where each group ends. */
  #marks: { readonly group: number; readonly end: number }[] = [];

  get length(): number {
    return this.#length;
  }

  add(records: Uint8Array, group: number): void {
    this.#append(records);
    this.#marks.push({ group, end: this.#length });
  }

  /** Takes out the records of all groups up to `lastGroup`, in a buffer of their own; undefined where there are none. */
  take(lastGroup: number): Buffer<SharedArrayBuffer> | undefined {
    let whole = 0;
    while ((this.#marks[whole]?.group ?? Number.POSITIVE_INFINITY) <= lastGroup) whole++;
    const end = this.#marks[whole - 1]?.end;
    if (end === undefined) return undefined;
    // What is not durable yet is the smaller part: it is what moves.
    const bytes = this.#bytes;
    const rest = bytes.subarray(end, this.#length);
    const spare = this.#spares.pop();
    this.#bytes = spare === undefined ? sharedBytes(bytes.length) : Buffer.from(spare);
    this.#length = 0;
    this.#append(rest);
    this.#marks = this.#marks.slice(whole).map((mark) => ({ group: mark.group, end: mark.end - end }));
    return bytes.subarray(0, end);
  }

  /** Takes back a buffer that was handed over, for later. */
  spare(buffer: SharedArrayBuffer): void {
    if (buffer.byteLength >= CAPACITY && this.#spares.length < MAX_SPARES) this.#spares.push(buffer);
  }

  /** The groups after `group`, each with its records: views, valid until the next call. */
  after(group: number): { readonly group: number; readonly records: Buffer }[] {
    let start = 0;
    const groups: { group: number; records: Buffer }[] = [];
    for (const mark of this.#marks) {
      if (mark.group > group) groups.push({ group: mark.group, records: this.#bytes.subarray(start, mark.end) });
      start = mark.end;
    }
    return groups;
  }

  #append(bytes: Uint8Array): void {
    const needed = this.#length + bytes.length;
    if (needed > this.#bytes.length) {
      const grown = sharedBytes(Math.max(needed, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes.set(bytes, this.#length);
    this.#length = needed;
  }
}

function sharedBytes(capacity: number): Buffer<SharedArrayBuffer> {
  return Buffer.from(new SharedArrayBuffer(capacity));
}
