import { LIMITS } from '../../model/limits.ts';
import type { Workload } from '../../model/principal.ts';
import type { Issuer } from '../issuer.ts';
import { isRecord } from '../strict-json.ts';
import type { ClaimTable, IssuerAdapter, Reading, Word } from './adapter.ts';
import { adapterFor } from './adapter-for.ts';
import { asText, type Claims, isPlainText, optional, required, valueAt } from './claim-text.ts';

/** The job that verified claims are about. Throws `TokenRefused` of reason `claims-incomplete`. */
export function readWorkload(claims: Claims, issuer: Issuer): Workload {
  const adapter = adapterFor(issuer.kind);
  const flat = adapter.claims === 'declared' ? claims : flatten(claims, adapter.claims.objects ?? []);
  const { given, respelled } = place(fieldsOf(adapter, flat, issuer), adapter);
  const verified = workloadFrom(given, adapter, issuer, required(claims, 'sub'));
  const derived = derive({ adapter, verified, given, claims: flat, issuer });
  const computed = [
    ...respelled,
    ...derived.map(([word]) => word),
    // Of a token without one, the issuer is chosen by its subject.
    ...(flat['iss'] === undefined ? ['issuer'] : []),
  ];
  const unknown = adapter.claims === 'declared' ? [] : unknownNames(flat, adapter.claims);
  return {
    ...workloadFrom([...given, ...derived], adapter, issuer, verified.tokenSubject),
    ...(computed.length > 0 ? { derived: computed } : {}),
    ...(unknown.length > 0 ? { unknownClaims: unknown } : {}),
  };
}

/** For people: what the adapter says, else the source and its ref, else the subject. */
export function displayOf(workload: Workload): string {
  const { display } = adapterFor(workload.issuerKind);
  if (display !== undefined) return display(workload);
  const { sourceRepositoryUri, sourceRepositoryId, workloadName, tokenSubject, sourceRef, sourceDigest } = workload;
  const source = sourceRepositoryUri?.replace(/^https:\/\//, '') ?? sourceRepositoryId ?? workloadName;
  const at = sourceRef ?? sourceDigest;
  if (source === undefined) return tokenSubject;
  return at === undefined ? source : `${source}@${at}`;
}

type Placed = readonly (readonly [word: string, value: string])[];

function fieldsOf(adapter: IssuerAdapter, claims: Claims, issuer: Issuer): [Word, string | undefined][] {
  if (adapter.claims === 'declared') {
    const { vocabulary, extra } = issuer.claims;
    const words = [...Object.entries(vocabulary), ...Object.entries(extra).map(([k, path]) => [`extra.${k}`, path])];
    return (words as [Word, string | readonly string[]][]).map(([word, path]) => [
      word,
      asText(valueAt(claims, path), typeof path === 'string' ? path : path.join('.')),
    ]);
  }
  const table = adapter.claims;
  const kept = Object.keys(claims).filter((name) => (table.kept ?? []).some((prefix) => name.startsWith(prefix)));
  return [
    ...Object.entries(table.required).map(([name, word]) => [word, required(claims, name)] as [Word, string]),
    ...Object.entries(table.optional).map(([name, word]) => [word, optional(claims, name)] as [Word, string]),
    ...kept.map((name) => [`extra.${name}`, optional(claims, name)] as [Word, string | undefined]),
  ];
}

/** `respelled` are the words whose value is not the claim to the letter. */
function place(
  fields: readonly (readonly [Word, string | undefined])[],
  { normalise }: IssuerAdapter,
): { readonly given: Placed; readonly respelled: readonly string[] } {
  const given: (readonly [string, string])[] = [];
  const respelled: string[] = [];
  for (const [word, value] of fields) {
    if (value === undefined || word === 'derived') continue;
    const normal = normalise?.(word, value) ?? value;
    given.push([word, normal]);
    if (normal !== value) respelled.push(word);
  }
  return { given, respelled };
}

interface Deriving {
  readonly adapter: IssuerAdapter;
  readonly verified: Workload;
  readonly given: Placed;
  readonly claims: Claims;
  readonly issuer: Issuer;
}

/** What is derived never replaces what was signed. */
function derive({ adapter, verified, given, claims, issuer }: Deriving): Placed {
  const reading: Reading = { issuer, workload: verified, text: (name) => optional(claims, name) };
  const { extra = {}, ...fields } = adapter.derive?.(reading) ?? {};
  const all = [...Object.entries(fields), ...Object.entries(extra).map(([name, value]) => [`extra.${name}`, value])];
  const taken = new Set(given.map(([word]) => word));
  return (all as [Word, string | undefined][]).flatMap(([word, value]) =>
    value === undefined || taken.has(word) ? [] : [[word, value] as const],
  );
}

function workloadFrom(placed: Placed, adapter: IssuerAdapter, issuer: Issuer, tokenSubject: string): Workload {
  const extra = placed.filter(([word]) => word.startsWith('extra.')).map(([w, value]) => [w.slice(6), value] as const);
  const fields = Object.fromEntries(placed.filter(([word]) => !word.startsWith('extra.')));
  return {
    ...fields,
    issuer: issuer.url,
    issuerKind: adapter.kind,
    tokenSubject,
    runBinding: fields['runId'] === undefined ? 'asserted' : adapter.runBinding,
    extra: Object.fromEntries(extra),
  };
}

/** The members of objects as claims of their own; a claim at the top that looks like such a member is none. */
function flatten(claims: Claims, objects: readonly string[]): Claims {
  if (objects.length === 0) return claims;
  const flat: [string, unknown][] = [];
  for (const [name, value] of Object.entries(claims)) {
    if (objects.includes(name) && isRecord(value)) flat.push(...membersOf(value, name));
    else if (objects.some((object) => name.startsWith(slashed(object)))) flat.push([`top level ${name}`, undefined]);
    else flat.push([name, value]);
  }
  return Object.fromEntries(flat);
}

function membersOf(object: Record<string, unknown>, path: string): [string, unknown][] {
  return Object.entries(object).flatMap(([name, value]) => {
    const inner = `${slashed(path)}${name}`;
    return isRecord(value) ? membersOf(value, inner) : [[inner, value] as [string, unknown]];
  });
}

function slashed(path: string): string {
  return path.endsWith('/') ? path : `${path}/`;
}

const STANDARD = new Set(['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti']);

/** Names alone, for they are told and recorded; bounded, for an issuer may send any number. */
function unknownNames(claims: Claims, table: ClaimTable): readonly string[] {
  const { required: needed, optional: taken, unused, kept = [] } = table;
  const isKnown = (name: string) =>
    STANDARD.has(name) ||
    Object.hasOwn(needed, name) ||
    Object.hasOwn(taken, name) ||
    unused.some((known) => known === name || (/[/_]$/.test(known) && name.startsWith(known))) ||
    kept.some((prefix) => name.startsWith(prefix));
  const unknown = Object.keys(claims).filter((name) => !isKnown(name));
  return unknown.slice(0, LIMITS.maxUnknownClaims).map((name) => (isPlainText(name) ? name.slice(0, 100) : '?'));
}
