/**
 * How what went through a session channel of SSH stands on record: one frame after another, each with its kind (1 byte),
 * when it came (milliseconds since the exchange began, 4 bytes) and its length (4 bytes), big-endian.
 */
export interface SshFrame {
  readonly kind: SshFrameKind;
  readonly atMs: number;
  readonly bytes: Uint8Array;
}

/**
 * `in`, `out` and `err` hold data as it was sent. `status` an exit status (4 bytes), `signal` the name of the one that ended a
 * command, or that a client sent. `window` columns and rows (4 bytes each). `break` and `end` hold nothing: the second is
 * the end of what the client sends. `mark` is a word of the gateway's.
 */
export type SshFrameKind = 'in' | 'out' | 'err' | 'status' | 'signal' | 'window' | 'break' | 'end' | 'mark';

/** Of a request that is a command or a shell of an SSH host: its body is text. */
export const SSH_MEDIA = 'text/x-ssh; charset=utf-8';

const KINDS: readonly SshFrameKind[] = ['in', 'out', 'err', 'status', 'signal', 'window', 'break', 'end', 'mark'];
const HEAD_BYTES = 9;

export function writeSshFrame(frame: SshFrame): Buffer {
  return writeSshFrameInto(Buffer.allocUnsafe(HEAD_BYTES + frame.bytes.length), frame);
}

/** The frame as a view of `buffer`, which must have room for it: 9 bytes more than it holds. */
export function writeSshFrameInto(buffer: Buffer, { kind, atMs, bytes }: SshFrame): Buffer {
  const frame = buffer.subarray(0, HEAD_BYTES + bytes.length);
  frame[0] = KINDS.indexOf(kind);
  frame.writeUInt32BE(Math.min(Math.max(0, Math.floor(atMs)), 0xffff_ffff), 1);
  frame.writeUInt32BE(bytes.length, 5);
  frame.set(bytes, HEAD_BYTES);
  return frame;
}

/** All whole frames, and what of the last one is there. Never throws: what is no frame ends it. Runs in browsers. */
export function readSshFrames(wire: Uint8Array): readonly SshFrame[] {
  const view = new DataView(wire.buffer, wire.byteOffset, wire.length);
  const frames: SshFrame[] = [];
  for (let at = 0; at + HEAD_BYTES <= wire.length; ) {
    const kind = KINDS[wire[at] ?? 0xff];
    if (kind === undefined) break;
    const end = Math.min(wire.length, at + HEAD_BYTES + view.getUint32(at + 5));
    frames.push({ kind, atMs: view.getUint32(at + 1), bytes: wire.subarray(at + HEAD_BYTES, end) });
    at = end;
  }
  return frames;
}
