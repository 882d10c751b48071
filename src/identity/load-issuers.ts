import { z } from 'zod';
import type { Declared, Loaded, Problem } from '../model/declaration.ts';
import { LIMITS } from '../model/limits.ts';
import { ISSUER_KINDS, WORKLOAD_FIELDS } from '../model/principal.ts';
import { SIGNATURE_ALGORITHMS } from '../model/signature-algorithms.ts';
import { adapterFor } from './adapters/adapter-for.ts';
import { duplicateNames, nameSchema, problemAt, readDeclared } from './declared-schema.ts';
import { type Issuer, isLoopback, type KeySource, type TokenReviewSource } from './issuer.ts';
import { addressProblems, PUBLIC_ADDRESSES } from './issuer-address.ts';
import { parseKeySet } from './issuer-keys.ts';

const claimPath = z.union([z.string().min(1), z.array(z.string().min(1)).min(1).max(8).readonly()]);

/** One entry under `issuers:`. */
export const issuerSchema = z.strictObject({
  name: nameSchema,
  kind: z.enum(ISSUER_KINDS),
  issuer: z
    .url({ protocol: /^(?:https?|spiffe)$/ })
    .max(500)
    .optional(),
  algorithms: z.array(z.enum(SIGNATURE_ALGORITHMS)).min(1).readonly().optional(),
  maxAgeSeconds: z.int().min(30).max(86_400).optional(),
  maxLifetimeSeconds: z.int().min(60).max(86_400).optional(),
  keyHosts: z.array(z.string().min(1)).readonly().optional(),
  jwksUri: z.url({ protocol: /^https?$/ }).optional(),
  jwks: z.string().optional(),
  claims: z.partialRecord(z.enum(WORKLOAD_FIELDS), claimPath).optional(),
  extra: z.record(z.string().regex(/^\w{1,64}$/, 'letters, digits and underscores'), claimPath).optional(),
  trustDomain: z
    .string()
    .regex(/^[a-z0-9._-]{1,255}$/, 'a trust domain is lower case letters, digits, `.`, `_`, `-`')
    .optional(),
  tokenReview: z
    .strictObject({
      server: z.url({ protocol: /^https$/ }),
      tokenFile: z.string().min(1).max(4096),
      ca: z.string().optional(),
    })
    .optional(),
  insecureLoopback: z.boolean().optional(),
  demo: z.boolean().optional(),
});

export type IssuerDeclaration = z.infer<typeof issuerSchema>;

/** Reads `issuers:`. Nothing is fetched: an issuer that cannot be reached shows when its first token comes. */
export function loadIssuers(declared: readonly Declared[]): Loaded<Issuer> {
  const read = readDeclared(declared, issuerSchema, 'docs/reference/trust-rules.md');
  const problems = [
    ...read.problems,
    ...duplicateNames(read.items, 'issuer'),
    ...duplicateUrls(read.items),
    ...read.items.flatMap(({ item, source }) => problemsOf(item, source)),
  ];
  return { items: problems.length > 0 ? [] : read.items.map(({ item }) => issuerOf(item)), problems };
}

function issuerOf(item: IssuerDeclaration): Issuer {
  const adapter = adapterFor(item.kind);
  return {
    name: item.name,
    kind: item.kind,
    url: urlOf(item),
    algorithms: item.algorithms ?? adapter.algorithms,
    maxAgeSeconds: item.maxAgeSeconds ?? adapter.maxAgeSeconds,
    maxLifetimeSeconds: item.maxLifetimeSeconds ?? LIMITS.tokenMaxLifetimeSeconds,
    keys: keySourceOf(item),
    ...(adapter.sharedAudience === undefined ? {} : { audience: adapter.sharedAudience(urlOf(item)) }),
    ...(item.trustDomain === undefined ? {} : { trustDomain: item.trustDomain }),
    ...(item.tokenReview === undefined ? {} : { tokenReview: reviewOf(item.tokenReview) }),
    claims: { vocabulary: item.claims ?? {}, extra: item.extra ?? {} },
    demo: item.demo ?? false,
  };
}

/** Where a kind has one public address, it may be left out. */
function urlOf({ kind, issuer }: IssuerDeclaration): string {
  return issuer ?? PUBLIC_ADDRESSES[kind] ?? '';
}

function reviewOf({ server, tokenFile, ca }: NonNullable<IssuerDeclaration['tokenReview']>): TokenReviewSource {
  return { server, tokenFile, ...(ca === undefined ? {} : { ca }) };
}

function keySourceOf({ kind, jwks, jwksUri, keyHosts }: IssuerDeclaration): KeySource {
  if (jwks !== undefined) return { from: 'declaration', jwks };
  if (jwksUri !== undefined) return { from: 'url', url: jwksUri };
  return { from: 'discovery', hosts: keyHosts ?? adapterFor(kind).keyHosts ?? [] };
}

function problemsOf(item: IssuerDeclaration, source: Declared): readonly Problem[] {
  const at = (field: keyof IssuerDeclaration, message: string, advice: string) =>
    problemAt(source, [field], message, advice);
  return [
    ...transportProblems(item, at),
    ...addressProblems(item, at),
    ...keyProblems(item, at),
    ...kindProblems(item, at),
  ];
}

export type At = (field: keyof IssuerDeclaration, message: string, advice: string) => Problem;

function transportProblems(item: IssuerDeclaration, at: At): readonly Problem[] {
  return (['issuer', 'jwksUri'] as const).flatMap((field) => {
    const text = item[field];
    if (text === undefined) return [];
    const url = new URL(text);
    const strange = url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '';
    if (strange) return [at(field, `${field} holds more than an address`, 'Give scheme, host, port and path alone.')];
    if (url.protocol === 'https:' || (url.protocol === 'spiffe:' && item.kind === 'spiffe')) return [];
    if (item.insecureLoopback === true && isLoopback(url.hostname)) return [];
    return [
      at(field, `${field} is not https`, 'Use https. Plain http is for loopback, with `insecureLoopback: true`.'),
    ];
  });
}

/** What only some kinds have. */
function kindProblems(item: IssuerDeclaration, at: At): readonly Problem[] {
  const adapter = adapterFor(item.kind);
  const problems: Problem[] = [];
  if (adapter.claims !== 'declared' && (item.claims !== undefined || item.extra !== undefined)) {
    const advice = 'Leave `claims` and `extra` out, or use kind `generic`.';
    problems.push(at('claims', `the claims of ${item.kind} are known`, advice));
  }
  if (adapter.sharedAudience !== undefined && (item.maxAgeSeconds ?? 0) > adapter.maxAgeSeconds) {
    const why = `tokens of ${adapter.label} are for every receiver alike, and any of them could present one here`;
    problems.push(at('maxAgeSeconds', why, `Leave maxAgeSeconds out, or at most ${adapter.maxAgeSeconds}.`));
  }
  for (const [field, kind] of [
    ['trustDomain', 'spiffe'],
    ['tokenReview', 'kubernetes'],
  ] as const) {
    if (item[field] === undefined || item.kind === kind) continue;
    problems.push(at(field, `${field} is for kind ${kind}`, 'Leave it out.'));
  }
  return problems;
}

function keyProblems(item: IssuerDeclaration, at: At): readonly Problem[] {
  const sources = (['jwks', 'jwksUri', 'keyHosts'] as const).filter((field) => item[field] !== undefined);
  const second = sources[1];
  if (second !== undefined) {
    return [at(second, `${sources.join(' and ')} exclude one another`, 'Keep the one that says where the keys are.')];
  }
  if (item.jwks === undefined) return [];
  try {
    const { keys } = parseKeySet(item.jwks);
    const hasPrivate = keys.keys.some((key) => key.d !== undefined || key.kty === 'oct');
    if (!hasPrivate) return [];
    return [at('jwks', 'jwks holds a secret or private key', 'Give the public keys alone, and replace this one.')];
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : 'unreadable';
    return [at('jwks', `jwks: ${why}`, 'Paste the JSON of the key set, as the issuer publishes it.')];
  }
}

function duplicateUrls(items: readonly { item: IssuerDeclaration; source: Declared }[]): readonly Problem[] {
  const seen = new Set<string>();
  return items.flatMap(({ item, source }) => {
    const url = urlOf(item);
    if (seen.has(url)) {
      return [problemAt(source, ['issuer'], `${url} is declared twice`, 'One issuer has one declaration.')];
    }
    seen.add(url);
    return [];
  });
}
