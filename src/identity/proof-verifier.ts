import { createHash } from 'node:crypto';
import { calculateJwkThumbprint, EmbeddedJWK, errors, jwtVerify } from 'jose';
import { LIMITS } from '../model/limits.ts';
import { Refused } from '../model/refusal.ts';
import type { Secret } from '../model/secret.ts';
import { parseStrictObject } from './strict-json.ts';

/** What a proof of possession (DPoP) must be about. */
export interface ProvenRequest {
  readonly method: string;
  /** Addresses of this request by any name that this gateway has, without query: the proof names one of them. */
  readonly urls: readonly string[];
  /** What is presented together with the proof, where something is. */
  readonly presented?: Secret;
}

/** A proof that holds; it is good once, which is for whoever reads this to see to. */
export interface VerifiedProof {
  /** RFC 7638, SHA-256, base64url. */
  readonly keyThumbprint: string;
  /** Of this key and this `jti`: what must not come a second time. */
  readonly replayKey: string;
  /** RFC 3339: until when that must be remembered. */
  readonly until: string;
}

/** RFC 9449, section 4.3: checks a proof against its request. Throws `Refused`, which says what is wrong with it. */
export async function verifyProof(proof: string, request: ProvenRequest, nowMs: number): Promise<VerifiedProof> {
  if (proof.length > LIMITS.maxProofBytes) throw refused('it is too long');
  refuseDuplicateMembers(proof);
  const { payload, protectedHeader } = await verified(proof, nowMs);
  const { jti, htm, htu, ath, iat } = payload;
  if (typeof jti !== 'string' || jti === '' || jti.length > MAX_ID_LENGTH) throw refused('its `jti` is no identifier');
  if (htm !== request.method) throw refused('it is for another method');
  if (typeof htu !== 'string' || !request.urls.includes(withoutQuery(htu))) throw wrongUrl(request);
  if (request.presented === undefined ? ath !== undefined : ath !== hash(request.presented.reveal())) {
    throw refused('it is for another grant');
  }
  // `jwk` is there and public: EmbeddedJWK verified by it.
  const keyThumbprint = await calculateJwkThumbprint(protectedHeader.jwk ?? {}, 'sha256');
  const issuedAtMs = Number(iat) * 1000;
  const goodForMs = (LIMITS.proofMaxAgeSeconds + LIMITS.clockToleranceSeconds) * 1000;
  return {
    keyThumbprint,
    replayKey: `proof:${hash(`${keyThumbprint}\0${jti}`)}`,
    until: new Date(Math.max(issuedAtMs, nowMs) + goodForMs + 1000 * LIMITS.consumedTokenMarginSeconds).toISOString(),
  };
}

/** SHA-256, base64url: `ath` of RFC 9449, section 4.2. */
function hash(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

const MAX_ID_LENGTH = 200;

async function verified(proof: string, nowMs: number) {
  try {
    return await jwtVerify(proof, EmbeddedJWK, {
      typ: 'dpop+jwt',
      algorithms: ['ES256'],
      requiredClaims: ['jti', 'htm', 'htu', 'iat'],
      maxTokenAge: LIMITS.proofMaxAgeSeconds,
      clockTolerance: LIMITS.clockToleranceSeconds,
      currentDate: new Date(nowMs),
    });
  } catch (cause) {
    if (cause instanceof errors.JWTExpired || (cause instanceof errors.JWTClaimValidationFailed && isTime(cause))) {
      throw refused('its time is not now', "Compare this machine's clock with the gateway's.");
    }
    // A key that cannot be read, or is private, is said by Node and not by the library.
    if (cause instanceof errors.JOSEError || cause instanceof TypeError || cause instanceof DOMException) {
      throw refused('it does not verify');
    }
    throw cause;
  }
}

function isTime({ claim }: errors.JWTClaimValidationFailed): boolean {
  return claim === 'iat' || claim === 'exp' || claim === 'nbf';
}

/** One reading only: of two members of one name a library would take one, and somebody else the other. */
function refuseDuplicateMembers(proof: string): void {
  const parts = proof.split('.');
  try {
    if (parts.length !== 3) throw new SyntaxError('not three parts');
    for (const part of parts.slice(0, 2)) parseStrictObject(Buffer.from(part, 'base64url'));
  } catch (cause) {
    if (cause instanceof SyntaxError || cause instanceof TypeError) throw refused('it is not one JWT');
    throw cause;
  }
}

/** RFC 9449, section 4.3: query and fragment of `htu` do not count. */
function withoutQuery(htu: string): string {
  return htu.replace(/[?#].*$/s, '');
}

function wrongUrl({ urls }: ProvenRequest): Refused {
  return refused('it is for another address', `This gateway is ${urls[0] ?? 'nowhere'}: name it as it names itself.`);
}

function refused(why: string, hint?: string): Refused {
  const message = `The proof of the key (DPoP) is not accepted: ${why}.`;
  return new Refused(
    hint === undefined ? { code: 'claim-invalid', message } : { code: 'claim-invalid', message, hint },
  );
}
