import type { CutPart, ExchangeResult, FieldMasker, Part, ReplyCount } from '../../model/reply.ts';
import { lengthAt } from './message-length.ts';
import type { ReplyTally } from './reply-tally.ts';

export interface MeteredBytes {
  readonly wire: Buffer;
  /** Where its first message begins: before that stands the end of a row that was counted already. */
  readonly from: number;
  /** As it was before the first message. */
  readonly tally: ReplyTally;
  readonly counts: readonly ReplyCount[];
  readonly result: ExchangeResult | undefined;
}

/** A part that tells what it counts, and can be cut before any message that begins in it. */
export class MeteredPart implements Part {
  readonly wire: Buffer;
  readonly counts: readonly ReplyCount[];
  readonly result?: ExchangeResult;
  readonly #bytes: MeteredBytes;
  readonly #make: (wire: Buffer, result: ExchangeResult | undefined) => Part;

  /** `make` gives what these bytes are as a part that is rewritten, or passed on. */
  constructor(bytes: MeteredBytes, make: (wire: Buffer, result: ExchangeResult | undefined) => Part) {
    this.wire = bytes.wire;
    this.counts = bytes.counts;
    if (bytes.result !== undefined) this.result = bytes.result;
    this.#bytes = bytes;
    this.#make = make;
  }

  rewrite(masker: FieldMasker): Part {
    return this.#make(this.wire, this.result).rewrite(masker);
  }

  cut(allow: (message: ReplyCount) => boolean): CutPart {
    const { wire, from, result } = this.#bytes;
    const tally = this.#bytes.tally.copy();
    for (let at = from; at < wire.length; ) {
      const length = 1 + lengthAt(wire, at);
      const before = tally.copy();
      const count = tally.take(wire, at, length);
      if (count !== undefined && !allow(count)) return this.#at(at, before);
      at += length;
    }
    return { head: new MeteredPart({ ...this.#bytes, counts: [], result }, this.#make), rest: undefined };
  }

  /** Without its last bytes, which nothing is counted of, and not the end of its reply; undefined where nothing is left. */
  withoutEnd(bytes: number): MeteredPart | undefined {
    const wire = this.wire.subarray(0, this.wire.length - bytes);
    return wire.length === 0 ? undefined : new MeteredPart({ ...this.#bytes, wire, result: undefined }, this.#make);
  }

  #at(at: number, before: ReplyTally): CutPart {
    const { wire, from, tally, result } = this.#bytes;
    const part = (bytes: MeteredBytes): Part => new MeteredPart(bytes, this.#make);
    const head =
      at === 0 ? undefined : part({ wire: wire.subarray(0, at), from, tally, counts: [], result: undefined });
    const rest = wire.subarray(at);
    const counts = countsOf(rest, before.copy());
    return { head, rest: part({ wire: rest, from: 0, tally: before, counts, result }) };
  }
}

/** Adds a message's count to those of its statement. */
export class CountSum {
  readonly #counts: { statement: number; rowsRead: number; rowsChanged: number; bytes: number }[] = [];

  add(count: ReplyCount | undefined): void {
    if (count === undefined) return;
    const last = this.#counts.at(-1);
    if (last?.statement !== count.statement) this.#counts.push({ ...count });
    else {
      last.rowsRead += count.rowsRead;
      last.rowsChanged += count.rowsChanged;
      last.bytes += count.bytes;
    }
  }

  get counts(): readonly ReplyCount[] {
    return this.#counts;
  }
}

function countsOf(wire: Buffer, tally: ReplyTally): readonly ReplyCount[] {
  const sum = new CountSum();
  for (let at = 0; at < wire.length; ) {
    const length = 1 + lengthAt(wire, at);
    sum.add(tally.take(wire, at, length));
    at += length;
  }
  return sum.counts;
}
