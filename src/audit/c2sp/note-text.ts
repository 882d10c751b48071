/** The text of a signed note (https://c2sp.org/signed-note). Nothing here checks a signature. */
import { type Bytes, fromBase64 } from './bytes.ts';

export interface ParsedNote {
  /** With its final newline. */
  readonly text: string;
  /** At least one. */
  readonly signatures: readonly NoteSignature[];
}

export interface NoteSignature {
  readonly name: string;
  readonly id: number;
  /** What follows the key id. */
  readonly bytes: Bytes;
  /** The line, without its newline. */
  readonly line: string;
}

const MAX_SIGNATURES = 64;
const ID_BYTES = 4;
/** A signed note holds no control character but the newline. */
// oxlint-disable-next-line no-control-regex -- those are what it looks for
const CONTROL = /[\0-\x09\x0B-\x1F]/u;

/** Takes a note apart; a text of why it is none. */
export function parseNote(note: string): ParsedNote | string {
  const split = note.lastIndexOf('\n\n');
  if (split < 0 || !note.endsWith('\n')) return 'it is no signed note';
  if (CONTROL.test(note)) return 'it holds control characters';
  const signatures = parseSignatureLines(note.slice(split + 2));
  return typeof signatures === 'string' ? signatures : { text: note.slice(0, split + 1), signatures };
}

/** Reads signature lines, each with its newline; a text of why they are none. */
export function parseSignatureLines(text: string): readonly NoteSignature[] | string {
  const lines = text.split('\n');
  if (lines.pop() !== '') return MALFORMED;
  if (lines.length > MAX_SIGNATURES) return `it has more than ${MAX_SIGNATURES} signatures`;
  const signatures = lines.map((line) => parseSignatureLine(line));
  if (signatures.length === 0 || !signatures.every((one) => one !== undefined)) return MALFORMED;
  return signatures;
}

/** The note with the signatures by these keys alone. */
export function withSignaturesBy(
  { text, signatures }: ParsedNote,
  keys: readonly Pick<NoteSignature, 'name' | 'id'>[],
): string {
  const kept = signatures.filter(({ name, id }) => keys.some((one) => one.name === name && one.id === id));
  return `${text}\n${kept.map(({ line }) => `${line}\n`).join('')}`;
}

const MALFORMED = 'one of its signature lines is malformed';

function parseSignatureLine(line: string): NoteSignature | undefined {
  const [, name, encoded] = /^— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/u.exec(line) ?? [];
  const bytes = encoded === undefined ? undefined : fromBase64(encoded);
  if (name === undefined || bytes === undefined || bytes.length <= ID_BYTES) return undefined;
  const id = new DataView(bytes.buffer).getUint32(0);
  return { name, id, bytes: bytes.slice(ID_BYTES), line };
}
