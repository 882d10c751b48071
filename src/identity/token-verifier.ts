import { createHash } from 'node:crypto';
import { compactVerify, createLocalJWKSet, errors } from 'jose';
import { LIMITS } from '../model/limits.ts';
import type { Workload } from '../model/principal.ts';
import type { Secret } from '../model/secret.ts';
import { adapterFor } from './adapters/adapter-for.ts';
import { type CompactToken, parseCompactToken } from './compact-token.ts';
import type { Issuer } from './issuer.ts';
import type { IssuerKeys, KeySet } from './issuer-keys.ts';
import { TokenRefused } from './token-reason.ts';

/** Turns a CI system's token into the identity of the job. Throws `TokenRefused`. */
export interface TokenVerifier {
  verify(token: Secret, signal: AbortSignal): Promise<VerifiedToken>;
}

export interface VerifiedToken {
  readonly workload: Workload;
  /** For people: `acme/shop@refs/heads/main`. */
  readonly display: string;
  /** The issuer's name in the configuration, which trust rules use. */
  readonly issuer: string;
  readonly demo: boolean;
  /** SHA-256 over the issuer and the signed bytes, hex: what must not be seen twice. */
  readonly replayKey: string;
  /** RFC 3339. */
  readonly expiresAt: string;
  /** SHA-256, hex. */
  readonly tokenDigest: string;
  readonly jwksDigest: string;
}

export interface TokenVerifierOptions {
  /** The issuers in force now. */
  readonly issuers: () => readonly Issuer[];
  /** The one audience that tokens must be for. */
  readonly audience: string;
  readonly keys: IssuerKeys;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export function makeTokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  return {
    async verify(secret, signal) {
      const token = parseCompactToken(secret.reveal());
      const issuer = selectIssuer(token, options.issuers());
      if (!issuer.algorithms.some((algorithm) => algorithm === token.algorithm)) {
        throw new TokenRefused('algorithm-refused', token.algorithm.slice(0, 16));
      }
      const keys = await options.keys.find(issuer, token.keyId, signal);
      await verifySignature(token, issuer, keys);
      checkAudience(token.claims['aud'], options.audience);
      const expiresAtSeconds = checkTimes(token.claims, issuer, options.now() / 1000);
      const adapter = adapterFor(issuer.kind);
      const workload = adapter.read(token.claims, issuer);
      return {
        workload,
        display: adapter.display(workload),
        issuer: issuer.name,
        demo: issuer.demo,
        replayKey: createHash('sha256').update(`${issuer.url}\0${token.signingInput}`).digest('hex'),
        expiresAt: new Date(expiresAtSeconds * 1000).toISOString(),
        tokenDigest: token.digest,
        jwksDigest: keys.digest,
      };
    },
  };
}

/** By the exact text of `iss`, which is not believed yet: it only chooses whose keys to ask. Nothing is fetched for others. */
function selectIssuer(token: CompactToken, issuers: readonly Issuer[]): Issuer {
  const { iss } = token.claims;
  const issuer = issuers.find(({ url }) => url === iss);
  if (issuer === undefined) throw new TokenRefused('issuer-unknown', typeof iss === 'string' ? iss.slice(0, 200) : '');
  return issuer;
}

async function verifySignature(token: CompactToken, issuer: Issuer, keys: KeySet): Promise<void> {
  const published = keys.keys.keys.filter((key) => key.kid === token.keyId);
  try {
    await compactVerify(token.compact, createLocalJWKSet({ keys: published }), { algorithms: [...issuer.algorithms] });
  } catch (cause) {
    if (!(cause instanceof errors.JOSEError)) throw new TokenRefused('signature-wrong', 'the key cannot be used');
    const isKeyless = cause instanceof errors.JWKSNoMatchingKey || cause instanceof errors.JWKSMultipleMatchingKeys;
    throw new TokenRefused(isKeyless ? 'key-unknown' : 'signature-wrong', cause.code);
  }
}

/** RFC 7519, section 4.1.3 lets a token have many audiences; each of them could present it here. */
function checkAudience(aud: unknown, ours: string): void {
  const [audience, ...others]: unknown[] = Array.isArray(aud) ? aud : [aud];
  if (audience !== ours || others.length > 0) throw new TokenRefused('audience-wrong');
}

/** All in seconds. Returns `exp`. */
function checkTimes(claims: CompactToken['claims'], issuer: Issuer, now: number): number {
  const { exp, iat, nbf } = claims;
  const tolerance = LIMITS.clockToleranceSeconds;
  if (!isTime(exp) || !isTime(iat) || !(nbf === undefined || isTime(nbf))) throw new TokenRefused('times-malformed');
  if (exp + tolerance <= now) throw new TokenRefused('token-expired');
  if (iat - tolerance > now || (nbf ?? 0) - tolerance > now) throw new TokenRefused('token-not-yet-valid');
  if (now - iat > issuer.maxAgeSeconds + tolerance) throw new TokenRefused('token-too-old');
  if (exp - iat > issuer.maxLifetimeSeconds) throw new TokenRefused('token-too-long-lived');
  return exp;
}

/** NumericDate of RFC 7519, within the years that a Date can hold. */
function isTime(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value < 253_402_300_800;
}
