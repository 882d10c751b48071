import { z } from 'zod';
import { loadItems } from '../declared/load-items.ts';
import { type SecretSources, sourceSchema } from '../declared/secret-source.ts';
import type { Declared, Loaded } from '../model/declaration.ts';
import { LIMITS } from '../model/limits.ts';
import type { ExportDeclaration } from './declaration.ts';
import { FORMATS } from './formats/format.ts';

/** An export with where its secrets come from, as declared. */
export interface DeclaredExport {
  readonly export: ExportDeclaration;
  /** Sealed in the store; never shown. */
  readonly secrets: SecretSources;
  /** What the secrets may be sent to: in the seal, so that changing it in the store does not divert them. */
  readonly boundTo: string;
}

/** Reads `exports:`. Messages never show a secret. */
export function loadExports(declared: readonly Declared[]): Loaded<DeclaredExport> {
  const loaded = loadItems(declared, exportSchema, { what: 'export', reference: REFERENCE }, (item, at) => {
    for (const { path, message } of meaningProblems(item)) at([path], `${path}: ${message}`);
    return declaredOf(item);
  });
  const excess = declared[LIMITS.maxExports];
  if (excess === undefined) return loaded;
  const message = `there are more than ${LIMITS.maxExports} exports`;
  const problem = { file: excess.file, line: excess.line([]), message, advice: 'Remove some.' };
  return { items: [], problems: [...loaded.problems, problem] };
}

/** What an export's secrets may be sent to. */
export function exportBinding(one: ExportDeclaration): string {
  const place = ['export', one.kind, one.name];
  switch (one.kind) {
    case 'file':
    case 'stdout':
    case 'syslog':
      return JSON.stringify(place);
    case 'webhook':
      return JSON.stringify([...place, one.url, one.insecureLoopback, one.ca ?? null]);
    case 's3':
      return JSON.stringify([...place, one.endpoint, one.bucket, one.insecureLoopback, one.ca ?? null]);
    default:
      return one satisfies never;
  }
}

const REFERENCE = 'See docs/operating/export.md.';

const common = {
  name: z
    .string()
    .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, '1 to 63 of a-z, 0-9 and `-`, a letter or digit at both ends'),
  enabled: z.boolean().optional(),
  format: z.enum(FORMATS, 'the format is `ocsf`, `ecs` or `cef`').optional(),
  from: z.enum(['start', 'now'], 'it begins at the `start` of the log, or `now`').optional(),
  people: z.boolean().optional(),
  statements: z.enum(['none', 'masked-text'], '`none` or `masked-text`').optional(),
};
const ca = z
  .string()
  .max(LIMITS.maxCredentialBytes)
  .regex(/-----BEGIN CERTIFICATE-----/, 'not certificates in PEM')
  .optional();
const http = { insecureLoopback: z.boolean().optional(), allowPrivate: z.boolean().optional(), ca };
const MAX_FILES = 1_000;
const MAX_LOCK_DAYS = 36_500;
const MIB = 1024 * 1024;

const exportSchema = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({
      ...common,
      kind: z.literal('file'),
      file: z
        .string()
        .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'the name of a file, without a folder')
        .optional(),
      rotateMiB: z.int().min(1).max(1_000_000).optional(),
      keep: z.int().min(0).max(MAX_FILES).optional(),
    }),
    z.strictObject({ ...common, kind: z.literal('stdout') }),
    z.strictObject({ ...common, ...http, kind: z.literal('webhook'), url: z.string().max(2000), secret: sourceSchema }),
    z.strictObject({
      ...common,
      kind: z.literal('syslog'),
      address: z.string().regex(/^(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):\d{1,5}$/, 'write host:port'),
      transport: z
        .enum(['tls', 'tcp'], '`tls`, or `tcp` to this machine itself; there is no `udp`, which loses events')
        .optional(),
      serverName: z.string().max(253).optional(),
      ca,
    }),
    z.strictObject({
      ...common,
      ...http,
      kind: z.literal('s3'),
      bucket: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'not the name of a bucket'),
      region: z.string().regex(/^[a-z0-9-]{1,64}$/, 'not the name of a region'),
      endpoint: z.string().max(2000).optional(),
      prefix: z
        .string()
        .regex(/^[A-Za-z0-9!_.*'()/-]{0,500}$/, 'not part of an object’s key')
        .optional(),
      accessKeyId: sourceSchema,
      secretAccessKey: sourceSchema,
      kmsKey: z.string().min(1).max(2048).optional(),
      lock: z
        .strictObject({
          mode: z.enum(['COMPLIANCE', 'GOVERNANCE']),
          days: z.int().min(1).max(MAX_LOCK_DAYS),
        })
        .optional(),
    }),
  ],
  { error: 'the kind is `file`, `stdout`, `webhook`, `syslog` or `s3`' },
);

type ExportItem = z.infer<typeof exportSchema>;

function meaningProblems(item: ExportItem): readonly { readonly path: string; readonly message: string }[] {
  switch (item.kind) {
    case 'file':
    case 'stdout':
      return [];
    case 'syslog': {
      const isLocal = LOOPBACK.test(item.address.replace(/:\d+$/, ''));
      const isPlainAway = item.transport === 'tcp' && !isLocal;
      return isPlainAway
        ? [{ path: 'transport', message: 'plain TCP goes to this machine itself alone: use `tls`' }]
        : [];
    }
    case 'webhook': {
      const message = urlProblem(item.url, item.insecureLoopback ?? false);
      return message === undefined ? [] : [{ path: 'url', message }];
    }
    case 's3': {
      const message =
        item.endpoint === undefined ? undefined : urlProblem(item.endpoint, item.insecureLoopback ?? false);
      return message === undefined ? [] : [{ path: 'endpoint', message }];
    }
    default:
      return item satisfies never;
  }
}

const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

function urlProblem(text: string, insecureLoopback: boolean): string | undefined {
  const url = URL.parse(text);
  if (url === null) return 'this is no URL';
  if (url.username !== '' || url.password !== '') return 'the URL holds a user name or a password';
  if (url.protocol === 'https:' || (url.protocol === 'http:' && insecureLoopback && LOOPBACK.test(url.hostname)))
    return undefined;
  return 'the URL does not begin with https://';
}

/** Files that are rotated, where nothing else is said: 100 MiB each, ten of them. */
export const FILE_DEFAULTS = { rotateMiB: 100, keep: 10 } as const;

/** Amazon's own, of a region. */
export function defaultEndpoint(region: string): string {
  return `https://s3.${region}.amazonaws.com`;
}

function declaredOf(item: ExportItem): DeclaredExport {
  const { declaration, secrets } = split(item);
  return { export: declaration, secrets, boundTo: exportBinding(declaration) };
}

function split(item: ExportItem): {
  readonly declaration: ExportDeclaration;
  readonly secrets: DeclaredExport['secrets'];
} {
  const { name, enabled = true, format = 'ocsf', from = 'start', people = false, statements } = item;
  const base = { name, enabled, format, from, people, statements: statements === 'masked-text' };
  switch (item.kind) {
    case 'file': {
      const { kind, file = `${name}.${format === 'cef' ? 'cef' : 'jsonl'}` } = item;
      const { rotateMiB = FILE_DEFAULTS.rotateMiB, keep = FILE_DEFAULTS.keep } = item;
      return { declaration: { ...base, kind, file, rotateBytes: rotateMiB * MIB, keep }, secrets: {} };
    }
    case 'stdout':
      return { declaration: { ...base, kind: item.kind }, secrets: {} };
    case 'webhook': {
      const { kind, url, secret } = item;
      return { declaration: { ...base, ...httpPlace(item), kind, url }, secrets: { secret } };
    }
    case 'syslog': {
      const { kind, address, transport = 'tls', serverName } = item;
      const [, host = '', port] = /^\[?(.*?)\]?:(\d+)$/.exec(address) ?? [];
      const more = { ...(item.ca !== undefined && { ca: item.ca }), ...(serverName !== undefined && { serverName }) };
      return { declaration: { ...base, kind, host, port: Number(port), transport, ...more }, secrets: {} };
    }
    case 's3': {
      const { kind, bucket, region, accessKeyId, secretAccessKey, kmsKey, lock } = item;
      const prefix = (item.prefix ?? '').replace(/([^/])$/, '$1/').replace(/^\/+/, '');
      const endpoint = (item.endpoint ?? defaultEndpoint(region)).replace(/\/+$/, '');
      const encryption = kmsKey === undefined ? ('AES256' as const) : ('aws:kms' as const);
      const more = { encryption, ...(kmsKey !== undefined && { kmsKey }), ...(lock && { lock }) };
      const declaration = { ...base, ...httpPlace(item), kind, bucket, region, endpoint, prefix, ...more };
      return { declaration, secrets: { accessKeyId, secretAccessKey } };
    }
    default:
      return item satisfies never;
  }
}

function httpPlace({
  allowPrivate = false,
  insecureLoopback = false,
  ca: trust,
}: Extract<ExportItem, { kind: 'webhook' | 's3' }>) {
  return { allowPrivate, insecureLoopback, ...(trust !== undefined && { ca: trust }) };
}
