import { type SshFrame, type SshFrameKind, writeSshFrame } from '../../../model/ssh-frames.ts';

/** How what an exchange about files or refs carries stands on record: as frames, like all of SSH. */
export class Frames {
  readonly #nowMs: () => number;
  readonly #since: number;

  /** The exchange begins now. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#since = nowMs();
  }

  frame(kind: SshFrameKind, bytes: Uint8Array): SshFrame {
    return { kind, atMs: this.#nowMs() - this.#since, bytes };
  }

  /** A frame as it is written; nothing for nothing. */
  written(kind: SshFrameKind, bytes: Uint8Array): Buffer {
    return bytes.length === 0 ? NOTHING : writeSshFrame(this.frame(kind, bytes));
  }
}

const NOTHING: Buffer = Buffer.alloc(0);
