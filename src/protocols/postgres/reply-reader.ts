import { Fault } from '../../model/fault.ts';
import { LIMITS } from '../../model/limits.ts';
import { Refused } from '../../model/refusal.ts';
import type { Part } from '../../model/reply.ts';
import { CutMessage } from './cut-message.ts';
import { HEADER_BYTES, lengthAt } from './message-length.ts';
import { BACKEND } from './messages.ts';
import type { ReplyRewriter } from './reply-rewriter.ts';
import type { ReplyState } from './reply-state.ts';

/** Messages that are not rows are kept whole while they are read; a longer one is passed on unread. */
export const MAX_KEPT_BYTES = 1024 * 1024;

/** Turns the bytes of a reply into parts. `rest` is what came after the reply's end. */
export interface ReplyReader {
  /** The part that these bytes make; undefined while they complete nothing. */
  take(bytes: Buffer): Part | undefined;
  readonly rest: Buffer | undefined;
  /** True while what was given out ends within a message. */
  readonly isTorn: boolean;
}

/**
 * Passes a reply on as it came, in whole buffers: it finds each message's start, counts rows, and reads only the small
 * messages that say how the exchange goes.
 */
export class PassingReader implements ReplyReader {
  rest: Buffer | undefined;
  readonly #state: ReplyState;
  /** Bytes of the current message that are still to come and need no reading. */
  #skip = 0;
  /** The start of a message that was cut: its header, or all of it where it must be read. */
  #held: Buffer | undefined;

  constructor(state: ReplyState) {
    this.#state = state;
  }

  get isTorn(): boolean {
    return this.#skip > 0 || this.#held !== undefined;
  }

  take(bytes: Buffer): Part | undefined {
    const end = this.#walk(bytes);
    if (!this.#state.done) return new PassedPart(bytes, undefined);
    if (end < bytes.length) this.rest = Buffer.from(bytes.subarray(end));
    return new PassedPart(end < bytes.length ? bytes.subarray(0, end) : bytes, this.#state.result());
  }

  /** Returns where the reply ends, or the length of `bytes`. */
  #walk(bytes: Buffer): number {
    let at = this.#skip;
    if (at >= bytes.length) {
      this.#skip -= bytes.length;
      return bytes.length;
    }
    this.#skip = 0;
    if (this.#held !== undefined) {
      at = this.#resume(bytes, at);
      if (this.#state.done) return at;
      if (this.#held !== undefined) return bytes.length;
    }
    const length = bytes.length;
    while (at + HEADER_BYTES <= length) {
      const type = bytes[at] as number;
      const size = lengthAt(bytes, at);
      const next = at + 1 + size;
      if (type === BACKEND.dataRow || type === BACKEND.copyData) {
        this.#state.rows++;
      } else if (next <= length) {
        this.#state.message(type, bytes, at + HEADER_BYTES, next);
        if (this.#state.done) return next;
      } else if (size <= MAX_KEPT_BYTES) {
        this.#held = Buffer.from(bytes.subarray(at));
        return length;
      } else {
        this.#state.message(type, EMPTY, 0, 0);
      }
      at = next;
    }
    if (at < length) this.#held = Buffer.from(bytes.subarray(at));
    else this.#skip = at - length;
    return length;
  }

  /** Completes the message that the last bytes cut, or goes on holding it. Returns where the message ends. */
  #resume(bytes: Buffer, from: number): number {
    const held = this.#held as Buffer;
    this.#held = undefined;
    const joined = Buffer.concat([held, bytes.subarray(from, Math.min(bytes.length, from + HEADER_BYTES))]);
    if (joined.length < HEADER_BYTES) {
      this.#held = joined;
      return bytes.length;
    }
    const type = joined[0] as number;
    const size = lengthAt(joined, 0);
    const next = from + 1 + size - held.length;
    if (type === BACKEND.dataRow || type === BACKEND.copyData) {
      this.#state.rows++;
    } else if (next <= bytes.length) {
      const whole = Buffer.concat([held, bytes.subarray(from, next)]);
      this.#state.message(type, whole, HEADER_BYTES, whole.length);
      return next;
    } else if (size <= MAX_KEPT_BYTES) {
      this.#held = Buffer.concat([held, bytes.subarray(from)]);
      return bytes.length;
    } else {
      this.#state.message(type, EMPTY, 0, 0);
    }
    return next;
  }
}

/** Gathers whole messages, for a reply that will be rewritten. Holds one cut message, of a bounded length. */
export class WholeReader implements ReplyReader {
  readonly isTorn = false;
  rest: Buffer | undefined;
  readonly #state: ReplyState;
  readonly #rewriter: ReplyRewriter;
  readonly #cut = new CutMessage();

  constructor(state: ReplyState, rewriter: ReplyRewriter) {
    this.#state = state;
    this.#rewriter = rewriter;
  }

  take(bytes: Buffer): Part | undefined {
    const all = this.#cut.join(bytes);
    if (all === undefined) return undefined;
    const end = this.#walk(all);
    if (this.#state.done) {
      if (end < all.length) this.rest = Buffer.from(all.subarray(end));
      return this.#rewriter.part(all.subarray(0, end), this.#state.result());
    }
    this.#cut.hold(all.subarray(end));
    return end === 0 ? undefined : this.#rewriter.part(all.subarray(0, end), undefined);
  }

  /** Returns where the last whole message ends, or the reply does. */
  #walk(bytes: Buffer): number {
    let at = 0;
    while (at + HEADER_BYTES <= bytes.length) {
      const size = lengthAt(bytes, at);
      const next = at + 1 + size;
      if (next > bytes.length) {
        this.#cut.needed = next - at;
        if (this.#cut.needed > LIMITS.maxMaskedMessageBytes) throw tooLongToMask();
        return at;
      }
      const type = bytes[at] as number;
      if (type === BACKEND.dataRow || type === BACKEND.copyData) this.#state.rows++;
      else this.#state.message(type, bytes, at + HEADER_BYTES, next);
      at = next;
      if (this.#state.done) break;
    }
    this.#cut.needed = HEADER_BYTES;
    return at;
  }
}

export class PassedPart implements Part {
  readonly wire: Buffer;
  readonly result?: NonNullable<Part['result']>;

  constructor(wire: Buffer, result: Part['result']) {
    this.wire = wire;
    if (result !== undefined) this.result = result;
  }

  rewrite(): Part {
    throw new Fault('internal', 'a reply that was passed on cannot be rewritten');
  }
}

const EMPTY = Buffer.alloc(0);

export function tooLongToMask(): Refused {
  return new Refused({
    code: 'mask-impossible',
    message: 'a row of the reply is too long to be masked, so it was not passed on',
    hint: 'Select fewer or shorter columns.',
  });
}
