import type { MessageMasks } from '../../../model/reply.ts';
import { BLOCK_BYTES } from '../sftp/masked-file.ts';

/**
 * Masks a file that comes from its beginning to its end, cut anywhere, without changing how long it is: each block with one
 * before and one behind it, as a file is masked that is read at places.
 */
export class LevelStream {
  #before: Buffer = NOTHING;
  #held: Buffer = NOTHING;

  /** What may go on now. `isLast` where nothing follows. */
  push(bytes: Buffer, masks: MessageMasks | undefined, isLast: boolean): Buffer {
    this.#held = this.#held.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#held, bytes]);
    const released: Buffer[] = [];
    while (this.#held.length >= 2 * BLOCK_BYTES || (isLast && this.#held.length > 0)) {
      const block = this.#held.subarray(0, BLOCK_BYTES);
      const window = Buffer.concat([this.#before, this.#held.subarray(0, 2 * BLOCK_BYTES)]);
      const from = this.#before.length;
      released.push(masks?.level(window, from, from + block.length) ?? block);
      this.#before = block;
      this.#held = this.#held.subarray(block.length);
    }
    return released.length === 1 ? (released[0] ?? NOTHING) : Buffer.concat(released);
  }
}

const NOTHING: Buffer = Buffer.alloc(0);
