import { createHash, randomUUID } from 'node:crypto';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import type { Secret } from '../../model/secret.ts';

/** The key that a run's grant is bound to. It is made for the run, and never leaves this process. */
export class RunKey {
  readonly #key: CryptoKey;
  readonly #jwk: JWK;
  readonly #nowMs: () => number;

  /** `nowMs` is the gateway's time as far as it is known: proofs are good for a minute. */
  static async generate(nowMs: () => number): Promise<RunKey> {
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    const { kty, crv, x, y } = await exportJWK(publicKey);
    return new RunKey(privateKey, { kty, crv, x, y } as JWK, nowMs);
  }

  private constructor(key: CryptoKey, jwk: JWK, nowMs: () => number) {
    this.#key = key;
    this.#jwk = jwk;
    this.#nowMs = nowMs;
  }

  /** RFC 9449, section 4.2: a proof for one request, good once. `url` is without query. */
  prove(request: { readonly method: string; readonly url: string; readonly presented?: Secret }): Promise<string> {
    const { method, url, presented } = request;
    const ath = presented && { ath: createHash('sha256').update(presented.reveal()).digest('base64url') };
    return new SignJWT({ htm: method, htu: url, jti: randomUUID(), ...ath })
      .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk: this.#jwk })
      .setIssuedAt(Math.floor(this.#nowMs() / 1000))
      .sign(this.#key);
  }
}
