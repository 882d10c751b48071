import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { Fault } from '../model/fault.ts';
import type { DeploymentKey } from './deployment-key.ts';

/**
 * Envelope encryption of credentials: AES-256-GCM under a data key of each credential's own, which is wrapped, also by
 * AES-256-GCM, under a key derived from the deployment's. What the credential is for is bound in as associated data: a
 * sealed text that is moved to another target, or whose target is pointed elsewhere, does not open. Each use has keys of
 * its own.
 */
export interface Sealer {
  /** `v1.` and three base64url parts: wrapped key, credential. */
  seal(plain: string, boundTo: string): string;
  /** Throws a `Fault` of code `config-invalid` where it was not sealed by this key for this purpose. */
  open(sealed: string, boundTo: string): string;
  /** Tells whether two credentials are the same without holding either: HMAC-SHA256, hex. */
  fingerprint(plain: string, boundTo: string): string;
}

export function makeSealer(key: DeploymentKey, use = 'targets/credential'): Sealer {
  const wrapping = key.derive(`${use}-wrapping`);
  const marking = key.derive(`${use}-fingerprint`);
  return {
    seal(plain, boundTo) {
      const dataKey = randomBytes(32);
      const wrapped = encrypt(wrapping, dataKey, `key\0${boundTo}`);
      return `v1.${wrapped}.${encrypt(dataKey, Buffer.from(plain), `credential\0${boundTo}`)}`;
    },
    open(sealed, boundTo) {
      const [version, wrapped, credential, ...rest] = sealed.split('.');
      if (version !== 'v1' || wrapped === undefined || credential === undefined || rest.length > 0) throw unopened();
      try {
        const dataKey = decrypt(wrapping, wrapped, `key\0${boundTo}`);
        return decrypt(dataKey, credential, `credential\0${boundTo}`).toString();
      } catch (cause) {
        throw unopened(cause);
      }
    },
    fingerprint: (plain, boundTo) => createHmac('sha256', marking).update(`${boundTo}\0${plain}`).digest('hex'),
  };
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Nonce, ciphertext and tag, base64url. A data key encrypts once; the wrapping key wraps random keys under random nonces. */
function encrypt(key: Uint8Array, plain: Uint8Array, associated: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(associated));
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]).toString('base64url');
}

function decrypt(key: Uint8Array, encoded: string, associated: string): Buffer {
  const bytes = Buffer.from(encoded, 'base64url');
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(associated));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
}

function unopened(cause?: unknown): Fault {
  return new Fault('config-invalid', 'a sealed credential does not open with this key for this target', { cause });
}
