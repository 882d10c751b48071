/** How the log's entries in a bundle say that keys of statements followed one another (`key.rotated`, what `statement`). */
import { BUNDLE } from '../../bundle/manifest.ts';
import { type BundleCheck, textOf } from './bundle-check.ts';
import { type LogEntry, parseEntryLine } from './log-entries.ts';

export interface StatementRotation {
  /** Of the entry that says so. */
  readonly index: number;
  /** Ids of keys: SHA-256 of the SubjectPublicKeyInfo, hex. */
  readonly from: string;
  readonly to: string;
}

/** In the log's order. Whether they are in the log is another step's to check, which fails the bundle where they are not. */
export async function statementRotations({
  archive,
}: Pick<BundleCheck, 'archive'>): Promise<readonly StatementRotation[]> {
  const text = (await textOf(archive, BUNDLE.entries)) ?? '';
  const lines = text.split('\n').filter((line) => line.includes('key.rotated'));
  return lines.map(parseEntryLine).flatMap((entry) => (typeof entry === 'string' ? [] : rotation(entry)));
}

/** The rotations that lead from one of the keys to `keyId`, or back from one of them; undefined where none do. */
export function wayTo(
  keyId: string,
  keys: readonly string[],
  rotations: readonly StatementRotation[],
): 'newer' | 'older' | undefined {
  const newer = new Set(keys);
  for (const { from, to } of rotations) if (newer.has(from)) newer.add(to);
  if (newer.has(keyId)) return 'newer';
  const older = new Set(keys);
  for (const { from, to } of rotations.toReversed()) if (older.has(to)) older.add(from);
  return older.has(keyId) ? 'older' : undefined;
}

function rotation({ kind, detail, index }: LogEntry): readonly StatementRotation[] {
  const { what, from, to } = detail;
  const isOne = kind === 'key.rotated' && what === 'statement' && typeof from === 'string' && typeof to === 'string';
  return isOne ? [{ index, from, to }] : [];
}
