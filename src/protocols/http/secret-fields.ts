import type { Fields } from './message.ts';

/** What stands for a secret on record. */
export type Digest = (secret: string) => string;

/** Fields whose values let somebody in: on record is their digest, and rules do not see them. Lower case. */
const SECRET_FIELDS: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'chaperone-grant',
  'dpop',
  'x-api-key',
  'api-key',
  'apikey',
  'x-auth-token',
  'x-access-token',
  'x-auth-key',
  'x-csrf-token',
  'x-xsrf-token',
  'x-amz-security-token',
  'x-goog-api-key',
  'x-goog-iam-authorization-token',
  'ocp-apim-subscription-key',
  'private-token',
  'job-token',
  'deploy-token',
  'mcp-session-id',
  'x-vault-token',
  'x-consul-token',
  'x-functions-key',
  'x-shopify-access-token',
  'x-gitlab-token',
  'x-hub-signature-256',
]);

/** Parameters of a query that do. Lower case. */
const SECRET_PARAMETERS: ReadonlySet<string> = new Set([
  'access_token',
  'refresh_token',
  'id_token',
  'token',
  'auth',
  'auth_token',
  'api_key',
  'apikey',
  'api-key',
  'key',
  'client_secret',
  'secret',
  'password',
  'passwd',
  'sig',
  'signature',
  'x-amz-signature',
  'x-amz-security-token',
  'x-goog-signature',
  'code',
  'assertion',
  'client_assertion',
  'private_token',
  'jwt',
]);

export function isSecretField(name: string): boolean {
  return SECRET_FIELDS.has(name);
}

/** The fields as lines, secrets replaced by their digest as a structured byte sequence (RFC 8941, 3.3.5). */
export function recordedLines(fields: Fields, digest: Digest): string {
  let lines = '';
  for (const [name, value] of fields) {
    lines += `${name}: ${SECRET_FIELDS.has(name) ? recordedSecret(value, digest) : value}\r\n`;
  }
  return lines;
}

/** A query with the values of secret parameters replaced. */
export function recordedQuery(query: string, digest: Digest): string {
  if (!query.includes('=')) return query;
  return query.replaceAll(/([^&;=]+)=([^&;]*)/g, (pair, name: string, value: string) =>
    value !== '' && SECRET_PARAMETERS.has(plainName(name)) ? `${name}=${recordedSecret(value, digest)}` : pair,
  );
}

/** Rules see no secrets in a query either. */
export function isSecretParameter(name: string): boolean {
  return SECRET_PARAMETERS.has(name.toLowerCase());
}

function recordedSecret(value: string, digest: Digest): string {
  return `sha-256=:${digest(value)}:`;
}

function plainName(name: string): string {
  try {
    return decodeURIComponent(name).toLowerCase();
  } catch {
    // A name that is not UTF-8 is none of these.
    return '';
  }
}
