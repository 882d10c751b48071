import type { BodyMasker, MessageMasks } from '../../../model/reply.ts';

const NOTHING = Buffer.alloc(0);
/** How far before and behind a place is looked for what it may be part of; a private key of 8192 bits is shorter. */
const REACH_BYTES = 8 * 1024;

/** Masks bytes whose places count, by as many: an archive tells the length of each file before it. */
export class LevelMask implements BodyMasker {
  readonly #masks: MessageMasks;
  /** What was let go last, as it came. */
  #before: Buffer = NOTHING;
  #held: Buffer = NOTHING;

  constructor(masks: MessageMasks) {
    this.#masks = masks;
  }

  push(bytes: Buffer): Buffer {
    this.#held = Buffer.concat([this.#held, bytes]);
    return this.#release(Math.max(0, this.#held.length - REACH_BYTES));
  }

  end(): Buffer {
    return this.#release(this.#held.length);
  }

  #release(length: number): Buffer {
    if (length === 0) return NOTHING;
    const from = this.#before.length;
    const window = Buffer.concat([this.#before, this.#held]);
    const level = this.#masks.level(window, from, from + length) ?? window.subarray(from, from + length);
    this.#before = window.subarray(Math.max(0, from + length - REACH_BYTES), from + length);
    this.#held = window.subarray(from + length);
    return level;
  }
}
