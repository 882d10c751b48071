/** A message of gRPC with its prefix (gRPC over HTTP/2, "Length-Prefixed-Message"). */
export interface GrpcFrame {
  /** 1 where the message is compressed; what else a flag may mean, nobody has said. */
  readonly flag: number;
  readonly payload: Buffer;
}

export const PREFIX_BYTES = 5;
const NOTHING = Buffer.alloc(0);

/** Cuts messages out of what comes, whichever way it is cut. No I/O. */
export class GrpcFrames {
  readonly #maxBytes: number;
  #held: Buffer = NOTHING;

  /** `maxBytes` is of one message. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes of a message that has not come whole. */
  get heldBytes(): number {
    return this.#held.length;
  }

  /** The messages that are whole now, as copies; `tooLong` where one is longer than it may be, and nothing comes any more. */
  push(bytes: Buffer): { readonly frames: readonly GrpcFrame[]; readonly tooLong: boolean } {
    const all = this.#held.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#held, bytes]);
    const frames: GrpcFrame[] = [];
    let at = 0;
    while (all.length - at >= PREFIX_BYTES) {
      const length = all.readUInt32BE(at + 1);
      if (length > this.#maxBytes) return { frames, tooLong: true };
      if (all.length - at - PREFIX_BYTES < length) break;
      const start = at + PREFIX_BYTES;
      frames.push({ flag: all[at] ?? 0, payload: all.subarray(start, start + length) });
      at = start + length;
    }
    this.#held = all.subarray(at);
    return { frames, tooLong: false };
  }
}

export function frameOf({ flag, payload }: GrpcFrame): Buffer {
  const frame = Buffer.allocUnsafe(PREFIX_BYTES + payload.length);
  frame[0] = flag;
  frame.writeUInt32BE(payload.length, 1);
  frame.set(payload, PREFIX_BYTES);
  return frame;
}
