import type { ChannelRecord } from '../../../../src/model/channel-record.ts';
import { readSshFrames } from '../../../../src/model/ssh-frames.ts';
import { commandRecords } from '../../../../src/model/stream-replies.ts';

/** What a terminal showed, in its order, as far as it is on record. */
export interface TerminalShow {
  readonly steps: readonly TerminalStep[];
  readonly durationMs: number;
  /** Where something was masked, or the gateway marked something. */
  readonly marks: readonly TerminalMark[];
}

export type TerminalStep =
  | { readonly atMs: number; readonly kind: 'write'; readonly bytes: Uint8Array }
  | { readonly atMs: number; readonly kind: 'size'; readonly columns: number; readonly rows: number };

export interface TerminalMark {
  readonly atMs: number;
  readonly text: string;
}

/** What most terminals are, where nobody said. */
export const USUAL_SIZE = { columns: 80, rows: 24 } as const;
const MOST_COLUMNS = 500;
const MOST_ROWS = 200;
const MOST_MARKS = 100;
const MASK = '[redacted';

/** True of the recorded reply of a command in a pod. */
export function isOfPod(wire: Uint8Array): boolean {
  return commandRecords(wire) !== undefined;
}

/** Reads the recorded reply of a shell, or of a command in a pod. Never throws: what is no frame ends it. */
export function terminalShow(wire: Uint8Array): TerminalShow {
  const records = commandRecords(wire);
  if (records !== undefined) return showOf(records);
  const steps: TerminalStep[] = [];
  const marks: TerminalMark[] = [];
  let durationMs = 0;
  for (const { kind, atMs, bytes } of readSshFrames(wire)) {
    durationMs = Math.max(durationMs, atMs);
    if (kind === 'out' || kind === 'err') {
      steps.push({ atMs, kind: 'write', bytes });
      if (marks.length < MOST_MARKS && latin1(bytes).includes(MASK)) marks.push({ atMs, text: 'Masked' });
    } else if (kind === 'window' && bytes.length === 8) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      const columns = Math.min(Math.max(view.getUint32(0), 1), MOST_COLUMNS);
      steps.push({ atMs, kind: 'size', columns, rows: Math.min(Math.max(view.getUint32(4), 1), MOST_ROWS) });
    } else if (kind === 'mark' && marks.length < MOST_MARKS) {
      marks.push({ atMs, text: new TextDecoder().decode(bytes) });
    }
  }
  return { steps, durationMs, marks };
}

/** Lines of a command in a pod have no carriage return, where it has no terminal. */
function showOf(records: readonly ChannelRecord[]): TerminalShow {
  const steps: TerminalStep[] = [];
  const marks: TerminalMark[] = [];
  let durationMs = 0;
  for (const { channel, event, atMs, bytes } of records) {
    durationMs = Math.max(durationMs, atMs);
    if (event !== 'data' || (channel !== 'stdout' && channel !== 'stderr')) continue;
    steps.push({ atMs, kind: 'write', bytes: withReturns(bytes) });
    if (marks.length < MOST_MARKS && latin1(bytes).includes(MASK)) marks.push({ atMs, text: 'Masked' });
  }
  return { steps, durationMs, marks };
}

function withReturns(bytes: Uint8Array): Uint8Array {
  const lines = [...bytes].flatMap((byte, at) =>
    byte === NEWLINE && bytes[at - 1] !== RETURN ? [RETURN, byte] : byte,
  );
  return Uint8Array.from(lines);
}

const NEWLINE = 10;
const RETURN = 13;

function latin1(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 8_192) text += String.fromCharCode(...bytes.subarray(at, at + 8_192));
  return text;
}
