/** Makes and checks the proof that a log holds an entry (https://c2sp.org/tlog-proof). */
import type { Checkpoint } from '../c2sp/checkpoint-text.ts';
import type { TlogProof } from '../c2sp/proof-text.ts';
import { openCheckpoint } from './checkpoint.ts';
import { inclusionProof, leafHash, type SubtreeReader, verifyInclusion } from './merkle.ts';
import type { NoteVerifier } from './signed-note.ts';

/** Proves entry `index` of the log of `size` entries that `checkpoint` signs. */
export function proveEntry(read: SubtreeReader, index: number, size: number, checkpoint: string): TlogProof {
  return { index, path: inclusionProof(read, index, size), checkpoint };
}

/** The checkpoint, where the proof shows that the log `verifier` speaks for holds exactly this entry; else undefined. */
export function verifyProof(proof: TlogProof, entry: Uint8Array, verifier: NoteVerifier): Checkpoint | undefined {
  const checkpoint = openCheckpoint(proof.checkpoint, verifier.name, [verifier]);
  if (checkpoint === undefined) return undefined;
  const included = verifyInclusion(leafHash(entry), proof.index, checkpoint.size, proof.path, checkpoint.root);
  return included ? checkpoint : undefined;
}
