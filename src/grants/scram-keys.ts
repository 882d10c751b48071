import { createHash, createHmac, pbkdf2, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { LIMITS } from '../model/limits.ts';

/** RFC 5802, section 3: what the grant's secret leaves with the gateway. */
export interface ScramKeys {
  readonly salt: Uint8Array;
  readonly iterations: number;
  readonly storedKey: Uint8Array;
  readonly serverKey: Uint8Array;
}

/** What a client proves possession with; `authMessage` and the decoded `p=`. */
export interface ScramProof {
  readonly authMessage: string;
  readonly clientProof: Uint8Array;
}

const derive = promisify(pbkdf2);

/** SCRAM-SHA-256 (RFC 7677). The secret is ASCII, of which SASLprep changes nothing. */
export async function deriveScramKeys(secret: string, salt: Uint8Array): Promise<ScramKeys> {
  const iterations = LIMITS.grantScramIterations;
  const salted = await derive(secret, salt, iterations, 32, 'sha256');
  const storedKey = sha256(hmac(salted, 'Client Key'));
  return { salt, iterations, storedKey, serverKey: hmac(salted, 'Server Key') };
}

/**
 * Keys for a user that does not exist: the same ones each time, as a real user's are, so that a login attempt does not
 * show who has a grant. Nothing matches them.
 */
export function decoyScramKeys(user: string, decoyKey: Uint8Array): ScramKeys {
  return {
    salt: hmac(decoyKey, `salt\0${user}`).subarray(0, SALT_BYTES),
    iterations: LIMITS.grantScramIterations,
    storedKey: hmac(decoyKey, `stored\0${user}`),
    serverKey: hmac(decoyKey, `server\0${user}`),
  };
}

/** RFC 5802, section 3: ClientKey = ClientProof XOR HMAC(StoredKey, AuthMessage), and H(ClientKey) is StoredKey. */
export function provesPossession({ authMessage, clientProof }: ScramProof, storedKey: Uint8Array): boolean {
  const signature = hmac(storedKey, authMessage);
  if (clientProof.length !== signature.length) return false;
  const clientKey = signature.map((byte, i) => byte ^ (clientProof[i] ?? 0));
  return timingSafeEqual(sha256(clientKey), storedKey);
}

export const SALT_BYTES = 16;

export function sha256(data: Uint8Array | string): Buffer {
  return createHash('sha256').update(data).digest();
}

function hmac(key: Uint8Array, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest();
}
