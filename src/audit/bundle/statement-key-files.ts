/** How the keys of statements stand in `<audit>/keys`, and in `old/` those that were replaced. */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '../../model/fault.ts';
import { canonicalJson } from '../canonical-json.ts';
import { OLD } from '../old-log-keys.ts';
import { algorithmOf } from '../signer.ts';
import { keyIdOf } from './dsse.ts';

/** Below `keys/`. The private halves are absent where a KMS keeps them. */
export const STATEMENT_FILES = {
  key: 'statement.key',
  public: 'statement.pub.pem',
  nextKey: 'statement-next.key',
  nextPublic: 'statement-next.pub.pem',
} as const;

/** A key that signed once: `old/statement-<id>.json`. */
export interface OldStatementKey {
  /** SHA-256 of its SubjectPublicKeyInfo, hex. */
  readonly keyId: string;
  /** PEM. */
  readonly publicKey: string;
  /** The id of the one that took its place. */
  readonly next: string;
  /** RFC 3339: when it was replaced. */
  readonly at: string;
}

export function oldKeyPath(keysDirectory: string, keyId: string): string {
  return join(keysDirectory, OLD, `statement-${keyId}.json`);
}

/** The keys that signed statements before the one that does, the oldest first. */
export function readOldStatementKeys(keysDirectory: string): readonly OldStatementKey[] {
  const directory = join(keysDirectory, OLD);
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .filter((name) => /^statement-[0-9a-f]{64}\.json$/u.test(name))
    .map((name) => parseOldKey(join(directory, name), name.slice('statement-'.length, -'.json'.length)))
    .toSorted((one, other) => (one.at < other.at ? -1 : 1));
}

/** An ECDSA P-256 key as this program writes one; undefined where there is none. */
export function readStatementKey(path: string): KeyObject | undefined {
  return readKey(path, 'private');
}

/** The same of a public key. */
export function readStatementPublicKey(path: string): KeyObject | undefined {
  return readKey(path, 'public');
}

/** Throws a `Fault` where what the directory keeps is not as it was written. */
export function checkStatementKeys(keysDirectory: string): void {
  const path = join(keysDirectory, STATEMENT_FILES.key);
  const publicPath = join(keysDirectory, STATEMENT_FILES.public);
  const key = readStatementKey(path);
  const known = readStatementPublicKey(publicPath);
  readStatementKey(join(keysDirectory, STATEMENT_FILES.nextKey));
  readStatementPublicKey(join(keysDirectory, STATEMENT_FILES.nextPublic));
  readOldStatementKeys(keysDirectory);
  if (key !== undefined && (known === undefined || !createPublicKey(key).equals(known)))
    throw new Fault('log-corrupt', `${publicPath} is not the public key of ${path}`);
}

function readKey(path: string, half: 'private' | 'public'): KeyObject | undefined {
  if (!existsSync(path)) return undefined;
  const pem = readFileSync(path, 'latin1');
  const key = parsePem(pem, half);
  if (key !== undefined && algorithmOf(key) === 'ecdsa-p256-sha256') return key;
  throw new Fault(
    'log-corrupt',
    `${path} is not ${half === 'private' ? 'a private' : 'a public'} key on P-256 as it was written`,
  );
}

/** Undefined where the text is not a key's one form. */
function parsePem(pem: string, half: 'private' | 'public'): KeyObject | undefined {
  try {
    const key = half === 'private' ? createPrivateKey(pem) : createPublicKey(pem);
    const type = half === 'private' ? 'pkcs8' : 'spki';
    return key.export({ format: 'pem', type }) === pem ? key : undefined;
  } catch {
    return undefined; // the caller says which file
  }
}

function parseOldKey(path: string, keyId: string): OldStatementKey {
  const text = readFileSync(path, 'utf8');
  const { publicKey, next, at } = membersOf(text);
  const key = typeof publicKey === 'string' ? parsePem(publicKey, 'public') : undefined;
  const isWhole = typeof next === 'string' && typeof at === 'string' && !Number.isNaN(Date.parse(at));
  if (isWhole && key !== undefined && keyIdOf(key) === keyId) {
    const record = { v: 1, at, next, publicKey: String(publicKey) };
    if (text === `${canonicalJson(record)}\n`) return { keyId, publicKey: record.publicKey, next, at };
  }
  throw new Fault('log-corrupt', `${path} is not the record of an old key`);
}

function membersOf(text: string): Readonly<Record<string, unknown>> {
  try {
    return (JSON.parse(text) ?? {}) as Readonly<Record<string, unknown>>;
  } catch {
    return {}; // no record: the caller says which file
  }
}
