/** C2SP tlog-checkpoint (https://c2sp.org/tlog-checkpoint), without extension lines. */
import { type NoteSigner, type NoteVerifier, openNote, signNote } from './signed-note.ts';

export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  /** The root of the tree, hex. */
  readonly root: string;
}

export function signCheckpoint(checkpoint: Checkpoint, signer: NoteSigner): string {
  const root = Buffer.from(checkpoint.root, 'hex').toString('base64');
  return signNote(`${checkpoint.origin}\n${checkpoint.size}\n${root}\n`, signer);
}

/** Opens a checkpoint of `origin`; undefined where a signature is missing or wrong, or the text is not canonical. */
export function openCheckpoint(
  note: string,
  origin: string,
  known: readonly NoteVerifier[],
): (Checkpoint & { readonly signers: readonly string[] }) | undefined {
  const opened = openNote(note, known);
  if (opened === undefined) return undefined;
  const parts = /^([^\n]+)\n(0|[1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\n$/u.exec(opened.text);
  if (parts?.[1] === undefined || parts[2] === undefined || parts[3] === undefined) return undefined;
  const root = Buffer.from(parts[3], 'base64');
  const size = Number(parts[2]);
  if (parts[1] !== origin || root.toString('base64') !== parts[3] || !Number.isSafeInteger(size)) return undefined;
  return { origin, size, root: root.toString('hex'), signers: opened.signers };
}
