/** What is kept of keys that signed the log once: `keys/old/`, and how a key stands in a file. */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '../model/fault.ts';
import { canonicalJson } from './canonical-json.ts';
import { parseVerifierKey } from './log/signed-note.ts';

/** Below `keys/`. */
export const OLD = 'old';

/** A key that signed once: `old/<id>.json`. */
export interface OldKey {
  readonly vkey: string;
  /** The verifier key that took its place. */
  readonly next: string;
  /** RFC 3339; until when it goes on signing beside the new one, for those who know it alone. */
  readonly signsUntil: string;
  readonly v: 1;
}

/** The keys that signed this log before the one that does, the oldest first. */
export function readOldKeys(keysDirectory: string): readonly OldKey[] {
  const directory = join(keysDirectory, OLD);
  if (!existsSync(directory)) return [];
  const found = readdirSync(directory)
    .filter((name) => /^[0-9a-f]{8}\.json$/u.test(name))
    .map((name) => parseOldKey(join(directory, name)));
  const chain: OldKey[] = [];
  // Each names the one that took its place; the oldest is the one that took nobody's.
  let one = found.find(({ vkey }) => !found.some(({ next }) => next === vkey));
  while (one !== undefined && chain.length < found.length) {
    chain.push(one);
    const { next } = one;
    one = found.find(({ vkey }) => vkey === next);
  }
  if (chain.length !== found.length)
    throw new Fault('log-corrupt', `${directory}: the old keys are not one line of them`);
  return chain;
}

/** The proof that an old key, by its id, signed the entry which names its successor; undefined where it is missing. */
export function readHandOver(keysDirectory: string, keyId: string): string | undefined {
  const path = join(keysDirectory, OLD, `${keyId}.tlog-proof`);
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

/** Reads a private key as this program writes one; undefined where there is none. */
export function readPrivateKey(path: string): KeyObject | undefined {
  if (!existsSync(path)) return undefined;
  const pem = readFileSync(path, 'latin1');
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'ed25519' && key.export({ format: 'pem', type: 'pkcs8' }) === pem) return key;
  } catch (cause) {
    throw new Fault('log-corrupt', `${path} cannot be read as a private key`, { cause });
  }
  throw new Fault('log-corrupt', `${path} is not an Ed25519 key in PKCS#8 as it was written`);
}

function parseOldKey(path: string): OldKey {
  const text = readFileSync(path, 'utf8');
  let old: OldKey | undefined;
  try {
    old = JSON.parse(text) as OldKey;
  } catch (cause) {
    throw new Fault('log-corrupt', `${path} cannot be read`, { cause });
  }
  const keys = [old.vkey, old.next].map((vkey) => (typeof vkey === 'string' ? parseVerifierKey(vkey) : undefined));
  const isWhole = keys.every((key) => key !== undefined) && !Number.isNaN(Date.parse(old.signsUntil));
  if (old.v === 1 && isWhole && text === `${canonicalJson({ ...old })}\n`) return old;
  throw new Fault('log-corrupt', `${path} is not the record of an old key`);
}
