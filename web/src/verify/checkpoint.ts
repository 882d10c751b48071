/** Opens a checkpoint (https://c2sp.org/tlog-checkpoint), without extension lines. */
import { type Checkpoint, parseCheckpointText } from '../../../src/audit/c2sp/checkpoint-text.ts';
import { type NoteVerifier, openNote } from './signed-note.ts';

/** The checkpoint that `verifier` signed for its own log; undefined where it did not, or the text is not canonical. */
export async function openCheckpoint(note: string, verifier: NoteVerifier): Promise<Checkpoint | undefined> {
  const text = await openNote(note, verifier);
  const checkpoint = text === undefined ? undefined : parseCheckpointText(text);
  return checkpoint?.origin === verifier.name ? checkpoint : undefined;
}
