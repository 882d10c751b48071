/** What the two ends of scp's own protocol say of files, before and behind their bytes (rcp's, as OpenSSH speaks it). */
export type ControlLine =
  /** A file of `size` bytes follows, or a folder's content. */
  | {
      readonly kind: 'file';
      readonly mode: number;
      readonly size: number;
      readonly name: string;
      readonly line: Buffer;
    }
  | { readonly kind: 'folder'; readonly mode: number; readonly name: string; readonly line: Buffer }
  | { readonly kind: 'end'; readonly line: Buffer }
  /** Of what comes next. */
  | { readonly kind: 'times'; readonly modified: number; readonly accessed: number; readonly line: Buffer }
  /** What went wrong; nothing follows a fatal one. */
  | { readonly kind: 'error'; readonly fatal: boolean; readonly text: Buffer; readonly line: Buffer };

export class MalformedScp extends Error {
  constructor(what: string) {
    super(what);
    this.name = 'MalformedScp';
  }
}

/** With its newline. */
export const MOST_LINE_BYTES = 8 * 1024;

/** Reads a line, its newline at its end. Throws `MalformedScp`, also for a name that leads out of its folder. */
export function readControlLine(line: Buffer): ControlLine {
  if (line.at(-1) !== NEWLINE) throw new MalformedScp('a line without an end');
  const first = line[0];
  if (first === WARNING || first === FATAL)
    return { kind: 'error', fatal: first === FATAL, text: line.subarray(1, -1), line };
  const text = line.toString('utf8', 0, line.length - 1);
  if (!Buffer.from(`${text}\n`).equals(line)) throw new MalformedScp('a line that is not UTF-8');
  if (text === 'E') return { kind: 'end', line };
  const times = /^T(\d{1,12}) \d{1,9} (\d{1,12}) \d{1,9}$/.exec(text);
  if (times !== null) return { kind: 'times', modified: Number(times[1]), accessed: Number(times[2]), line };
  const [, type, octal = '', digits = '', name = ''] = /^([CD])([0-7]{4,7}) (\d{1,15}) (.+)$/s.exec(text) ?? [];
  if (type === undefined) throw new MalformedScp('a line of another protocol');
  if (!isName(name)) throw new MalformedScp('a name that is none');
  const mode = Number.parseInt(octal, 8);
  return type === 'C' ? { kind: 'file', mode, size: Number(digits), name, line } : { kind: 'folder', mode, name, line };
}

/** A part of a path, and nothing else: what OpenSSH's client takes, without characters that no name needs. */
function isName(name: string): boolean {
  return name !== '.' && name !== '..' && !/[/\p{Cc}]/u.test(name);
}

const NEWLINE = 10;
const WARNING = 1;
const FATAL = 2;

/** That all is well. */
export const ACKNOWLEDGED: Buffer = Buffer.from([0]);

/** What the other end prints, and goes on behind. */
export function warning(text: string): Buffer {
  return Buffer.from(`\x01${text.replaceAll(/\p{Cc}+/gu, ' ').slice(0, MOST_TEXT)}\n`);
}

const MOST_TEXT = 1_000;
