import { LIMITS } from '../../model/limits.ts';
import type { ClaimPath } from '../issuer.ts';
import { isRecord } from '../strict-json.ts';
import { TokenRefused } from '../token-reason.ts';

export type Claims = Readonly<Record<string, unknown>>;

/** A claim that must be there. Ids may come as integers. */
export function required(claims: Claims, name: string): string {
  const value = optional(claims, name);
  if (value === undefined) throw new TokenRefused('claims-incomplete', `${name} is missing`);
  return value;
}

/** A claim that may be absent, null or empty; a value of another type than text, integer or boolean is refused. */
export function optional(claims: Claims, name: string): string | undefined {
  return Object.hasOwn(claims, name) ? asText(claims[name], name) : undefined;
}

export function asText(value: unknown, name: string): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  if (typeof value === 'boolean') return String(value);
  if (typeof value !== 'string') throw new TokenRefused('claims-incomplete', `${name} is neither text nor a number`);
  if (Buffer.byteLength(value) > LIMITS.maxClaimBytes)
    throw new TokenRefused('claims-incomplete', `${name} is too long`);
  if (!isPlainText(value)) throw new TokenRefused('claims-incomplete', `${name} is not plain text`);
  return value;
}

export function valueAt(claims: Claims, path: ClaimPath): unknown {
  let value: unknown = claims;
  for (const name of typeof path === 'string' ? [path] : path) {
    if (!isRecord(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value;
}

/** Whole characters, and no control among them. */
export function isPlainText(value: string): boolean {
  if (!value.isWellFormed()) return false;
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return false;
  }
  return true;
}
