/** The keys of an audit directory: who signed the log, and what wraps the keys of the bodies. */
import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '../model/fault.ts';
import { ensureDirectory, replaceFile } from './durable-files.ts';
import type { NoteVerifier } from './log/signed-note.ts';
import { type LogKeyOptions, LogKeyRing } from './log-keys.ts';

export const DEPLOYMENT_KEY_FILE = 'deployment.key';

/** What the sealer needs. */
export interface SealingKeys {
  readonly origin: string;
  /** Every key that may have signed the log before. */
  readonly verifiers: readonly NoteVerifier[];
  /** 32 bytes; wraps the keys of runs and encrypts the journal. */
  readonly deployment: Uint8Array;
}

export interface AuditKeys extends SealingKeys {
  readonly log: LogKeyRing;
}

/** Key material that the deployment brings along; what is absent is made once and kept in `keys/`, mode 0600. */
export interface KeyMaterial extends LogKeyOptions {
  readonly deploymentKey?: Uint8Array;
}

/** Loads the keys of `<audit>/keys`, and makes those that are missing. */
export function loadAuditKeys(
  keysDirectory: string,
  origin: string,
  material: KeyMaterial,
  random: (bytes: number) => Uint8Array,
): AuditKeys {
  ensureDirectory(join(keysDirectory, 'runs'));
  const deployment = material.deploymentKey ?? ownDeploymentKey(keysDirectory, random);
  if (deployment.length !== 32)
    throw new Fault('config-invalid', 'the deployment key of the audit log is not 32 bytes');
  const log = new LogKeyRing(keysDirectory, origin, material);
  return { origin, log, verifiers: log.verifiers, deployment };
}

/** Reads the deployment key that the directory keeps; undefined where it keeps none. */
export function readDeploymentKey(keysDirectory: string): Uint8Array | undefined {
  const path = join(keysDirectory, DEPLOYMENT_KEY_FILE);
  if (!existsSync(path)) return undefined;
  const text = readFileSync(path, 'latin1');
  if (!/^[0-9a-f]{64}\n$/u.test(text)) throw new Fault('log-corrupt', `${path} is not 64 hex digits and a newline`);
  return Buffer.from(text.slice(0, 64), 'hex');
}

/** A key derived from the deployment's, for one purpose. */
export function deriveKey(key: Uint8Array, purpose: string, salt: Uint8Array | string = ''): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync('sha256', key, salt, `chaperone ${purpose} v1`, 32)));
}

/** Keys of runs, one file each, wrapped. Deleting the file makes the run's bodies unreadable for good. */
export class RunKeys {
  readonly #directory: string;
  readonly #wrapping: KeyObject;

  constructor(keysDirectory: string, deployment: Uint8Array) {
    this.#directory = join(keysDirectory, 'runs');
    this.#wrapping = deriveKey(deployment, 'run keys');
  }

  path(run: string): string {
    return join(this.#directory, `${run}.key`);
  }

  /** Opens a run's key; undefined where its file was deleted. Throws where it is not what was written. */
  read(run: string): Uint8Array | undefined {
    if (!existsSync(this.path(run))) return undefined;
    const file = readFileSync(this.path(run));
    if (file.length !== 64 || file.toString('latin1', 0, 4) !== MAGIC) {
      throw new Fault('log-corrupt', `${this.path(run)} is not a wrapped key`);
    }
    const cipher = createDecipheriv('aes-256-gcm', this.#wrapping, file.subarray(4, 16));
    cipher.setAAD(Buffer.from(run)).setAuthTag(file.subarray(48));
    try {
      return Buffer.concat([cipher.update(file.subarray(16, 48)), cipher.final()]);
    } catch (cause) {
      throw new Fault('log-corrupt', `${this.path(run)} was changed, or another deployment key wrapped it`, { cause });
    }
  }

  /** Opens the key that a life before this made for the run, or makes one: `file` is what its file must hold. */
  make(run: string, random: (bytes: number) => Uint8Array): { key: Uint8Array; file: Buffer; known: boolean } {
    const kept = this.read(run);
    if (kept !== undefined) return { key: kept, file: readFileSync(this.path(run)), known: true };
    const key = random(32);
    const nonce = random(12);
    const cipher = createCipheriv('aes-256-gcm', this.#wrapping, nonce).setAAD(Buffer.from(run));
    const sealed = Buffer.concat([cipher.update(key), cipher.final()]);
    return { key, file: Buffer.concat([Buffer.from(MAGIC), nonce, sealed, cipher.getAuthTag()]), known: false };
  }

  /** Writes a run's key file, durably. */
  write(run: string, file: Buffer): void {
    replaceFile(this.path(run), file);
  }
}

const MAGIC = 'CRK1';

function ownDeploymentKey(directory: string, random: (bytes: number) => Uint8Array): Uint8Array {
  const kept = readDeploymentKey(directory);
  if (kept !== undefined) return kept;
  const key = random(32);
  replaceFile(join(directory, DEPLOYMENT_KEY_FILE), `${Buffer.from(key).toString('hex')}\n`);
  return key;
}
