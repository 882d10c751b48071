import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * A message authentication code that a client made with the secret key that is derived of its password: the last of a chain
 * of HMAC-SHA-256, each keyed by the one before, the first by `prefix` and the secret's text. AWS's signatures are of this form.
 */
export interface KeyedProof {
  readonly prefix: string;
  readonly messages: readonly string[];
  readonly mac: Uint8Array;
}

/**
 * The secret key for clients that sign requests, of a password's ServerKey (RFC 5802, 3): whoever knows the password can
 * derive it, and so can who keeps the password's SCRAM keys.
 */
export function signingSecret(serverKey: Uint8Array): string {
  return createHmac('sha256', serverKey).update('chaperone: secret key of clients that sign').digest('base64url');
}

/** In constant time. */
export function provesKey({ prefix, messages, mac }: KeyedProof, secret: string): boolean {
  const made = messages.reduce<Buffer>(
    (key, message) => createHmac('sha256', key).update(message).digest(),
    Buffer.from(prefix + secret),
  );
  return made.length === mac.length && timingSafeEqual(made, mac);
}
