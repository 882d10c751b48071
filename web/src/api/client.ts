import { problemOf, unreachable } from './problem.ts';

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export interface CallOptions {
  readonly query?: Query;
  readonly body?: unknown;
  /** The ETag of what was read and is now changed (RFC 9110, 13.1.1). */
  readonly ifMatch?: string;
  /** True for something new: `If-None-Match: *`. */
  readonly isNew?: boolean;
  readonly signal?: AbortSignal;
}

export interface Answer<T> {
  readonly data: T;
  readonly etag?: string;
}

let csrf: string | undefined;

/** A page that asks by itself while nobody is there says so: that keeps no session from ending. */
const IDLE_MS = 60_000;
let lastActiveMs = Date.now();
for (const kind of ['pointerdown', 'keydown', 'wheel', 'touchstart']) {
  globalThis.addEventListener?.(kind, () => (lastActiveMs = Date.now()), { capture: true, passive: true });
}

/** What `GET /v1/me` gave: it goes with every request that changes something. */
export function rememberCsrf(token: string | undefined): void {
  csrf = token;
}

/** The body of `GET path`. Throws an `ApiProblem`. */
export async function get<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> {
  const answer = await call<T>('GET', path, { ...(query && { query }), ...(signal && { signal }) });
  return answer.data;
}

/** The body and the ETag of an answer. Throws an `ApiProblem`. */
export async function call<T>(method: string, path: string, options: CallOptions = {}): Promise<Answer<T>> {
  const response = await send(method, path, options);
  const body = await bodyOf(response);
  if (!response.ok) throw problemOf(response.status, body);
  const etag = response.headers.get('etag');
  return { data: body as T, ...(etag !== null && { etag }) };
}

/** The answer itself, for what is no JSON: recordings, downloads. Throws an `ApiProblem`. */
export async function raw(path: string, options: CallOptions = {}): Promise<Response> {
  const response = await send('GET', path, options);
  if (!response.ok) throw problemOf(response.status, await bodyOf(response));
  return response;
}

/** Posts, and saves the file that comes under the name that it has. Throws an `ApiProblem`. */
export async function download(path: string, body: unknown): Promise<void> {
  const response = await send('POST', path, { body });
  if (!response.ok) throw problemOf(response.status, await bodyOf(response));
  const [, name = 'download'] = /filename="([\w.-]+)"/u.exec(response.headers.get('content-disposition') ?? '') ?? [];
  const url = URL.createObjectURL(await response.blob());
  const link = Object.assign(document.createElement('a'), { href: url, download: name });
  link.click();
  URL.revokeObjectURL(url);
}

/** `path` with what of `query` has a value. */
export function withQuery(path: string, query: Query = {}): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [[name, String(value)]],
  );
  return pairs.length === 0 ? path : `${path}?${new URLSearchParams(pairs)}`;
}

async function send(method: string, path: string, options: CallOptions): Promise<Response> {
  const headers = new Headers({ accept: 'application/json' });
  if (options.body !== undefined) headers.set('content-type', 'application/json');
  if (options.ifMatch !== undefined) headers.set('if-match', options.ifMatch);
  if (options.isNew) headers.set('if-none-match', '*');
  if (method !== 'GET' && csrf !== undefined) headers.set('x-csrf-token', csrf);
  if (Date.now() - lastActiveMs > IDLE_MS) headers.set('x-idle', 'true');
  try {
    return await fetch(withQuery(path, options.query), {
      method,
      headers,
      credentials: 'same-origin',
      ...(options.body !== undefined && { body: JSON.stringify(options.body) }),
      ...(options.signal && { signal: options.signal }),
    });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw unreachable(error);
  }
}

async function bodyOf(response: Response): Promise<unknown> {
  const text = await response.text();
  if (!/\bjson\b/.test(response.headers.get('content-type') ?? '')) return text;
  return text === '' ? undefined : JSON.parse(text);
}
