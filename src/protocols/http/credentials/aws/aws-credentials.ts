import { LIMITS } from '../../../../model/limits.ts';
import { Refused } from '../../../../model/refusal.ts';
import type { HttpCredential } from '../../../../model/target.ts';
import { fieldOf } from '../../forwarded-head.ts';
import { type Fields, MalformedHttp, type OutgoingRequest } from '../../message.ts';
import type { Credentials } from '../credentials.ts';
import {
  ALGORITHM,
  type Canonical,
  encoded,
  S3,
  type Scope,
  scopeText,
  sha256,
  signature,
  signingKey,
  stringToSign,
  timeText,
} from './canonical.ts';
import { signedAgain } from './chunks.ts';
import { scopeOf } from './client-scope.ts';

type Aws = Extract<HttpCredential, { readonly kind: 'aws' }>;

const DIGEST = 'x-amz-content-sha256';
const UNSIGNED = 'UNSIGNED-PAYLOAD';
const SIGNED_CHUNKS: ReadonlySet<string> = new Set([
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
]);
const OTHERS: ReadonlySet<string> = new Set([UNSIGNED, 'STREAMING-UNSIGNED-PAYLOAD-TRAILER']);

/** Of the client's own signature: none of it goes further. */
const OF_SIGNATURES: ReadonlySet<string> = new Set([
  'authorization',
  'x-amz-date',
  'x-amz-security-token',
  'x-amz-region-set',
  'date',
]);
/** What may change on the way, or frames the message. */
const NOT_SIGNED: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'connection',
  'content-length',
  'expect',
  'transfer-encoding',
  'user-agent',
  'x-amzn-trace-id',
]);

/**
 * Signs requests with the real keys (Signature Version 4), for the region and the service that the client signed for,
 * where the credential names none. The body goes on as it is: its digest is the client's, and holds.
 */
export function awsCredentials(credential: Aws, nowMs: () => number): Credentials {
  const { accessKeyId, secretAccessKey, sessionToken } = credential;
  return {
    travels: false,
    secrets: sessionToken === undefined ? [] : [sessionToken.reveal()],
    // A service says so in the body of a 403, which is as much the client's to know as any other.
    refusedBy: () => false,
    async apply(request, client, _signal, signing) {
      const at = timeText(nowMs());
      const { region, service } = scopeOf(client, credential, nowMs());
      const scope: Scope = { at, region, service };
      const key = signingKey(secretAccessKey.reveal(), scope);
      const { path, query } = withoutPresigning(request.target);
      const { payload, body } = await payloadOf(request, service);
      const fields: Fields = [
        ...request.fields.filter(([name]) => !OF_SIGNATURES.has(name) && name !== DIGEST),
        ['x-amz-date', at],
        ...(S3.has(service) || fieldOf(request.fields, DIGEST) !== undefined ? [[DIGEST, payload] as const] : []),
        ...(sessionToken === undefined ? [] : [['x-amz-security-token', sessionToken.reveal()] as const]),
      ];
      const canonical: Canonical = {
        method: request.method,
        path,
        query,
        fields: [['host', request.authority], ...fields.filter(([name]) => !NOT_SIGNED.has(name))],
        payload,
      };
      const { text, signed } = stringToSign(canonical, scope);
      const seed = signature(key, text);
      const proof = `${ALGORITHM} Credential=${accessKeyId}/${scopeText(scope)}, SignedHeaders=${signed}, Signature=${seed}`;
      return {
        ...request,
        target: query === '' ? path : `${path}?${query}`,
        fields: [...fields, ['authorization', proof]],
        ...(body === undefined
          ? {}
          : { body: SIGNED_CHUNKS.has(payload) ? signedAgain(body, { key, scope, seed }, signing) : body }),
      };
    },
  };
}

/** What stands for the body in the signature, and the body as it will be sent. */
async function payloadOf(
  request: OutgoingRequest,
  service: string,
): Promise<{ readonly payload: string; readonly body: OutgoingRequest['body'] }> {
  const { body } = request;
  const said = fieldOf(request.fields, DIGEST);
  if (said !== undefined) {
    if (/^[0-9a-f]{64}$/.test(said) || OTHERS.has(said) || SIGNED_CHUNKS.has(said)) return { payload: said, body };
    throw new Refused({
      code: 'protocol-unsupported',
      message: `bodies that are signed as ${said.slice(0, 64)} are not signed again`,
    });
  }
  if (body === undefined) return { payload: sha256(''), body };
  if (S3.has(service)) return { payload: UNSIGNED, body };
  const bytes = await all(body);
  return { payload: sha256(bytes), body: once(bytes) };
}

async function all(body: AsyncIterable<Buffer>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of body) {
    length += piece.length;
    if (length > LIMITS.maxInspectedBodyBytes) throw new MalformedHttp(413, 'a body that is too long to be signed');
    pieces.push(Buffer.from(piece));
  }
  return Buffer.concat(pieces);
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

const PRESIGNING =
  /^x-amz-(?:algorithm|content-sha256|credential|date|expires|signedheaders|signature|security-token)$/i;

/** The path and the query as they will be sent; each pair encoded as it is signed, and none of a presigned URL's. */
function withoutPresigning(target: string): { readonly path: string; readonly query: string } {
  const at = target.indexOf('?');
  if (at < 0) return { path: target, query: '' };
  const pairs = target
    .slice(at + 1)
    .split('&')
    .filter((pair) => pair !== '' && !PRESIGNING.test(plain(pair.split('=', 1)[0] ?? '')));
  const written = pairs.map((pair) => pair.split('=').map((part) => encoded(plain(part))));
  return {
    path: target.slice(0, at),
    query: written
      .map(([name = '', ...value]) => (value.length === 0 ? name : `${name}=${value.join('%3D')}`))
      .join('&'),
  };
}

function plain(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new MalformedHttp(400, 'a query that is not UTF-8');
  }
}
