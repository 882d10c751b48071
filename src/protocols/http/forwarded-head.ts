import type { HttpFacts } from '../../model/http.ts';
import type { Target } from '../../model/target.ts';
import { type Fields, type RequestHead, SPDY } from './message.ts';
import { type NormalTarget, queryOf } from './path.ts';
import { isSecretField, isSecretParameter } from './secret-fields.ts';

/** A request's head as it goes to its target, without what the target's credential adds. */
export interface ForwardedHead {
  readonly method: string;
  readonly scheme: 'http' | 'https';
  readonly authority: string;
  /** With the base path in front, and the query. */
  readonly target: string;
  readonly upgrade?: string;
  readonly fields: Fields;
}

/** Of the client's fields: who it is goes no further, and where it comes from is nobody's word but ours. */
const NOT_FORWARDED: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'host',
  'expect',
  'content-length',
  'te',
  'max-forwards',
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-forwarded-port',
  'x-forwarded-prefix',
  'x-forwarded-server',
  'x-forwarded-user',
  'x-real-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'true-client-ip',
  'cf-connecting-ip',
  'x-original-url',
  'x-rewrite-url',
  'x-original-uri',
  'x-http-method-override',
  'x-http-method',
  'x-method-override',
  // The gateway speaks to each side by itself: the key of a WebSocket is of one connection (RFC 6455, 4.1).
  'sec-websocket-key',
  'sec-websocket-version',
  'sec-websocket-extensions',
]);

export function forwardedHead(head: RequestHead, target: Target, { forwarded, query }: NormalTarget): ForwardedHead {
  const base = target.http?.basePath ?? '';
  const { method } = head;
  const upgrade = isUpgraded(head.upgrade, target) ? head.upgrade : undefined;
  return {
    method,
    scheme: target.tls.mode === 'disable' ? 'http' : 'https',
    authority: authorityOf(target),
    target: `${base}${forwarded}${query === undefined ? '' : `?${query}`}`,
    ...(upgrade === undefined ? {} : { upgrade }),
    fields: head.fields.filter(([name]) => isForwarded(name, target)),
  };
}

/** SPDY is what clusters speak with their clients; of others it is not taken up, as RFC 9110, 7.8 allows. */
function isUpgraded(upgrade: string | undefined, { kubernetes }: Target): boolean {
  return upgrade === 'websocket' || (upgrade === SPDY && kubernetes !== undefined);
}

export function isForwarded(name: string, { http }: Target): boolean {
  if (name === 'cookie') return http?.cookies === true;
  return !NOT_FORWARDED.has(name) && !name.startsWith('chaperone-');
}

/** The target's own name for itself, its port where it is not the scheme's. */
export function authorityOf({ address: { host, port }, tls }: Target): string {
  if (host.startsWith('/')) return 'localhost';
  const name = host.includes(':') ? `[${host}]` : host;
  return port === (tls.mode === 'disable' ? 80 : 443) ? name : `${name}:${port}`;
}

/** What rules see of a head; `hasBody` where one follows, which nobody has looked into. */
export function factsOf(
  head: ForwardedHead,
  target: Target,
  { path, query }: NormalTarget,
  hasBody: boolean,
): HttpFacts {
  const headers = headersOf(head.fields);
  return {
    method: head.method,
    host: target.address.host.toLowerCase(),
    path,
    query: withoutSecrets(queryOf(query)),
    headers,
    mediaType: mediaTypeOf(headers['content-type']),
    body: { kind: hasBody ? 'unread' : 'none' },
  };
}

export function mediaTypeOf(contentType: string | undefined): string {
  return (contentType?.split(';', 1)[0] ?? '').trim().toLowerCase();
}

export function fieldOf(fields: Fields, wanted: string): string | undefined {
  for (const [name, value] of fields) if (name === wanted) return value;
  return undefined;
}

/** Changes with each sending and says nothing of what is asked: another value makes no other request. */
const OF_ONE_SENDING: ReadonlySet<string> = new Set([
  'date',
  'prefer',
  'traceparent',
  'tracestate',
  'x-request-id',
  'x-correlation-id',
  'x-client-request-id',
  'x-amz-date',
  'amz-sdk-invocation-id',
  'amz-sdk-request',
  'x-amzn-trace-id',
  'x-stainless-retry-count',
]);

/** By name (RFC 9110, 5.3), without secrets; a name that a rule asks for is there or not, whatever it is called. */
export function headersOf(fields: Fields): Readonly<Record<string, string>> {
  const found: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [name, value] of fields) {
    if (isSecretField(name) || OF_ONE_SENDING.has(name)) continue;
    const known = found[name];
    found[name] = known === undefined ? value : `${known}, ${value}`;
  }
  return found;
}

function withoutSecrets(query: HttpFacts['query']): HttpFacts['query'] {
  const names = Object.keys(query);
  if (!names.some(isSecretParameter)) return query;
  return Object.fromEntries(Object.entries(query).filter(([name]) => !isSecretParameter(name)));
}
