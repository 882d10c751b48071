/** C2SP tlog-checkpoint (https://c2sp.org/tlog-checkpoint), without extension lines. */
import { type NoteSigner, type NoteVerifier, openNote, signNote } from './signed-note.ts';

export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  /** The root of the tree, hex. */
  readonly root: string;
}

export function signCheckpoint(checkpoint: Checkpoint, signer: NoteSigner): string {
  return signNote(checkpointText(checkpoint), signer);
}

/** The text that is signed, with its final newline. */
export function checkpointText({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${Buffer.from(root, 'hex').toString('base64')}\n`;
}

export interface OpenedCheckpoint extends Checkpoint {
  readonly signers: readonly string[];
  /** The keys that signed, of those that are known. */
  readonly by: readonly NoteVerifier[];
}

/** Opens a checkpoint of `origin`; undefined where a signature is missing or wrong, or the text is not canonical. */
export function openCheckpoint(
  note: string,
  origin: string,
  known: readonly NoteVerifier[],
): OpenedCheckpoint | undefined {
  const opened = openNote(note, known);
  const checkpoint = opened && parseCheckpointText(opened.text);
  if (opened === undefined || checkpoint?.origin !== origin) return undefined;
  return { ...checkpoint, signers: opened.signers, by: opened.by };
}

/** Reads a checkpoint's text without extension lines, as nobody vouched for it yet; undefined where it is not canonical. */
export function parseCheckpointText(text: string): Checkpoint | undefined {
  const [, origin, digits, encoded] = /^([^\n]+)\n(0|[1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\n$/u.exec(text) ?? [];
  if (origin === undefined || digits === undefined || encoded === undefined) return undefined;
  const root = Buffer.from(encoded, 'base64');
  const size = Number(digits);
  if (root.toString('base64') !== encoded || !Number.isSafeInteger(size)) return undefined;
  return { origin, size, root: root.toString('hex') };
}

/**
 * Reads the three lines of a checkpoint's text that count, whatever lines follow them: what a witness needs of a log that
 * is not ours. Undefined where they are not canonical, or a line that follows is empty.
 */
export function parseCheckpointHead(text: string): Checkpoint | undefined {
  const [, head] = /^([^\n]+\n[^\n]+\n[^\n]+\n)(?:[^\n]+\n)*$/u.exec(text) ?? [];
  return head === undefined ? undefined : parseCheckpointText(head);
}
