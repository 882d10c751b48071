import { LIMITS } from '../../model/limits.ts';
import type { IssuerKind, Workload, WorkloadField } from '../../model/principal.ts';
import type { Issuer, SignatureAlgorithm } from '../issuer.ts';
import { isRecord } from '../strict-json.ts';
import { TokenRefused } from '../token-reason.ts';

/** What one kind of CI system means by its claims. */
export interface IssuerAdapter {
  readonly kind: IssuerKind;
  readonly algorithms: readonly SignatureAlgorithm[];
  /** Seconds since `iat`, unless the declaration says otherwise: short where tokens are minted on demand. */
  readonly maxAgeSeconds: number;
  /** Hosts of the public service, on which an issuer of another kind would be a forgery. */
  readonly hosts: readonly string[];
  /** Fields that are never given to anybody else: a trust rule pins one of them. */
  readonly immutable: readonly WorkloadField[];
  /** Everything that `traps` may say. */
  readonly knownTraps: readonly string[];
  /** Throws `TokenRefused` of reason `claims-incomplete`. */
  read(claims: Readonly<Record<string, unknown>>, issuer: Issuer): Workload;
  /** Situations in which the identity does not vouch for the code that runs; a trust rule must allow each by name. */
  traps(workload: Workload): readonly string[];
  /** For people: `acme/shop@refs/heads/main`. */
  display(workload: Workload): string;
}

export type Claims = Readonly<Record<string, unknown>>;

/** A claim that must be there. Ids may come as integers. */
export function required(claims: Claims, name: string): string {
  const value = optional(claims, name);
  if (value === undefined) throw new TokenRefused('claims-incomplete', `${name} is missing`);
  return value;
}

/** A claim that may be absent, null or empty; a value of another type than text or integer is refused. */
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
  if (!value.isWellFormed() || hasControls(value))
    throw new TokenRefused('claims-incomplete', `${name} is not plain text`);
  return value;
}

/** The listed claims under their own names, where they are there. */
export function extras(claims: Claims, names: readonly string[]): Record<string, string> {
  const kept = names.map((name) => [name, optional(claims, name)] as const).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept) as Record<string, string>;
}

/** Leaves out what is absent, for `exactOptionalPropertyTypes`. */
export function present<Fields extends Record<string, string | undefined>>(
  fields: Fields,
): { [Name in keyof Fields]?: string } {
  const kept: { [Name in keyof Fields]?: string } = {};
  for (const name in fields) {
    const value = fields[name];
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}

export function valueAt(claims: Claims, path: readonly string[]): unknown {
  let value: unknown = claims;
  for (const name of path) {
    if (!isRecord(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value;
}

function hasControls(value: string): boolean {
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return true;
  }
  return false;
}
