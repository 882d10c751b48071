import { hkdfSync, randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { inspect } from 'node:util';
import { Fault } from '../model/fault.ts';

/**
 * The deployment's key: 32 random bytes in a file of its owner's alone. Nothing is encrypted under it directly; each use
 * has a key of its own, derived by HKDF-SHA256 (RFC 5869) from the name of the use.
 */
export class DeploymentKey {
  readonly #bytes: Buffer;

  constructor(bytes: Uint8Array) {
    if (bytes.length !== KEY_BYTES) throw new Fault('config-invalid', `a deployment key is ${KEY_BYTES} bytes`);
    this.#bytes = Buffer.from(bytes);
  }

  /** 32 bytes for one use, `grants/decoy` for example. */
  derive(use: string): Buffer {
    return Buffer.from(hkdfSync('sha256', this.#bytes, '', `chaperone/${use}/v1`, KEY_BYTES));
  }

  toJSON(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}

const KEY_BYTES = 32;
const FORM = /^chaperone-deployment-key-v1 ([A-Za-z0-9_-]{43})\n?$/;

/**
 * Reads the key file. Throws a `Fault` of code `config-invalid` where it is missing, malformed, or readable by anybody
 * but its owner: a key that others read protects nothing.
 */
export function readDeploymentKey(file: string): DeploymentKey {
  const descriptor = attempt(file, () => openSync(file, constants.O_RDONLY));
  try {
    const { mode } = fstatSync(descriptor);
    if ((mode & 0o077) !== 0) {
      const shown = (mode & 0o777).toString(8).padStart(4, '0');
      throw new Fault('config-invalid', `the key file ${file} has mode ${shown}; make it 0600, and replace the key`);
    }
    const [, encoded] = FORM.exec(attempt(file, () => readFileSync(descriptor, 'utf8'))) ?? [];
    if (encoded === undefined) throw new Fault('config-invalid', `${file} is not a deployment key`);
    return new DeploymentKey(Buffer.from(encoded, 'base64url'));
  } finally {
    closeSync(descriptor);
  }
}

/** Makes a key and its file, mode 0600, durable before it returns. Never replaces one: what it seals would be lost. */
export function createDeploymentKey(file: string): DeploymentKey {
  const bytes = randomBytes(KEY_BYTES);
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
  const descriptor = attempt(file, () => openSync(draft, flags, 0o600));
  try {
    writeSync(descriptor, `chaperone-deployment-key-v1 ${bytes.toString('base64url')}\n`);
    fsyncSync(descriptor);
    // A link appears whole or not at all, and never in the place of a file that is there.
    attempt(file, () => linkSync(draft, file));
  } finally {
    closeSync(descriptor);
    unlinkSync(draft);
  }
  syncDirectory(dirname(file));
  return new DeploymentKey(bytes);
}

function syncDirectory(directory: string): void {
  const descriptor = openSync(directory, constants.O_RDONLY);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function attempt<Result>(file: string, action: () => Result): Result {
  try {
    return action();
  } catch (cause) {
    throw new Fault('config-invalid', `the key file ${file} cannot be used`, { cause });
  }
}
