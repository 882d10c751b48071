import { hkdfSync, randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Fault } from '../../model/fault.ts';

const KEY_BYTES = 32;

/** The deployment's key: read from a file of 64 hex digits, which is made, 0600, where there is none. */
export async function readKeyFile(path: string): Promise<Uint8Array> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  try {
    await writeFile(path, `${randomBytes(KEY_BYTES).toString('hex')}\n`, { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
  }
  const text = (await readFile(path, 'utf8')).trim();
  if (!/^[0-9a-f]{64}$/i.test(text)) throw new Fault('config-invalid', `${path} is not a key: 64 hex digits`);
  return Buffer.from(text, 'hex');
}

/** A key of its own for one purpose (HKDF, RFC 5869). */
export function deriveKey(key: Uint8Array, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', key, '', `chaperone ${purpose} v1`, KEY_BYTES));
}
