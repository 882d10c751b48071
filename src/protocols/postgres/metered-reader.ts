import { LIMITS } from '../../model/limits.ts';
import type { ExchangeResult, Part } from '../../model/reply.ts';
import { CutMessage } from './cut-message.ts';
import { HEADER_BYTES, lengthAt } from './message-length.ts';
import { BACKEND } from './messages.ts';
import { CountSum, MeteredPart } from './metered-part.ts';
import { MAX_KEPT_BYTES, type ReplyReader, tooLongToMask } from './reply-reader.ts';
import type { ReplyState } from './reply-state.ts';
import { ReplyTally } from './reply-tally.ts';

export type MakePart = (wire: Buffer, result: ExchangeResult | undefined) => Part;

/**
 * Reads a reply for a meter: each part begins and ends so that it can be cut before any message that begins in it. Rows
 * pass in pieces where `whole` is false; all else is held until it is complete.
 */
export class MeteredReader implements ReplyReader {
  rest: Buffer | undefined;
  readonly #state: ReplyState;
  readonly #make: MakePart;
  readonly #whole: boolean;
  readonly #tally = new ReplyTally();
  readonly #cut = new CutMessage();
  /** Bytes of a row that was counted and are still to come. */
  #skip = 0;

  constructor(state: ReplyState, make: MakePart, whole: boolean) {
    this.#state = state;
    this.#make = make;
    this.#whole = whole;
  }

  get isTorn(): boolean {
    return this.#skip > 0;
  }

  take(bytes: Buffer): MeteredPart | undefined {
    const all = this.#cut.join(bytes);
    if (all === undefined) return undefined;
    const from = Math.min(this.#skip, all.length);
    this.#skip -= from;
    const tally = this.#tally.copy();
    const sum = new CountSum();
    const end = this.#walk(all, from, sum);
    const { done } = this.#state;
    if (!done) this.#cut.hold(all.subarray(end));
    else if (end < all.length) this.rest = Buffer.from(all.subarray(end));
    if (end === 0) return undefined;
    const result = done ? this.#state.result() : undefined;
    return new MeteredPart({ wire: all.subarray(0, end), from, tally, counts: sum.counts, result }, this.#make);
  }

  /** A part of whole messages that nothing is counted of. */
  uncounted(wire: Buffer, result: ExchangeResult): MeteredPart {
    return new MeteredPart({ wire, from: 0, tally: this.#tally, counts: [], result }, this.#make);
  }

  /** Returns where the part ends, or the reply does. */
  #walk(bytes: Buffer, from: number, sum: CountSum): number {
    const tally = this.#tally;
    let at = from;
    let rows = 0;
    let rowBytes = 0;
    while (at + HEADER_BYTES <= bytes.length && !this.#state.done) {
      const type = bytes[at] as number;
      const size = 1 + lengthAt(bytes, at);
      const next = at + size;
      const isRow = type === BACKEND.dataRow || type === BACKEND.copyData;
      if (next > bytes.length && (!isRow || this.#whole)) {
        if (this.#mustHold(size, isRow)) break;
      }
      if (isRow) {
        rows++;
        rowBytes += size;
      } else {
        sum.add(tally.rows(rows, rowBytes));
        this.#state.rows += rows;
        rows = rowBytes = 0;
        sum.add(tally.take(bytes, at, size));
        if (next > bytes.length) this.#state.message(type, bytes, 0, 0);
        else this.#state.message(type, bytes, at + HEADER_BYTES, next);
      }
      at = next;
    }
    sum.add(tally.rows(rows, rowBytes));
    this.#state.rows += rows;
    if (at > bytes.length) this.#skip = at - bytes.length;
    return Math.min(at, bytes.length);
  }

  /** True where a message that is not complete waits for its rest; a longer one passes unread. */
  #mustHold(size: number, isRow: boolean): boolean {
    if (this.#whole && size > LIMITS.maxMaskedMessageBytes) throw tooLongToMask();
    if (!isRow && !this.#whole && size > MAX_KEPT_BYTES) return false;
    this.#cut.needed = size;
    return true;
  }
}
