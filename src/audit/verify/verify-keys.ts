/** Whose signatures count in an audit directory: the key that the auditor has, and those that it handed over to. */
import { createPublicKey } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '../../model/fault.ts';
import type { AuditPaths } from '../audit-paths.ts';
import { keyIdText } from '../c2sp/key-text.ts';
import { parseProof } from '../c2sp/proof-text.ts';
import { openCheckpoint } from '../log/checkpoint.ts';
import { encodeVerifierKey, type NoteVerifier, parseVerifierKey } from '../log/signed-note.ts';
import { parseBundle, TILE_WIDTH, tilePath } from '../log/tile-path.ts';
import { verifyProof } from '../log/tlog-proof.ts';
import { LOG_KEY_FILE, LOG_VERIFIER_FILE } from '../log-keys.ts';
import { type OldKey, readHandOver, readOldKeys, readPrivateKey } from '../old-log-keys.ts';
import type { Findings } from './verify-report.ts';

export interface TrustedKeys {
  /** Signs the newest checkpoint. */
  readonly newest: NoteVerifier;
  /** With those that it followed, up to the one that was trusted first; the newest first. */
  readonly all: readonly NoteVerifier[];
}

/**
 * Follows the log's rotations from the key `given`, which the auditor has from elsewhere; without one the directory's
 * own is believed. Undefined, with a finding, where no key can be.
 */
export function trustedKeys(paths: AuditPaths, findings: Findings, given: string | undefined): TrustedKeys | undefined {
  const file = `keys/${LOG_VERIFIER_FILE}`;
  const path = join(paths.keys, LOG_VERIFIER_FILE);
  const kept = existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  const first = parseVerifierKey(given ?? kept?.trimEnd() ?? '');
  if (first === undefined) {
    findings.fail(file, 'there is no verifier key of the log that can be read');
    return undefined;
  }
  const all = [first];
  for (const old of handOvers(paths, findings)) {
    const [newest] = all;
    if (newest !== undefined && old.vkey === encodeVerifierKey(newest.name, newest.key))
      all.unshift(verifierOf(old.next));
  }
  const [newest = first] = all;
  const vkey = encodeVerifierKey(newest.name, newest.key);
  if (kept !== undefined && kept !== `${vkey}\n`) findings.fail(file, 'this is not the verifier key of the log');
  requireOwnKey(paths, findings, newest);
  return { newest, all };
}

function requireOwnKey(paths: AuditPaths, findings: Findings, newest: NoteVerifier): void {
  const file = `keys/${LOG_KEY_FILE}`;
  try {
    const key = readPrivateKey(join(paths.keys, LOG_KEY_FILE));
    if (key !== undefined && !createPublicKey(key).equals(newest.key))
      findings.fail(file, 'this is not the key that signs the log');
  } catch (cause) {
    if (!(cause instanceof Fault)) throw cause;
    findings.fail(file, cause.message.replaceAll(`${paths.root}/`, ''));
  }
}

/** The hand-overs that hold, the oldest first; a finding for each that does not. */
function handOvers(paths: AuditPaths, findings: Findings): readonly OldKey[] {
  let records: readonly OldKey[] = [];
  try {
    records = readOldKeys(paths.keys);
  } catch (cause) {
    if (!(cause instanceof Fault)) throw cause;
    findings.fail('keys/old', cause.message.replaceAll(`${paths.root}/`, ''));
  }
  return records.filter((old) => {
    const problem = problemOf(paths, old);
    const id = keyIdText(verifierOf(old.vkey));
    if (problem !== undefined) findings.fail(`keys/old/${id}.tlog-proof`, problem);
    return problem === undefined;
  });
}

function problemOf(paths: AuditPaths, old: OldKey): string | undefined {
  const [from, to] = [verifierOf(old.vkey), verifierOf(old.next)];
  const proof = parseProof(readHandOver(paths.keys, keyIdText(from)) ?? '');
  if (proof === undefined) return 'the proof that this key handed over is missing, or is none';
  const entry = entryAt(paths, proof.index);
  if (entry === undefined) return `entry ${proof.index} of the log, which names the next key, is missing`;
  const checkpoint = verifyProof(proof, entry, from);
  if (checkpoint === undefined) return 'the old key did not sign that the log names a next one';
  if (openCheckpoint(proof.checkpoint, to.name, [to]) === undefined)
    return 'the next key did not sign beside the old one';
  return saysSo(entry, old) ? undefined : `entry ${proof.index} of the log names another next key, or another time`;
}

function saysSo(entry: Buffer, { next, signsUntil, vkey }: OldKey): boolean {
  try {
    const { kind, detail } = JSON.parse(entry.toString('utf8')) as {
      readonly kind?: unknown;
      readonly detail?: unknown;
    };
    const said = detail as { readonly next?: unknown; readonly until?: unknown; readonly from?: unknown } | undefined;
    const from = keyIdText(verifierOf(vkey));
    return kind === 'key.rotated' && said?.next === next && said.until === signsUntil && said.from === from;
  } catch {
    return false; // no entry of ours
  }
}

function entryAt(paths: AuditPaths, index: number): Buffer | undefined {
  const bundle = Math.floor(index / TILE_WIDTH);
  for (let width = TILE_WIDTH; width > index - bundle * TILE_WIDTH; width--) {
    const file = join(paths.log, tilePath('entries', bundle, width));
    const entries = existsSync(file) ? parseBundle(readFileSync(file)) : undefined;
    if (entries !== undefined) return entries[index - bundle * TILE_WIDTH];
  }
  return undefined;
}

/** `readOldKeys` lets none through that cannot be read. */
function verifierOf(vkey: string): NoteVerifier {
  const verifier = parseVerifierKey(vkey);
  if (verifier === undefined) throw new Fault('log-corrupt', 'the record of an old key holds no verifier key');
  return verifier;
}
