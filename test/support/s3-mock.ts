/**
 * A mock of an S3 server, strict where it counts: it computes each signature itself (AWS Signature Version 4), holds the
 * body against all three of its digests, and takes no header that was not signed. No server that speaks S3 is in Debian
 * but Ceph's, which takes half a minute to start.
 */
import { createHash, createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface S3Mock extends AsyncDisposable {
  readonly url: string;
  /** What was put, each version of a key. */
  readonly objects: {
    readonly key: string;
    readonly body: string;
    readonly headers: Readonly<Record<string, string>>;
  }[];
  /** Why requests were refused. */
  readonly refused: string[];
}

export interface S3MockOptions {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
  readonly nowMs: () => number;
}

/** How far a request's time may be off (the service's own rule). */
const MAX_SKEW_MS = 15 * 60_000;

export async function startS3Mock(options: S3MockOptions): Promise<S3Mock> {
  const objects: S3Mock['objects'] = [];
  const refused: string[] = [];
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => void pieces.push(piece));
    request.on('end', () => {
      const body = Buffer.concat(pieces);
      const problem = problemOf(request, body, options);
      if (problem !== undefined) {
        refused.push(problem);
        response.writeHead(403).end(`<Error><Code>${problem}</Code></Error>`);
        return;
      }
      objects.push({
        key: request.url ?? '',
        body: body.toString(),
        headers: request.headers as Record<string, string>,
      });
      response.writeHead(200, { etag: `"${digest('md5', body, 'hex')}"` }).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    objects,
    refused,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function problemOf(request: IncomingMessage, body: Buffer, options: S3MockOptions): string | undefined {
  const headers = request.headers as Readonly<Record<string, string | undefined>>;
  if (request.method !== 'PUT') return 'MethodNotAllowed';
  if (headers['x-amz-content-sha256'] !== digest('sha256', body, 'hex')) return 'XAmzContentSHA256Mismatch';
  if (headers['content-md5'] !== digest('md5', body, 'base64')) return 'BadDigest';
  const isLocked = headers['x-amz-object-lock-mode'] !== undefined;
  if (isLocked !== (headers['x-amz-object-lock-retain-until-date'] !== undefined)) return 'InvalidRequest';
  return signatureProblem(request, headers, options);
}

/** Canonical request, string to sign, key, signature, as "Authenticating Requests (AWS Signature Version 4)" has them. */
function signatureProblem(
  { method = '', url = '' }: IncomingMessage,
  headers: Readonly<Record<string, string | undefined>>,
  { accessKeyId, secretAccessKey, region, nowMs }: S3MockOptions,
): string | undefined {
  const [, credential = '', signed = '', signature = ''] =
    /^AWS4-HMAC-SHA256 Credential=([^,]+), SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
      headers['authorization'] ?? '',
    ) ?? [];
  const time = headers['x-amz-date'] ?? '';
  const at = Date.parse(time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  if (!(Math.abs(at - nowMs()) < MAX_SKEW_MS)) return 'RequestTimeTooSkewed';
  const scope = `${time.slice(0, 8)}/${region}/s3/aws4_request`;
  if (credential !== `${accessKeyId}/${scope}`) return 'InvalidAccessKeyId';
  const names = signed.split(';');
  const unsigned = Object.keys(headers).filter((name) => name.startsWith('x-amz-') && !names.includes(name));
  if (!names.includes('host') || unsigned.length > 0) return 'AccessDenied';
  const [path = '', query = ''] = url.split('?');
  const canonical = [
    method,
    path
      .split('/')
      .map((part) => uriEncode(decodeURIComponent(part)))
      .join('/'),
    query,
    ...names.map((name) => `${name}:${(headers[name] ?? '').trim()}`),
    '',
    signed,
    headers['x-amz-content-sha256'] ?? '',
  ].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', time, scope, digest('sha256', Buffer.from(canonical), 'hex')].join('\n');
  let key: Buffer = Buffer.from(`AWS4${secretAccessKey}`);
  for (const part of scope.split('/')) key = hmac(key, part);
  return hmac(key, toSign).toString('hex') === signature ? undefined : 'SignatureDoesNotMatch';
}

/** `UriEncode` of the specification: all but unreserved characters. */
function uriEncode(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function digest(algorithm: 'md5' | 'sha256', bytes: Buffer, encoding: 'hex' | 'base64'): string {
  return createHash(algorithm).update(bytes).digest(encoding);
}
