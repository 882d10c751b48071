import { ByteBuffer } from './byte-buffer.ts';

const CAPACITY = 1024 * 1024;
const MAX_SPARES = 8;

/** Groups of the journal that are written and not handed to the sealer yet, in plain. */
export class Outbox {
  readonly #bytes = new ByteBuffer(CAPACITY);
  readonly #spares: ArrayBuffer[] = [];
  /** Where each group ends. */
  #marks: { readonly group: number; readonly end: number }[] = [];

  get length(): number {
    return this.#bytes.length;
  }

  add(records: Uint8Array, group: number): void {
    this.#bytes.append(records);
    this.#marks.push({ group, end: this.#bytes.length });
  }

  /** Takes out the records of all groups up to `lastGroup`, in a buffer of their own; undefined where there are none. */
  take(lastGroup: number): Buffer<ArrayBuffer> | undefined {
    let whole = 0;
    while ((this.#marks[whole]?.group ?? Number.POSITIVE_INFINITY) <= lastGroup) whole++;
    const end = this.#marks[whole - 1]?.end;
    if (end === undefined) return undefined;
    // What is not durable yet is the smaller part: it is what moves.
    const rest = this.#bytes.view(end);
    const records = this.#bytes.handOver(this.#spares.pop()).subarray(0, end);
    this.#bytes.append(rest);
    this.#marks = this.#marks.slice(whole).map((mark) => ({ group: mark.group, end: mark.end - end }));
    return records;
  }

  /** Takes back a buffer that was handed over, for later. */
  spare(buffer: ArrayBuffer): void {
    if (buffer.byteLength >= CAPACITY && this.#spares.length < MAX_SPARES) this.#spares.push(buffer);
  }

  /** The groups after `group`, each with its records: views, valid until the next call. */
  after(group: number): { readonly group: number; readonly records: Buffer }[] {
    let start = 0;
    const groups: { group: number; records: Buffer }[] = [];
    for (const mark of this.#marks) {
      if (mark.group > group) groups.push({ group: mark.group, records: this.#bytes.view().subarray(start, mark.end) });
      start = mark.end;
    }
    return groups;
  }
}
