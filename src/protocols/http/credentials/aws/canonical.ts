/** AWS Signature Version 4 (AWS General Reference, "Create a signed AWS API request"). */
import { createHmac, hash } from 'node:crypto';
import type { Fields } from '../../message.ts';

export interface Scope {
  /** `YYYYMMDDTHHMMSSZ`. */
  readonly at: string;
  readonly region: string;
  readonly service: string;
}

export interface Canonical {
  readonly method: string;
  /** As sent, percent-encoded. */
  readonly path: string;
  /** As sent, without the `?`. */
  readonly query: string;
  /** `host` among them; those that are signed alone. */
  readonly fields: Fields;
  /** The digest of the body, or what stands for it. */
  readonly payload: string;
}

/** What is signed of a request, and the names of its fields. */
export function stringToSign(request: Canonical, scope: Scope): { readonly text: string; readonly signed: string } {
  const { lines, signed } = canonicalFields(request.fields);
  const path = S3.has(scope.service) ? onceEncoded(request.path) : twiceEncoded(request.path);
  const canonical = [request.method, path, sortedQuery(request.query), lines, signed, request.payload].join('\n');
  return { text: [ALGORITHM, scope.at, scopeText(scope), sha256(canonical)].join('\n'), signed };
}

export const ALGORITHM = 'AWS4-HMAC-SHA256';

export function scopeText({ at, region, service }: Scope): string {
  return `${at.slice(0, 8)}/${region}/${service}/aws4_request`;
}

export function signingKey(secret: string, { at, region, service }: Scope): Buffer {
  return [at.slice(0, 8), region, service, 'aws4_request'].reduce<Buffer>(hmac, Buffer.from(`AWS4${secret}`));
}

export function signature(key: Buffer, text: string): string {
  return hmac(key, text).toString('hex');
}

export function sha256(data: string | Uint8Array): string {
  return hash('sha256', data, 'hex');
}

export function timeText(ms: number): string {
  return new Date(ms).toISOString().replaceAll(/[-:]|\.\d+/g, '');
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

/** These sign the path as they decode it; every other service signs it encoded once more. */
export const S3: ReadonlySet<string> = new Set(['s3', 's3express', 's3-outposts', 's3-object-lambda']);

function onceEncoded(path: string): string {
  return (
    path
      .split('/')
      .map((segment) => encoded(decoded(segment)))
      .join('/') || '/'
  );
}

/** Empty segments and dots are taken out first. */
function twiceEncoded(path: string): string {
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(encoded(segment));
  }
  const end = segments.length > 0 && path.endsWith('/') ? '/' : '';
  return `/${segments.join('/')}${end}`;
}

function sortedQuery(query: string): string {
  const pairs = query.split('&').filter((pair) => pair !== '');
  return pairs
    .map((pair) => {
      const at = pair.indexOf('=');
      const [name, value] = at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
      return [encoded(decoded(name)), encoded(decoded(value))] as const;
    })
    .sort(([a, x], [b, y]) => (a === b ? order(x, y) : order(a, b)))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

function canonicalFields(fields: Fields): { readonly lines: string; readonly signed: string } {
  const byName = new Map<string, string[]>();
  for (const [name, value] of fields) {
    const plain = value.trim().replaceAll(/ +/g, ' ');
    const known = byName.get(name);
    if (known === undefined) byName.set(name, [plain]);
    else known.push(plain);
  }
  const sorted = [...byName].sort(([one], [other]) => order(one, other));
  return {
    lines: sorted.map(([name, values]) => `${name}:${values.join(',')}\n`).join(''),
    signed: sorted.map(([name]) => name).join(';'),
  };
}

function order(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

/** RFC 3986's unreserved characters stay; all else is encoded, in upper case. */
export function encoded(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // What is no UTF-8 is signed as it stands; a service that reads it otherwise refuses it.
    return text;
  }
}
