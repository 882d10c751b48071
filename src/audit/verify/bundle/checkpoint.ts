/** C2SP tlog-checkpoint (https://c2sp.org/tlog-checkpoint) without extension lines, and C2SP tlog-proof. */
import { fromBase64, toHex } from './bytes.ts';
import { type Checkpoint, readCheckpoint } from './checkpoint-text.ts';
import type { Engine } from './engine.ts';
import { openNote, type VerifierKey } from './signed-note.ts';
import { leafHash, verifyInclusion } from './tree.ts';
import { isQuorum, type TrustPolicy } from './trust-policy.ts';

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
  const opened = await openNote(note, [...policy.logs, ...policy.witnesses]);
  if (typeof opened === 'string') return `the checkpoint is not to be believed: ${opened}`;
  const checkpoint = readCheckpoint(opened.text);
  if (checkpoint === undefined) return 'the checkpoint is not one as the specification writes it';
  const log = opened.signatures.find(({ key }) => key.kind === 'log' && key.name === checkpoint.origin)?.key;
  if (log === undefined) {
    return `the checkpoint is of ${checkpoint.origin}, and no log of that name that you trust signed it`;
  }
  const cosigned = opened.signatures.filter(({ key }) => key.kind === 'witness');
  const ahead = cosigned.find(({ time = 0 }) => time > nowMs / 1000 + AHEAD_SECONDS);
  if (ahead !== undefined) return `witness ${ahead.key.name} says that it saw the checkpoint in the future`;
  if (!isQuorum(policy.quorum, new Set(cosigned.map(({ key }) => key)))) {
    return `the witnesses that your policy asks for did not all cosign the checkpoint: quorum ${policy.quorum?.name}, cosigned by ${cosigned.map(({ key }) => key.name).join(', ') || 'none'}`;
  }
  return { ...checkpoint, log, witnesses: cosigned.map(({ key, time = 0 }) => ({ name: key.name, time })) };
}

/** A C2SP tlog-proof (https://c2sp.org/tlog-proof). What stands in its `extra` line vouches for nothing and is not kept. */
export interface TlogProof {
  readonly index: number;
  /** Hex. */
  readonly path: readonly string[];
  /** The signed note. */
  readonly checkpoint: string;
}

const MAX_PATH = 63;

/** Reads a proof; undefined where it is not one as the specification writes it. */
export function parseProof(text: string): TlogProof | undefined {
  const split = text.indexOf('\n\n');
  if (split < 0) return undefined;
  const lines = text.slice(0, split).split('\n');
  if (lines.shift() !== 'c2sp.org/tlog-proof@v1') return undefined;
  if (lines[0]?.startsWith('extra ') === true && fromBase64(lines.shift()?.slice(6) ?? '') === undefined) {
    return undefined;
  }
  const index = Number(/^index (0|[1-9][0-9]{0,15})$/u.exec(lines.shift() ?? '')?.[1] ?? Number.NaN);
  const path = lines.map((line) => fromBase64(line));
  if (!Number.isSafeInteger(index) || path.length > MAX_PATH) return undefined;
  if (!path.every((step) => step?.length === 32)) return undefined;
  return { index, path: path.map((step) => toHex(step as Uint8Array)), checkpoint: text.slice(split + 2) };
}

/** True where the proof leads from the entry to the checkpoint's root, at its index. */
export function isIncluded(engine: Engine, entry: Uint8Array, proof: TlogProof, checkpoint: Checkpoint): boolean {
  const place = { index: proof.index, size: checkpoint.size };
  return verifyInclusion(engine, leafHash(engine, entry), place, proof.path, checkpoint.root);
}
