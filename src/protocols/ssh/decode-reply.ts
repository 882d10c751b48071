import { isUtf8 } from 'node:buffer';
import type { DecodedReply, DecodedResult, DecodedValue, ReplyDecoder } from '../../model/decoded-reply.ts';
import { readSshFrames, type SshFrame } from '../../model/ssh-frames.ts';

/** Recorded output of commands as what it said on each stream, and how it ended. Never throws. */
export function sshReplyDecoder(): ReplyDecoder {
  return { decode: decodeReply };
}

function decodeReply(wire: Uint8Array): DecodedReply {
  const frames = readSshFrames(wire);
  const results = (['out', 'err'] as const).flatMap((kind) => streamResult(kind, frames));
  const ended = frames.find(({ kind }) => kind === 'status' || kind === 'signal');
  const tag = ended === undefined ? undefined : endOf(ended);
  const last = results.at(-1);
  if (tag === undefined) return { results, notices: [] };
  if (last === undefined) return { results: [{ columns: [], rows: [], moreRows: 0, tag }], notices: [] };
  return { results: [...results.slice(0, -1), { ...last, tag }], notices: [] };
}

function streamResult(kind: 'out' | 'err', frames: readonly SshFrame[]): readonly DecodedResult[] {
  const bytes = Buffer.concat(frames.filter((frame) => frame.kind === kind).map((frame) => frame.bytes));
  if (bytes.length === 0) return [];
  const name = kind === 'out' ? 'stdout' : 'stderr';
  return [{ columns: [{ name, type: 'text' }], rows: [[valueOf(bytes)]], moreRows: 0 }];
}

function valueOf(bytes: Buffer): DecodedValue {
  return isUtf8(bytes) ? bytes.toString('utf8') : { hex: bytes.toString('hex', 0, SHOWN_BYTES) };
}

/** As many bytes that are no text tell what they are; the rest is in the recording. */
const SHOWN_BYTES = 256;

function endOf({ kind, bytes }: SshFrame): string {
  const data = Buffer.from(bytes);
  if (kind === 'status') return `exit status ${data.length === 4 ? data.readUInt32BE() : '?'}`;
  const length = data.length >= 4 ? data.readUInt32BE() : 0;
  return `ended by SIG${data.toString('latin1', 4, 4 + Math.min(length, 32))}`;
}
