import { createHash, createHmac, pbkdf2 } from 'node:crypto';
import { promisify } from 'node:util';
import { Refused } from '../model/refusal.ts';
import type { Secret } from '../model/secret.ts';
import type { ScramKeys, ScramProof } from '../protocols/protocol.ts';

const derive = promisify(pbkdf2);

/**
 * Passwords that clients of one carried connection show, as the proofs that those who know them would have sent: whoever
 * checks proofs need not know passwords. Each is derived once; who shows too many different ones is refused unlooked.
 */
export class CarriedPasswords {
  readonly #keys: ScramKeys;
  readonly #proofs = new Map<string, Promise<ScramProof>>();

  constructor(keys: ScramKeys) {
    this.#keys = keys;
  }

  proofOf(password: Secret): Promise<ScramProof> {
    const digest = createHash('sha256').update(password.reveal()).digest('base64');
    const known = this.#proofs.get(digest);
    if (known !== undefined) return known;
    if (this.#proofs.size >= MOST_PASSWORDS) {
      throw new Refused({ code: 'claim-invalid', message: 'too many passwords were tried on this connection' });
    }
    const proof = proofOf(password, this.#keys);
    this.#proofs.set(digest, proof);
    return proof;
  }
}

/** Of one connection; each costs thousands of rounds of a hash. */
const MOST_PASSWORDS = 10;

/** RFC 5802, section 3. The message that it signs is fixed: it is made and checked within this process. */
async function proofOf(password: Secret, { salt, iterations }: ScramKeys): Promise<ScramProof> {
  const salted = await derive(password.reveal(), salt, iterations, 32, 'sha256');
  const clientKey = hmac(salted, 'Client Key');
  const signature = hmac(createHash('sha256').update(clientKey).digest(), MESSAGE);
  return { authMessage: MESSAGE, clientProof: clientKey.map((byte, i) => byte ^ (signature[i] ?? 0)) };
}

const MESSAGE = 'shown to the gateway itself';

function hmac(key: Uint8Array, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
