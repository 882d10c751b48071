/** A witness's own keys, made at its first start: Ed25519 for every client, ML-DSA-44 for those that ask for more. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureDirectory, replaceFile } from '../audit/durable-files.ts';
import { type Cosigner, type CosignerKey, cosignerKey, encodeCosignerKey } from '../audit/log/cosignature.ts';
import { Fault } from '../model/fault.ts';

export interface WitnessKeys {
  readonly name: string;
  readonly cosigners: readonly Cosigner[];
  readonly verifiers: readonly CosignerKey[];
  readonly vkeys: readonly string[];
}

const FILES = { ed25519: 'witness.key', 'ml-dsa-44': 'witness-ml-dsa-44.key' } as const;
const NAME_FILE = 'witness.name';

/**
 * Loads the keys of a data directory, and makes those that are missing. A witness keeps the name of its first start: a
 * cosignature is by a name and a key. Throws a `Fault` of code `config-invalid` for another name, or an unfit one.
 */
export function openWitnessKeys(directory: string, wanted: string | undefined): WitnessKeys {
  ensureDirectory(directory);
  const name = ownName(join(directory, NAME_FILE), wanted);
  const cosigners = (['ed25519', 'ml-dsa-44'] as const).map((kind) => ({ name, key: ownKey(directory, kind) }));
  const verifiers = cosigners.map(({ key }) => cosignerKey(name, createPublicKey(key)));
  return { name, cosigners, verifiers, vkeys: verifiers.map(encodeCosignerKey) };
}

function ownName(path: string, wanted: string | undefined): string {
  if (wanted !== undefined && !/^[^\s+]{1,200}$/u.test(wanted)) {
    throw new Fault(
      'config-invalid',
      `"${wanted}" is no name of a witness: it has no spaces and no plus, and at most 200 characters`,
    );
  }
  const kept = existsSync(path) ? readFileSync(path, 'utf8').trimEnd() : undefined;
  if (kept !== undefined && wanted !== undefined && kept !== wanted) {
    throw new Fault(
      'config-invalid',
      `this witness is ${kept} since its first start; a witness called ${wanted} needs a data directory of its own`,
    );
  }
  const name = kept ?? wanted;
  if (name === undefined) {
    throw new Fault(
      'config-invalid',
      'a witness needs a name at its first start, such as --name witness.example.com/audit',
    );
  }
  if (kept === undefined) replaceFile(path, `${name}\n`, 0o644);
  return name;
}

function ownKey(directory: string, kind: keyof typeof FILES): KeyObject {
  const path = join(directory, FILES[kind]);
  if (existsSync(path)) {
    const key = createPrivateKey(readFileSync(path, 'utf8'));
    if (key.asymmetricKeyType === kind) return key;
    throw new Fault('config-invalid', `${path} is no private key of kind ${kind}`);
  }
  const { privateKey } = kind === 'ed25519' ? generateKeyPairSync(kind) : generateKeyPairSync(kind);
  replaceFile(path, privateKey.export({ format: 'pem', type: 'pkcs8' }));
  return privateKey;
}
