import { isIP } from 'node:net';
import { z } from 'zod';
import type { HttpTarget } from '../model/http.ts';
import { LIMITS } from '../model/limits.ts';
import type { Target, TlsSettings } from '../model/target.ts';
import type { CredentialDeclaration } from './credential.ts';

const MOST_HOSTS = 100;

const hostSchema = z
  .string()
  .max(253)
  .regex(/^(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?\.)*[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?$/, {
    error: 'a host name, without a scheme, a port or a path',
  });

const pathSchema = z
  .string()
  .max(500)
  .regex(/^\/[^?#]*[^?#/]$/, 'a path that begins with / and does not end with one');

/** What `http:` of a target says. */
export const httpSettingsSchema = z.strictObject({
  hosts: z.array(hostSchema).max(MOST_HOSTS).optional(),
  version: z.enum(['auto', '1.1', '2']).optional(),
  dialect: z.enum(['graphql', 'aws']).optional(),
  cookies: z.boolean().optional(),
  graphql: z.strictObject({ path: pathSchema }).optional(),
  openapi: z
    .strictObject({
      text: z.string().min(1).max(LIMITS.maxDeclarationBytes).optional(),
      file: z.string().optional(),
      base: z.union([z.literal(''), pathSchema]).optional(),
      validate: z.boolean().optional(),
    })
    // A gateway that read any file that a configuration names would show it to whoever may write one.
    .refine(({ text, file }) => text !== undefined && file === undefined, {
      error: 'give the document as `text`; `chaperone apply` puts that in place of `file`',
    })
    .optional(),
  grpc: z
    .strictObject({
      descriptors: z.string().min(1).max(LIMITS.maxDeclarationBytes).optional(),
      file: z.string().optional(),
    })
    .refine(({ descriptors, file }) => descriptors !== undefined && file === undefined, {
      error: 'give the descriptors in base64 as `descriptors`; `chaperone apply` puts that in place of `file`',
    })
    .optional(),
});

export interface HttpPlace {
  readonly address: Target['address'];
  readonly basePath: string;
  readonly tls: TlsSettings;
}

/** Where a URL leads and whether over TLS, or why it cannot be a target's. */
export function placeOf(text: string, tls: Partial<TlsSettings>): HttpPlace | string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !isWeb(url)) return `the URL ${text} is not https://HOST[:PORT][/PATH]`;
  if (url.username !== '' || url.password !== '') return 'the URL of a target has no user; say it in `credential`';
  if (url.search !== '' || url.hash !== '') return 'the URL of a target has no query and no fragment';
  if (/%(?:2f|5c|00)|;/i.test(url.pathname)) return 'the path of the URL has characters that servers read differently';
  const isPlain = url.protocol === 'http:';
  if (isPlain && (tls.mode ?? 'disable') !== 'disable') return `the URL has no TLS, and tls.mode says ${tls.mode}`;
  if (!isPlain && tls.mode === 'disable') return 'the URL has TLS, and tls.mode says disable';
  const host = url.hostname.replaceAll(/[[\]]/g, '');
  const port = url.port === '' ? (isPlain ? 80 : 443) : Number(url.port);
  const mode = isPlain ? 'disable' : (tls.mode ?? 'verify-full');
  return { address: { host, port }, basePath: url.pathname.replace(/\/+$/, ''), tls: { ...tls, mode } };
}

function isWeb({ protocol, hostname }: URL): boolean {
  return (protocol === 'https:' || protocol === 'http:') && hostname !== '';
}

/** What is declared, with what the address says where nothing is. */
export function httpOf(declared: z.infer<typeof httpSettingsSchema>, host: string, basePath: string): HttpTarget {
  const { hosts, version, dialect, cookies, graphql, openapi, grpc } = declared;
  return {
    basePath,
    hosts: hosts === undefined ? [host.toLowerCase()] : hosts.map((name) => name.toLowerCase()),
    version: version ?? 'auto',
    ...(dialect !== undefined && { dialect }),
    ...(cookies === true && { cookies }),
    ...(graphql !== undefined && { graphqlPath: graphql.path }),
    ...(openapi?.text !== undefined && {
      openapi: {
        text: openapi.text,
        ...(openapi.base !== undefined && { base: openapi.base }),
        ...(openapi.validate === true && { validate: true }),
      },
    }),
    ...(grpc?.descriptors !== undefined && { grpc: { descriptors: grpc.descriptors } }),
  };
}

/** Requests that are signed for AWS are its own, so that rules about its actions bind them; and how they will be signed. */
export function withSigning(http: HttpTarget, credential: CredentialDeclaration): HttpTarget {
  if (!('aws' in credential) || credential.aws === undefined) return http;
  const { region, service } = credential.aws;
  const signs = { ...(region === undefined ? {} : { region }), ...(service === undefined ? {} : { service }) };
  return { dialect: 'aws', ...http, ...(Object.keys(signs).length > 0 ? { signs } : {}) };
}

/** The target as `url` and `http` of a declaration. */
export function declareHttp({ address, tls, http }: Target): object {
  if (http === undefined) return {};
  const { basePath, hosts, version, dialect, cookies, graphqlPath, openapi, grpc } = http;
  const isPlain = tls.mode === 'disable';
  const name = isIP(address.host) === 6 ? `[${address.host}]` : address.host;
  const port = address.port === (isPlain ? 80 : 443) ? '' : `:${address.port}`;
  const settings = {
    ...(hosts.length === 1 && hosts[0] === address.host.toLowerCase() ? {} : { hosts }),
    ...(version === 'auto' ? {} : { version }),
    ...(dialect === undefined ? {} : { dialect }),
    ...(cookies === true ? { cookies } : {}),
    ...(graphqlPath === undefined ? {} : { graphql: { path: graphqlPath } }),
    ...(openapi === undefined ? {} : { openapi }),
    ...(grpc === undefined ? {} : { grpc }),
  };
  return {
    url: `${isPlain ? 'http' : 'https'}://${name}${port}${basePath}`,
    ...(Object.keys(settings).length > 0 ? { http: settings } : {}),
  };
}
