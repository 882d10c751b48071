/** C2SP tlog-proof (https://c2sp.org/tlog-proof): an entry's inclusion and the checkpoint it is included in, in one file. */
import { type Checkpoint, openCheckpoint } from './checkpoint.ts';
import { inclusionProof, leafHash, type SubtreeReader, verifyInclusion } from './merkle.ts';
import type { NoteVerifier } from './signed-note.ts';

const HEADER = 'c2sp.org/tlog-proof@v1';

export interface TlogProof {
  readonly index: number;
  /** The inclusion path, hex. */
  readonly path: readonly string[];
  /** The signed note. */
  readonly checkpoint: string;
  /** Bytes that the proof carries along and nothing vouches for. */
  readonly extra?: Buffer;
}

/** Proves entry `index` of the log of `size` entries that `checkpoint` signs. */
export function proveEntry(read: SubtreeReader, index: number, size: number, checkpoint: string): TlogProof {
  return { index, path: inclusionProof(read, index, size), checkpoint };
}

export function encodeProof({ index, path, checkpoint, extra }: TlogProof): string {
  const lines = [HEADER];
  if (extra !== undefined) lines.push(`extra ${extra.toString('base64')}`);
  lines.push(`index ${index}`);
  for (const step of path) lines.push(Buffer.from(step, 'hex').toString('base64'));
  return `${lines.join('\n')}\n\n${checkpoint}`;
}

/** Reads a proof; undefined where it is not one as the specification writes it. */
export function parseProof(text: string): TlogProof | undefined {
  const split = text.indexOf('\n\n');
  if (split < 0) return undefined;
  const lines = text.slice(0, split).split('\n');
  if (lines.shift() !== HEADER) return undefined;
  const extra = lines[0]?.startsWith('extra ') === true ? base64(lines.shift()?.slice(6) ?? '') : undefined;
  const index = /^index (0|[1-9][0-9]{0,15})$/u.exec(lines.shift() ?? '')?.[1];
  const path = lines.map((line) => base64(line));
  if (index === undefined || path.length > 63 || path.some((step) => step?.length !== 32)) return undefined;
  const proof = {
    index: Number(index),
    path: path.map((step) => step?.toString('hex') ?? ''),
    checkpoint: text.slice(split + 2),
  };
  return extra === undefined ? proof : { ...proof, extra };
}

/** The checkpoint, where the proof shows that the log `verifier` speaks for holds exactly this entry; else undefined. */
export function verifyProof(proof: TlogProof, entry: Uint8Array, verifier: NoteVerifier): Checkpoint | undefined {
  const checkpoint = openCheckpoint(proof.checkpoint, verifier.name, [verifier]);
  if (checkpoint === undefined) return undefined;
  const included = verifyInclusion(leafHash(entry), proof.index, checkpoint.size, proof.path, checkpoint.root);
  return included ? checkpoint : undefined;
}

function base64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.length > 0 && bytes.toString('base64') === text ? bytes : undefined;
}
