/** What a gateway hands out for a session, read as the untrusted thing that it is. */
import { type Bytes, fromHex } from '../../../src/audit/c2sp/bytes.ts';
import { isObject, type JsonObject, parseCanonical } from './canonical-json.ts';

export interface Evidence {
  readonly lines: readonly EvidenceLine[];
  readonly seal?: Seal;
  readonly checkpoint: string;
  readonly verifierKey: string;
}

export interface EvidenceLine {
  readonly line: string;
  /** Salt and body, base64. */
  readonly salted?: string;
  /** Why there is none, as the gateway says. */
  readonly missing?: string;
}

/** The entry of the log that commits to a session's lines. */
export interface Seal {
  readonly index: number;
  readonly text: string;
  readonly path: readonly Bytes[];
  readonly kind: string;
  readonly session: string;
  readonly run: string;
  /** How many lines it commits to, and the root of their tree, hex. */
  readonly size: number;
  readonly root: string;
}

/** Reads an answer; a text of what is wrong with it where it is no evidence. */
export function readEvidence(value: unknown): Evidence | string {
  if (!isObject(value)) return 'The answer is no evidence.';
  const { lines, checkpoint, verifierKey, entry } = value;
  if (typeof checkpoint !== 'string' || typeof verifierKey !== 'string')
    return 'The answer has no checkpoint or no key.';
  if (!Array.isArray(lines) || !lines.every(isLine)) return 'The answer has no lines that can be read.';
  if (entry === undefined) return { lines, checkpoint, verifierKey };
  const seal = isObject(entry) ? readSeal(entry) : undefined;
  return seal === undefined ? 'The entry of the log cannot be read.' : { lines, checkpoint, verifierKey, seal };
}

function isLine(value: unknown): value is EvidenceLine {
  return (
    isObject(value) &&
    typeof value['line'] === 'string' &&
    (value['salted'] === undefined || typeof value['salted'] === 'string') &&
    (value['missing'] === undefined || typeof value['missing'] === 'string')
  );
}

const MAX_PATH = 63;

function readSeal({ index, text, proof }: JsonObject): Seal | undefined {
  if (typeof index !== 'number' || typeof text !== 'string' || !Array.isArray(proof) || proof.length > MAX_PATH) {
    return undefined;
  }
  const path = proof.map((step) => (typeof step === 'string' && step.length === 64 ? fromHex(step) : undefined));
  const entry = parseCanonical(text);
  if (entry === undefined || !path.every((step) => step !== undefined)) return undefined;
  const { kind, session, run, root, size } = entry;
  if (typeof kind !== 'string' || typeof session !== 'string' || typeof run !== 'string') return undefined;
  // A session's first line is sealed by the entry that opens it, which names no size.
  const sealed = kind === 'session.open' ? 1 : Number(size);
  if (typeof root !== 'string' || !/^[0-9a-f]{64}$/u.test(root)) return undefined;
  if (kind !== 'session.open' && (typeof size !== 'string' || !/^[1-9][0-9]{0,15}$/u.test(size))) return undefined;
  return { index, text, path, kind, session, run, size: sealed, root };
}
