import type { ExchangeRecord } from '../audit/recorder.ts';
import type { ApprovalRecord } from '../model/approval.ts';
import type { Refusal } from '../model/refusal.ts';
import type { ExchangeResult, MaskCount, Part } from '../model/reply.ts';
import type { ExchangeWatch } from './exchange-watch.ts';

/** What goes on record of one exchange, told to whoever measures: so that its stages need not speak of that. */
export class WatchedRecord implements ExchangeRecord {
  readonly durable: Promise<void> | undefined;
  readonly #record: ExchangeRecord;
  readonly #watch: ExchangeWatch;

  constructor(record: ExchangeRecord, watch: ExchangeWatch) {
    this.#record = record;
    this.#watch = watch;
    this.durable = after(record.durable, () => watch.recorded());
  }

  input(bytes: Uint8Array): Promise<void> | undefined {
    return this.#record.input(bytes);
  }

  reply(bytes: Uint8Array): Promise<void> | undefined {
    const { length } = bytes;
    return after(this.#record.reply(bytes), () => this.#watch.shown(length));
  }

  approval(approval: ApprovalRecord): Promise<void> {
    return this.#record.approval(approval);
  }

  refuse(refusal: Refusal): Promise<void> | undefined {
    this.#watch.refused(refusal.code);
    return this.#record.refuse(refusal);
  }

  end(result: ExchangeResult, masked: readonly MaskCount[], refusal?: Refusal): Promise<void> | undefined {
    if (refusal !== undefined) this.#watch.refused(refusal.code);
    return after(this.#record.end(result, masked, refusal), () => this.#watch.replied(result, masked));
  }
}

/** The parts of a reply, and when each was asked for and came. */
export class WatchedParts implements AsyncIterableIterator<Part> {
  readonly #parts: AsyncIterator<Part>;
  readonly #watch: ExchangeWatch;
  #hasAsked = false;

  constructor(parts: AsyncIterable<Part>, watch: ExchangeWatch) {
    this.#parts = parts[Symbol.asyncIterator]();
    this.#watch = watch;
  }

  next(): Promise<IteratorResult<Part>> {
    if (this.#hasAsked) this.#watch.taken();
    else this.#watch.forwarded();
    this.#hasAsked = true;
    return this.#parts.next().then(this.#arrived);
  }

  async return(): Promise<IteratorResult<Part>> {
    return (await this.#parts.return?.()) ?? { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  readonly #arrived = (next: IteratorResult<Part>): IteratorResult<Part> => {
    if (next.done !== true) this.#watch.arrived();
    return next;
  };
}

/** Nothing is waited for that is there already. */
function after(recording: Promise<void> | undefined, tell: () => void): Promise<void> | undefined {
  if (recording !== undefined) return recording.then(tell);
  tell();
  return undefined;
}
