import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { loadItems } from '../declared/load-items.ts';
import type { Declared, Loaded } from '../model/declaration.ts';
import type { TargetName } from '../model/ids.ts';
import { LIMITS } from '../model/limits.ts';
import type { ClassifiedColumn, Target } from '../model/target.ts';
import { type CredentialDeclaration, credentialSchema } from './credential.ts';

/** A target and how to log in to it, as declared. */
export interface DeclaredTarget {
  readonly target: Target;
  readonly credential: CredentialDeclaration;
}

const REFERENCE = 'See docs/reference/targets.md.';
const DEFAULT_PORTS: Readonly<Record<string, number>> = { postgres: 5432 };

const nameSchema = z
  .string()
  .regex(
    /^[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?$/,
    '1 to 63 of a-z, 0-9, `.`, `_`, `-`, a letter or digit at both ends',
  );

const columnSchema = z.strictObject({
  column: z.string().regex(/^[^.]+\.[^.]+\.[^.]+$/, 'a column is written schema.table.column'),
  class: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'a class is lower case letters, digits, `_` and `-`'),
  mask: z.enum(['redact', 'partial', 'hash', 'null']).optional(),
});

/** One entry under `targets:`. */
export const targetSchema = z.strictObject({
  name: nameSchema,
  protocol: z.string(),
  address: z.string().min(1).max(300),
  database: z.string().min(1).max(128).optional(),
  tls: z
    .strictObject({
      mode: z.enum(['disable', 'prefer', 'require', 'verify-ca', 'verify-full']).optional(),
      ca: z.string().refine(isCertificates, 'not certificates in PEM').optional(),
      serverName: z.string().min(1).max(253).optional(),
    })
    .optional(),
  credential: credentialSchema,
  labels: z.record(z.string().min(1).max(63), z.string().max(255)).optional(),
  classified: z.array(columnSchema).max(10_000).optional(),
  record: z.enum(['strict', 'batched']).optional(),
  limits: z
    .strictObject({ storedReplyBytes: z.int().min(0).max(LIMITS.maxUpstreamMessageBytes).optional() })
    .optional(),
});

type TargetDeclaration = z.infer<typeof targetSchema>;

/** Reads `targets:`. `protocols` are the names of those that this gateway speaks. Messages never show a secret. */
export function loadTargets(declared: readonly Declared[], protocols: readonly string[]): Loaded<DeclaredTarget> {
  return loadItems(declared, targetSchema, { what: 'target', reference: REFERENCE }, (item, at) => {
    const { protocol, address, credential } = item;
    if (!protocols.includes(protocol)) {
      at(['protocol'], `the protocol ${protocol} is not spoken here`, `Use one of: ${protocols.join(', ')}.`);
      return undefined;
    }
    const parsed = parseAddress(address, DEFAULT_PORTS[protocol]);
    if (parsed !== undefined) return { target: targetOf(item, parsed), credential };
    at(['address'], `the address ${address} is not host:port`, 'For IPv6 write [::1]:5432.');
    return undefined;
  });
}

function targetOf(item: TargetDeclaration, address: Target['address']): Target {
  const { mode, ca, serverName } = item.tls ?? {};
  return {
    name: item.name as TargetName,
    protocol: item.protocol,
    address,
    ...(item.database !== undefined && { database: item.database }),
    tls: {
      mode: mode ?? 'verify-full',
      ...(ca !== undefined && { ca }),
      ...(serverName !== undefined && { serverName }),
    },
    labels: item.labels ?? {},
    classified: (item.classified ?? []).map(classifiedOf),
    recordMode: item.record ?? 'strict',
    storedReplyBytes: item.limits?.storedReplyBytes ?? LIMITS.storedReplyBytes,
  };
}

function classifiedOf(item: z.infer<typeof columnSchema>): ClassifiedColumn {
  const [schema = '', table = '', column = ''] = item.column.split('.');
  return { schema, table, column, class: item.class, ...(item.mask !== undefined && { mask: item.mask }) };
}

/** `host:port`, `[v6]:port`, or a host alone where the protocol has a port of its own. */
export function parseAddress(text: string, defaultPort?: number): Target['address'] | undefined {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+))(?::(\d{1,5}))?$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = match?.[3] === undefined ? defaultPort : Number(match[3]);
  if (host === undefined || port === undefined || port < 1 || port > 65_535) return undefined;
  return { host, port };
}

function isCertificates(text: string): boolean {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.length > 0 && blocks.every(isCertificate);
}

function isCertificate(block: string): boolean {
  try {
    return new X509Certificate(block).fingerprint256 !== '';
  } catch {
    // Not a certificate is the answer here, not a failure.
    return false;
  }
}
