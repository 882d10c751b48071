import { z } from 'zod';
import type { Declared, Loaded, Problem } from '../model/declaration.ts';
import { LIMITS } from '../model/limits.ts';
import { WORKLOAD_FIELDS } from '../model/principal.ts';
import { ADAPTERS, adapterFor } from './adapters/adapter-for.ts';
import { duplicateNames, nameSchema, problemAt, readDeclared } from './declared-schema.ts';
import { type Issuer, isLoopback, type KeySource, SIGNATURE_ALGORITHMS } from './issuer.ts';
import { parseKeySet } from './issuer-keys.ts';

const claimPath = z.union([z.string().min(1), z.array(z.string().min(1)).min(1).max(8).readonly()]);

/** One entry under `issuers:`. */
export const issuerSchema = z.strictObject({
  name: nameSchema,
  kind: z.enum(['github', 'gitlab', 'generic']),
  issuer: z.url({ protocol: /^https?$/ }).max(500),
  algorithms: z.array(z.enum(SIGNATURE_ALGORITHMS)).min(1).readonly().optional(),
  maxAgeSeconds: z.int().min(30).max(86_400).optional(),
  maxLifetimeSeconds: z.int().min(60).max(86_400).optional(),
  keyHosts: z.array(z.string().min(1)).readonly().optional(),
  jwksUri: z.url({ protocol: /^https?$/ }).optional(),
  jwks: z.string().optional(),
  claims: z.partialRecord(z.enum(WORKLOAD_FIELDS), claimPath).optional(),
  extra: z.record(z.string().regex(/^\w{1,64}$/, 'letters, digits and underscores'), claimPath).optional(),
  insecureLoopback: z.boolean().optional(),
  demo: z.boolean().optional(),
});

type IssuerDeclaration = z.infer<typeof issuerSchema>;

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
  const maxAgeSeconds = item.maxAgeSeconds ?? adapter.maxAgeSeconds;
  return {
    name: item.name,
    kind: item.kind,
    url: item.issuer,
    algorithms: item.algorithms ?? adapter.algorithms,
    maxAgeSeconds,
    maxLifetimeSeconds: item.maxLifetimeSeconds ?? LIMITS.tokenMaxLifetimeSeconds,
    keys: keySourceOf(item),
    claims: { vocabulary: item.claims ?? {}, extra: item.extra ?? {} },
    demo: item.demo ?? false,
  };
}

function keySourceOf({ jwks, jwksUri, keyHosts }: IssuerDeclaration): KeySource {
  if (jwks !== undefined) return { from: 'declaration', jwks };
  if (jwksUri !== undefined) return { from: 'url', url: jwksUri };
  return { from: 'discovery', hosts: keyHosts ?? [] };
}

function problemsOf(item: IssuerDeclaration, source: Declared): readonly Problem[] {
  const at = (field: keyof IssuerDeclaration, message: string, advice: string) =>
    problemAt(source, [field], message, advice);
  return [
    ...transportProblems(item, at),
    ...hostProblems(item, at),
    ...keyProblems(item, at),
    ...(item.kind !== 'generic' && (item.claims !== undefined || item.extra !== undefined)
      ? [at('claims', `the claims of ${item.kind} are known`, 'Leave `claims` and `extra` out, or use kind `generic`.')]
      : []),
  ];
}

type At = (field: keyof IssuerDeclaration, message: string, advice: string) => Problem;

function transportProblems(item: IssuerDeclaration, at: At): readonly Problem[] {
  return (['issuer', 'jwksUri'] as const).flatMap((field) => {
    const text = item[field];
    if (text === undefined) return [];
    const url = new URL(text);
    const strange = url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '';
    if (strange) return [at(field, `${field} holds more than an address`, 'Give scheme, host, port and path alone.')];
    if (url.protocol === 'https:') return [];
    if (item.insecureLoopback === true && isLoopback(url.hostname)) return [];
    return [
      at(field, `${field} is not https`, 'Use https. Plain http is for loopback, with `insecureLoopback: true`.'),
    ];
  });
}

/** An issuer of one kind on the public host of another would be believed what only the real one may say. */
function hostProblems(item: IssuerDeclaration, at: At): readonly Problem[] {
  const { hostname, pathname } = new URL(item.issuer);
  const owner = Object.values(ADAPTERS).find(({ hosts }) => hosts.includes(hostname));
  if (owner !== undefined && owner.kind !== item.kind) {
    return [at('kind', `${hostname} is the host of ${owner.kind}`, `Use kind \`${owner.kind}\`.`)];
  }
  const isGithub = hostname.startsWith('token.actions.') || pathname === '/_services/token' || isLoopback(hostname);
  if (item.kind === 'github' && !isGithub) {
    return [
      at(
        'issuer',
        'this is not the address of a GitHub Actions issuer',
        'It is https://token.actions.githubusercontent.com, https://token.actions.NAME.ghe.com or https://HOST/_services/token.',
      ),
    ];
  }
  return [];
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
    if (seen.has(item.issuer)) {
      return [problemAt(source, ['issuer'], `${item.issuer} is declared twice`, 'One issuer has one declaration.')];
    }
    seen.add(item.issuer);
    return [];
  });
}
