import type { HttpTarget } from '../model/http.ts';
import { readHttpMessage } from '../model/http-message.ts';
import type { Operation } from '../model/request.ts';
import type { Target } from '../model/target.ts';
import { createBodyInspector } from '../protocols/http/inspect/body-inspector.ts';
import type { MessageBody } from '../protocols/http/message.ts';
import { type RequestToRead, readRequest } from '../protocols/http/read-request.ts';
import { KUBERNETES_INSPECTOR } from '../protocols/kubernetes/inspect.ts';

/** A request of HTTP that somebody would send. */
export interface AskedHttp {
  readonly method: string;
  /** The path within the target, and the query. */
  readonly target: string;
  /** Names in lower case. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
  /** The fields behind a body that was read whole. */
  readonly trailers?: AskedHttp['fields'];
  /** True where there is a body that nobody has: of a request on record it streamed. */
  readonly streams?: boolean;
}

/** What a text for an HTTP target must be. */
export const NO_REQUEST = 'a request of an HTTP target begins with its method and its path: `GET /customers/17`';

const LINE = /^([A-Za-z][A-Za-z-]*) (\/\S*)(?: HTTP\/[\d.]+)?$/;

/**
 * Reads `DELETE /orders/3`, or a request as text: that line, `name: value` lines, an empty line, the body. Undefined where
 * it begins with no such line, which no statement of SQL does.
 */
export function askedHttp(text: string): AskedHttp | undefined {
  const lines = text.replaceAll('\r\n', '\n').trimStart().split('\n');
  const [, method, target] = LINE.exec(lines[0]?.trimEnd() ?? '') ?? [];
  if (method === undefined || target === undefined) return undefined;
  const blank = lines.indexOf('');
  const head = lines.slice(1, blank < 0 ? undefined : blank);
  const body = blank < 0 ? '' : lines.slice(blank + 1).join('\n');
  const fields = head.map((line): readonly [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, Math.max(colon, 0)).trim().toLowerCase(), line.slice(colon + 1).trim()];
  });
  const typed = fields.some(([name]) => name === 'content-type') || !/^\s*[[{]/.test(body);
  return {
    method,
    target,
    fields: typed ? fields : [...fields, ['content-type', 'application/json']],
    body: Buffer.from(body),
  };
}

/** A request on record (`message/http`); undefined where its bytes begin with no head. */
export function recordedHttp(bytes: Uint8Array, { http, kubernetes }: Target): AskedHttp | undefined {
  const { start, fields, body, trailers = [] } = readHttpMessage(bytes);
  if (start === undefined) return undefined;
  const [method = '', target = ''] = start.split(' ');
  const lower = fields
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    // Whom the gateway spoke for is on record as it was sent; its client did not say it.
    .filter(([name]) => kubernetes === undefined || !name.startsWith('impersonate-'));
  const has = (wanted: string) => lower.some(([name]) => name === wanted);
  // The length stands on record where all of the body does; a type says that there was one.
  const streams = !has('content-length') && (body.length > 0 || has('content-type'));
  return { method, target: withoutBase(target, http), fields: lower, body, trailers, streams };
}

/** What the gateway would find in it: read by the same code, its body as far as it may be. */
export async function httpOperations(asked: AskedHttp, target: Target): Promise<readonly Operation[]> {
  const incoming = incomingOf(asked);
  const { request } = await readRequest(incoming, {
    target,
    origin: asked.target,
    inspector: target.kubernetes === undefined ? INSPECTOR : KUBERNETES_INSPECTOR,
    digest: () => '',
    nonce: () => '',
  });
  const { operations, unsupported } = request;
  if (unsupported === undefined) return operations;
  // Refused whatever policy says; a trial of rules has no other word for that.
  return operations.map((one) => ({ ...one, kind: 'unknown', access: 'unknown', reason: unsupported.message }));
}

const INSPECTOR = createBodyInspector({ asksForBody: () => true });

function incomingOf({ method, target, fields, body, trailers = [], streams = false }: AskedHttp): RequestToRead {
  return {
    head: { version: '1.1', method, authority: '', target, absolute: false, fields },
    body: streams ? STREAMED : bodyOf(body, trailers),
    // Then nothing of it is read that no rule asks for.
    expectsContinue: streams,
  };
}

function bodyOf(bytes: Uint8Array, trailers: AskedHttp['fields']): MessageBody {
  let left: Buffer | null = Buffer.from(bytes);
  return {
    length: bytes.length === 0 ? 'none' : bytes.length,
    trailers,
    read: () => {
      const next = left;
      left = null;
      return Promise.resolve(next);
    },
  };
}

/** Longer than anybody reads. */
const STREAMED: MessageBody = {
  length: 'unknown',
  trailers: [],
  read: () => Promise.resolve(Buffer.alloc(64 * 1024, ' ')),
};

function withoutBase(target: string, http: HttpTarget | undefined): string {
  const base = http?.basePath ?? '';
  return base !== '' && target.startsWith(base) ? target.slice(base.length) : target;
}
