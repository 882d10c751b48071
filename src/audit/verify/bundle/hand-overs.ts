/** Follows the log's keys from one that the verifier trusts to the one that signs now. */
import { BUNDLE } from '../../bundle/manifest.ts';
import { isCosigner } from '../../c2sp/cosigned-message.ts';
import { keyIdText, sameKey } from '../../c2sp/key-text.ts';
import { parseProof } from '../../c2sp/proof-text.ts';
import { type BundleCheck, textOf } from './bundle-check.ts';
import { isIncluded, openCheckpoint } from './checkpoint.ts';
import type { LogEntry } from './log-entries.ts';
import { openNote, parseVerifierKey, type VerifierKey } from './signed-note.ts';
import type { TrustPolicy } from './trust-policy.ts';

/** What following hand-overs needs, whatever they came in. */
export interface HandOverCheck extends Pick<BundleCheck, 'archive' | 'engine' | 'nowMs'> {
  readonly report: { note(step: 'checkpoint', message: string): void };
}

/**
 * The policy with the keys that those in it handed over to. A key hands over by signing a checkpoint whose log names the
 * next one, which signs that checkpoint too; a hand-over that does not hold adds no key.
 */
export async function withHandOvers(
  check: HandOverCheck,
  policy: TrustPolicy,
  entries: readonly LogEntry[],
): Promise<TrustPolicy> {
  const logs = [...policy.logs];
  for (const entry of entries) {
    if (entry.kind !== 'key.rotated' || entry.detail['what'] !== 'log') continue;
    const next = await nextKey(check, { ...policy, logs }, entry);
    if (next === undefined || logs.some((known) => sameKey(known, next))) continue;
    logs.push(next);
    check.report.note(
      'checkpoint',
      `the log has had another key since entry ${entry.index}, which the one that you trust handed over to: add ${String(entry.detail['next'])} to your policy`,
    );
  }
  return { ...policy, logs };
}

async function nextKey(
  { archive, engine, nowMs }: HandOverCheck,
  { logs, witnesses }: TrustPolicy,
  entry: LogEntry,
): Promise<VerifierKey | undefined> {
  const { next, from } = entry.detail;
  const proof = parseProof((await textOf(archive, BUNDLE.handOver(entry.index))) ?? '');
  if (proof === undefined || typeof next !== 'string') return undefined;
  // The old key's word is enough: the entry is in the log of the newest checkpoint as well, which the quorum cosigned.
  const old = logs.filter((key) => keyIdText(key) === from);
  const checkpoint = await openCheckpoint(proof.checkpoint, { logs: old, witnesses, quorum: { kind: 'none' } }, nowMs);
  if (typeof checkpoint === 'string' || proof.index !== entry.index) return undefined;
  if (!isIncluded(engine, entry.bytes, proof, checkpoint)) return undefined;
  const key = await parseVerifierKey(engine, next);
  if (key === undefined || isCosigner(key) || key.name !== checkpoint.origin) return undefined;
  return typeof (await openNote(proof.checkpoint, [key])) === 'string' ? undefined : key;
}
