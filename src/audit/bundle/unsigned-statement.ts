/** A statement that was made and waits for its key: kept, so that the log gets one manifest and not one for each attempt. */
import { hash } from 'node:crypto';
import type { KeptEvidence } from './kept-evidence.ts';
import { BUNDLE, type RunManifest } from './manifest.ts';
import type { RunEntries } from './run-entries.ts';
import type { Statement } from './statement.ts';

export interface UnsignedStatement {
  readonly manifest: RunManifest;
  /** RFC 8785, as it is to be signed. */
  readonly payload: Uint8Array;
  /** Of the `run.manifest` in the log. */
  readonly index: number;
}

export function keepUnsigned(kept: KeptEvidence, run: string, { payload }: Pick<UnsignedStatement, 'payload'>): void {
  kept.write(run, UNSIGNED, payload);
}

export function dropUnsigned(kept: KeptEvidence, run: string): void {
  kept.remove(run, UNSIGNED);
}

/** Undefined where nothing waits, or where it is not what the log says of the run by now. */
export function readUnsigned(
  kept: KeptEvidence,
  run: string,
  { manifests, close }: Pick<RunEntries, 'manifests' | 'close'>,
): UnsignedStatement | undefined {
  const payload = kept.read(run, UNSIGNED);
  const manifest = kept.read(run, BUNDLE.manifest);
  const newest = manifests.at(-1);
  if (payload === undefined || manifest === undefined || newest === undefined) return undefined;
  const { subject, predicate } = JSON.parse(payload.toString('utf8')) as Statement;
  const digest = hash('sha256', manifest, 'hex');
  const isOfNow =
    newest.index > (close?.index ?? 0) &&
    newest.index === predicate.log.manifestIndex &&
    newest.members['digest'] === digest &&
    subject[0]?.digest.sha256 === digest;
  if (!isOfNow) return undefined;
  return { manifest: JSON.parse(manifest.toString('utf8')) as RunManifest, payload, index: newest.index };
}

const UNSIGNED = 'statement.unsigned';
