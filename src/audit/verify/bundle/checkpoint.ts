/** Opens a checkpoint (https://c2sp.org/tlog-checkpoint) by a trust policy. */
import { type Checkpoint, parseCheckpointText } from '../../c2sp/checkpoint-text.ts';
import { isCosigner } from '../../c2sp/cosigned-message.ts';
import type { TlogProof } from '../../c2sp/proof-text.ts';
import { quorumHolds } from '../../c2sp/quorum.ts';
import type { Engine } from './engine.ts';
import { openNote, type VerifierKey } from './signed-note.ts';
import { leafHash, verifyInclusion } from './tree.ts';
import type { TrustPolicy } from './trust-policy.ts';

export interface TrustedCheckpoint extends Checkpoint {
  readonly log: VerifierKey;
  /** Cosigners that the policy knows, with when they said that they saw it (seconds since 1970). */
  readonly witnesses: readonly { readonly name: string; readonly time: number }[];
}

/** How far ahead of the verifier's clock a witness may be. */
const AHEAD_SECONDS = 300;

/** Opens a checkpoint by a policy; a text of why it is not to be believed. `nowMs` is the verifier's own time. */
export async function openCheckpoint(
  note: string,
  policy: TrustPolicy,
  nowMs: number,
): Promise<TrustedCheckpoint | string> {
  const opened = await openNote(note, [...policy.logs, ...policy.witnesses.map(({ key }) => key)]);
  if (typeof opened === 'string') return `the checkpoint is not to be believed: ${opened}`;
  const checkpoint = parseCheckpointText(opened.text);
  if (checkpoint === undefined) return 'the checkpoint is not one as the specification writes it';
  const log = opened.signatures.find(({ key }) => !isCosigner(key) && key.name === checkpoint.origin)?.key;
  if (log === undefined) {
    return `the checkpoint is of ${checkpoint.origin}, and no log of that name that you trust signed it`;
  }
  const cosigned = opened.signatures.filter(({ key }) => isCosigner(key));
  const ahead = cosigned.find(({ time = 0 }) => time > nowMs / 1000 + AHEAD_SECONDS);
  if (ahead !== undefined) return `witness ${ahead.key.name} says that it saw the checkpoint in the future`;
  const names = policy.witnesses.filter((one) => cosigned.some(({ key }) => key === one.key)).map(({ name }) => name);
  const { quorum } = policy;
  if (quorum.kind !== 'none' && !quorumHolds(quorum, new Set(names))) {
    return `the witnesses that your policy asks for did not all cosign the checkpoint: quorum ${quorum.name}, cosigned by ${cosigned.map(({ key }) => key.name).join(', ') || 'none'}; what was made while they were away has their signatures when it is fetched again`;
  }
  return { ...checkpoint, log, witnesses: cosigned.map(({ key, time = 0 }) => ({ name: key.name, time })) };
}

/** True where the proof leads from the entry to the checkpoint's root, at its index. */
export function isIncluded(engine: Engine, entry: Uint8Array, proof: TlogProof, checkpoint: Checkpoint): boolean {
  const place = { index: proof.index, size: checkpoint.size };
  return verifyInclusion(engine, leafHash(engine, entry), place, proof.path, checkpoint.root);
}
