/** Signs and opens checkpoints (https://c2sp.org/tlog-checkpoint), without extension lines. */
import { type Checkpoint, checkpointText, parseCheckpointText } from '../c2sp/checkpoint-text.ts';
import { type NoteSigner, type NoteVerifier, openNote, signNote } from './signed-note.ts';

export function signCheckpoint(checkpoint: Checkpoint, signer: NoteSigner): string {
  return signNote(checkpointText(checkpoint), signer);
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
