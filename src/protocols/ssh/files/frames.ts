import { type SshFrame, type SshFrameKind, writeSshFrameInto } from '../../../model/ssh-frames.ts';

const NOTHING: Buffer = Buffer.alloc(0);
/** What stands before the bytes of a frame. */
const MOST_HEAD_BYTES = 16;

/** How what an exchange about files or refs carries stands on record: as frames, like all of SSH. */
export class Frames {
  readonly #nowMs: () => number;
  readonly #since: number;
  #buffer: Buffer = NOTHING;

  /** The exchange begins now. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#since = nowMs();
  }

  frame(kind: SshFrameKind, bytes: Uint8Array): SshFrame {
    return { kind, atMs: this.#nowMs() - this.#since, bytes };
  }

  /** A frame as it is written, in a buffer that the next one is written to as well; nothing for nothing. */
  written(kind: SshFrameKind, bytes: Uint8Array): Buffer {
    if (bytes.length === 0) return NOTHING;
    const most = bytes.length + MOST_HEAD_BYTES;
    if (this.#buffer.length < most) this.#buffer = Buffer.allocUnsafe(most);
    return writeSshFrameInto(this.#buffer, this.frame(kind, bytes));
  }
}
