import { LIMITS } from '../model/limits.ts';
import type { Issuer } from './issuer.ts';
import { TokenRefused } from './token-reason.ts';

/**
 * RFC 7519, section 4.1.3 lets a token have many audiences; each of them could present it here. Throws `TokenRefused`;
 * returns what was found, for the operator.
 */
export function checkAudience(aud: unknown, ours: string): string {
  const [audience, ...others]: unknown[] = Array.isArray(aud) ? aud : [aud];
  if (audience !== ours || others.length > 0) {
    throw new TokenRefused('audience-wrong', `aud is ${shown(aud)}, and must be ${shown(ours)} alone`);
  }
  return ours;
}

export interface CheckedTimes {
  readonly expiresAtSeconds: number;
  readonly found: string;
}

/** All in seconds since 1970. Throws `TokenRefused`. */
export function checkTimes(claims: Readonly<Record<string, unknown>>, issuer: Issuer, now: number): CheckedTimes {
  const { exp, iat, nbf } = claims;
  const tolerance = LIMITS.clockToleranceSeconds;
  if (!isTime(exp) || !(nbf === undefined || isTime(nbf))) throw new TokenRefused('times-malformed', 'exp or nbf');
  const issuedAt = issueTime(iat, exp, issuer);
  const age = Math.floor(now - issuedAt);
  if (exp + tolerance <= now) throw new TokenRefused('token-expired', `it expired ${Math.floor(now - exp)} s ago`);
  if (issuedAt - tolerance > now) throw new TokenRefused('token-not-yet-valid', `it was issued ${-age} s from now`);
  if ((nbf ?? 0) - tolerance > now) throw new TokenRefused('token-not-yet-valid', `it is valid from ${at(nbf ?? 0)}`);
  if (now - issuedAt > issuer.maxAgeSeconds + tolerance) {
    throw new TokenRefused('token-too-old', `it was issued ${age} s ago, and ${issuer.maxAgeSeconds} s are allowed`);
  }
  if (exp - issuedAt > issuer.maxLifetimeSeconds) {
    const most = `and ${issuer.maxLifetimeSeconds} s are allowed (maxLifetimeSeconds)`;
    throw new TokenRefused('token-too-long-lived', `it lives ${exp - issuedAt} s, ${most}`);
  }
  return { expiresAtSeconds: exp, found: `issued ${age} s ago, expires ${at(exp)}` };
}

/**
 * A JWT-SVID need not say when it was issued (JWT-SVID, section 3); one that does not was issued as long before its
 * expiry as its issuer's tokens may be old, so that one with a long life is one of the future.
 */
function issueTime(iat: unknown, exp: number, issuer: Issuer): number {
  if (iat === undefined && issuer.kind === 'spiffe') return exp - issuer.maxAgeSeconds;
  if (!isTime(iat)) throw new TokenRefused('times-malformed', 'iat');
  return iat;
}

/** NumericDate of RFC 7519, within the years that a Date can hold. */
function isTime(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value < 253_402_300_800;
}

function at(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'absent').slice(0, 300);
}
