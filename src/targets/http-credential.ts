import { z } from 'zod';
import { type SecretSource, sourceSchema } from '../declared/secret-source.ts';
import { Secret } from '../model/secret.ts';
import type { HttpCredential } from '../model/target.ts';
import { clientCertificateSchema, resolveSecret, type SecretReader } from './secret-source.ts';

/** What frames a message, or says what it is and for whom, is no place for a credential. Lower case. */
const FRAMING: ReadonlySet<string> = new Set([
  'host',
  'connection',
  'content-length',
  'content-type',
  'content-encoding',
  'transfer-encoding',
  'te',
  'trailer',
  'upgrade',
  'expect',
  'range',
]);

const headerName = z
  .string()
  .regex(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,128}$/, 'not the name of a header')
  .refine((name) => !FRAMING.has(name.toLowerCase()), 'a header that frames a message holds no credential');
const parameterName = z.string().regex(/^[A-Za-z0-9._~-]{1,128}$/, '1 to 128 letters, digits, `.`, `_`, `~` and `-`');
const basicUser = z
  .string()
  .max(256)
  .refine((name) => !/[:\p{Cc}]/u.test(name), 'a user has no `:` (RFC 7617, 2) and no control character');

const TOKEN_URL = 'https://HOST[:PORT]/PATH; without TLS on loopback alone';

/** Where a secret is sent to get a token. */
function isTokenUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.username !== '' || url.password !== '' || url.hash !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.has(url.hostname));
}

/** RFC 8707, 2. */
function isResource(text: string): boolean {
  return URL.canParse(text) && !text.includes('#');
}

const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]', 'localhost']);

/** How the gateway proves itself to an HTTP target: one kind, and a certificate beside it or alone. */
export const httpCredentialSchema = z
  .strictObject({
    none: z.literal(true).optional(),
    bearer: z.strictObject({ token: sourceSchema }).optional(),
    basic: z.strictObject({ user: basicUser, password: sourceSchema }).optional(),
    header: z.strictObject({ name: headerName, value: sourceSchema }).optional(),
    query: z.strictObject({ name: parameterName, value: sourceSchema }).optional(),
    oauth2: z
      .strictObject({
        tokenUrl: z.string().max(2_000).refine(isTokenUrl, TOKEN_URL),
        clientId: z.string().min(1).max(512),
        clientSecret: sourceSchema,
        authentication: z.enum(['basic', 'post']).optional(),
        refreshToken: sourceSchema.optional(),
        scope: z.string().min(1).max(2_000).optional(),
        audience: z.string().min(1).max(2_000).optional(),
        resource: z.string().max(2_000).refine(isResource, 'an absolute URI without a fragment').optional(),
      })
      .optional(),
    githubApp: z
      .strictObject({
        appId: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, 'the id of an app, or its client id'),
        installation: z.string().regex(/^\d{1,20}$/, 'the number of an installation, in quotes'),
        key: sourceSchema,
        apiUrl: z.string().max(2_000).refine(isTokenUrl, TOKEN_URL).optional(),
        repositories: z.array(z.string().min(1).max(100)).min(1).max(500).optional(),
        permissions: z.record(z.string().min(1).max(100), z.enum(['read', 'write', 'admin'])).optional(),
      })
      .optional(),
    aws: z
      .strictObject({
        accessKeyId: z.string().regex(/^\w{1,128}$/, 'the id of an access key'),
        secretAccessKey: sourceSchema,
        sessionToken: sourceSchema.optional(),
        region: z
          .string()
          .regex(/^[a-z0-9-]{1,64}$/, 'a region, as eu-west-1')
          .optional(),
        service: z
          .string()
          .regex(/^[a-z0-9-]{1,64}$/, 'a service, as s3')
          .optional(),
      })
      .optional(),
    clientCertificate: clientCertificateSchema.optional(),
  })
  .superRefine((declared, context) => {
    const kinds = Object.keys(declared).filter((name) => name !== 'clientCertificate');
    if (kinds.length > 1) context.addIssue(`one kind of credential, not ${kinds.join(' and ')}`);
    if (Object.keys(declared).length === 0) {
      context.addIssue('say how the gateway proves itself: `none: true` where it does not');
    }
  });

export type HttpCredentialDeclaration = z.infer<typeof httpCredentialSchema>;

/** Fetches the secrets. Throws a `Fault` of code `config-invalid`, as a value does that no header can hold. */
export async function resolveHttpCredential(
  { bearer, basic, header, query, oauth2, githubApp, aws }: HttpCredentialDeclaration,
  reader: SecretReader,
): Promise<HttpCredential> {
  const secret = async (source: SecretSource): Promise<Secret> => new Secret(await resolveSecret(source, reader));
  if (bearer) return { kind: 'bearer', token: await secret(bearer.token) };
  if (basic) return { kind: 'basic', user: basic.user, password: await secret(basic.password) };
  if (header) return { kind: 'header', name: header.name.toLowerCase(), value: await secret(header.value) };
  if (query) return { kind: 'query', name: query.name, value: await secret(query.value) };
  if (oauth2) {
    const {
      tokenUrl,
      clientId,
      clientSecret,
      authentication = 'basic',
      refreshToken,
      scope,
      audience,
      resource,
    } = oauth2;
    return {
      kind: 'oauth2',
      tokenUrl,
      clientId,
      authentication,
      clientSecret: await secret(clientSecret),
      ...(refreshToken && { refreshToken: await secret(refreshToken) }),
      ...(scope !== undefined && { scope }),
      ...(audience !== undefined && { audience }),
      ...(resource !== undefined && { resource }),
    };
  }
  if (githubApp) {
    const { appId, installation, key, apiUrl = 'https://api.github.com', repositories, permissions } = githubApp;
    return {
      kind: 'githubApp',
      appId,
      installation,
      apiUrl,
      key: await secret(key),
      ...(repositories && { repositories }),
      ...(permissions && { permissions }),
    };
  }
  if (aws) {
    const { accessKeyId, secretAccessKey, sessionToken, region, service } = aws;
    return {
      kind: 'aws',
      accessKeyId,
      secretAccessKey: await secret(secretAccessKey),
      ...(sessionToken && { sessionToken: await secret(sessionToken) }),
      ...(region !== undefined && { region }),
      ...(service !== undefined && { service }),
    };
  }
  return { kind: 'none' };
}
