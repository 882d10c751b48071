import { type ClientRequest, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { Secret } from '../../../model/secret.ts';
import { proxyFor, throughProxy } from '../../proxy-for.ts';
import { isIdentityToken } from '../environment/minting-variables.ts';

/** An answer that is larger is no token. */
export const MAX_TOKEN_ANSWER_BYTES = 64 * 1024;
export const TOKEN_ANSWER_MS = 15_000;

/**
 * The token in what an endpoint or a program answered: the whole of it, a member that `path` names, or where its shape
 * is not fixed the one identity token in it. Throws where there is none.
 */
export function tokenIn(text: string, path?: string): Secret {
  const whole = text.trim();
  if (path === undefined && isIdentityToken(whole)) return new Secret(whole);
  const body = parsed(whole);
  const named = path === undefined ? undefined : (body as Readonly<Record<string, unknown>> | null)?.[path];
  const token = typeof named === 'string' ? named : path === undefined ? anyTokenIn(body, 0) : undefined;
  if (token === undefined || token === '') throw new Error('the answer holds no token');
  return new Secret(token);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error('the answer is neither a token nor JSON', { cause });
  }
}

const MAX_DEPTH = 6;

function anyTokenIn(value: unknown, depth: number): string | undefined {
  if (typeof value === 'string') return isIdentityToken(value) ? value : undefined;
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return undefined;
  for (const member of Object.values(value)) {
    const found = anyTokenIn(member, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

export interface TokenHttpRequest {
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Names the proxy on the way, where there is one. */
  readonly env: NodeJS.ProcessEnv;
}

/** Follows no redirect: what asks for a token carries one. Throws with the status where it is not a success. */
export function fetchTokenAnswer(address: string, asked: TokenHttpRequest, signal: AbortSignal): Promise<string> {
  const { method, headers, body = '', env } = asked;
  const url = new URL(address);
  const limit = AbortSignal.any([signal, AbortSignal.timeout(TOKEN_ANSWER_MS)]);
  const length = method === 'GET' ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  const options = { method, headers: { ...headers, ...length }, signal: limit };
  const request =
    url.protocol === 'https:'
      ? httpsRequest(url, { ...options, agent: new HttpsAgent(throughProxy(proxyFor(url, env))) })
      : httpRequest(url, options);
  return answerTo(request, body, (status) => status >= 200 && status < 300);
}

/** As `fetchTokenAnswer`, over a Unix socket. */
export function askTokenSocket(socketPath: string, path: string, body: string, signal: AbortSignal): Promise<string> {
  const headers = { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) };
  const limit = AbortSignal.any([signal, AbortSignal.timeout(TOKEN_ANSWER_MS)]);
  const request = httpRequest({ socketPath, path, method: 'POST', headers, signal: limit });
  return answerTo(request, body, (status) => status === 200);
}

function answerTo(request: ClientRequest, body: string, isGood: (status: number) => boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    request.once('response', (response) => {
      if (!isGood(response.statusCode ?? 0)) {
        response.destroy();
        reject(new Error(`it answered ${response.statusCode ?? 'nothing'}`));
        return;
      }
      bounded(response).then(resolve, reject);
    });
    request.once('error', reject);
    request.end(body);
  });
}

async function bounded(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of stream) {
    bytes += part.byteLength;
    if (bytes > MAX_TOKEN_ANSWER_BYTES) throw new Error('the answer is too long for a token');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}
