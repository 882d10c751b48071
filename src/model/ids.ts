declare const brand: unique symbol;
type Brand<Base, Name extends string> = Base & { readonly [brand]: Name };

export type RunId = Brand<string, 'RunId'>;
export type SessionId = Brand<string, 'SessionId'>;
export type GrantId = Brand<string, 'GrantId'>;
export type ApprovalId = Brand<string, 'ApprovalId'>;
export type PersonId = Brand<string, 'PersonId'>;
export type PrincipalId = Brand<string, 'PrincipalId'>;
export type TargetName = Brand<string, 'TargetName'>;
/** The number of an exchange within its session, dense from 1. */
export type ExchangeNumber = Brand<number, 'ExchangeNumber'>;

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/**
 * Mints an identifier: a prefix, 10 characters of time (ms since 1970, so ids sort by age) and 16 of randomness
 * (80 bits), in Crockford's base 32. `random` yields that many bytes; the caller hands in the clock and the dice.
 */
export function mintId(prefix: string, nowMs: number, random: (bytes: number) => Uint8Array): string {
  let time = '';
  for (let rest = nowMs, i = 0; i < 10; i++, rest = Math.floor(rest / 32)) time = `${ALPHABET[rest % 32]}${time}`;
  let tail = '';
  for (const byte of random(16)) tail += ALPHABET[byte % 32];
  return `${prefix}_${time}${tail}`;
}
