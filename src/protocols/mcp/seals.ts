import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import type { JsonValue } from '../../model/http.ts';

/**
 * Texts that clients keep for the gateway: ids of sessions, states of requests. Each is AES-256-GCM (NIST SP 800-38D) of
 * a value, bound to what it is for, and says nothing to whoever else reads it. The same value is the same text: its nonce
 * is made of it, so that no nonce serves two.
 */
export class Seals {
  readonly #key: Buffer;

  /** 32 bytes; gateways that share them open each other's. */
  constructor(key: Uint8Array = randomBytes(32)) {
    this.#key = Buffer.from(key);
  }

  /** URL-safe base64. `bound` is what must be the same where it is opened: the run, the target, the use. */
  seal(value: JsonValue, bound: readonly string[]): string {
    const use = JSON.stringify(bound);
    const text = JSON.stringify(value);
    const nonce = createHmac('sha256', this.#key).update(`nonce\0${use}\0${text}`).digest().subarray(0, 12);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce).setAAD(Buffer.from(use));
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url');
  }

  /** Undefined of what was not sealed here, or for something else. */
  open(text: string, bound: readonly string[]): JsonValue | undefined {
    const bytes = Buffer.from(text, 'base64url');
    if (bytes.length < 29) return undefined;
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.#key, bytes.subarray(0, 12), { authTagLength: 16 })
        .setAAD(Buffer.from(JSON.stringify(bound)))
        .setAuthTag(bytes.subarray(12, 28));
      return JSON.parse(decipher.update(bytes.subarray(28), undefined, 'utf8') + decipher.final('utf8')) as JsonValue;
    } catch {
      // Not ours: the answer, not a failure.
      return undefined;
    }
  }
}
