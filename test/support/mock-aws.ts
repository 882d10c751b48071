/**
 * A mock of AWS: it keeps what is put, answers a few calls of DynamoDB and STS, and refuses a signature that another
 * implementation of Signature Version 4 (aws4fetch) does not make of the same request with the real keys.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { AwsV4Signer } from 'aws4fetch';

export const REAL_KEYS = {
  accessKeyId: 'AKIAREAL',
  secretAccessKey: 'real-secret-key',
  sessionToken: 'real-session-token',
} as const;

export interface MockAws extends AsyncDisposable {
  readonly port: number;
  /** `METHOD URL`, with the body's length, of each request whose signature was right. */
  readonly taken: readonly string[];
}

export async function mockAws(): Promise<MockAws> {
  const objects = new Map<string, Buffer>();
  const taken: string[] = [];
  const server = createServer((request, response) => {
    void buffer(request).then(async (body) => {
      const { method = '', url = '' } = request;
      if (!(await isSignedRight(request, body)))
        return response.writeHead(403).end('<Error><Code>SignatureDoesNotMatch</Code></Error>');
      taken.push(`${method} ${url} ${body.length}`);
      const [path = '', query = ''] = url.split('?');
      if (query.includes('uploads')) return response.end(STARTED);
      if (query.includes('uploadId') && method === 'POST') {
        const parts = [...objects]
          .filter(([name]) => name.startsWith(`${path}#`))
          .toSorted(([a], [b]) => (a < b ? -1 : 1));
        objects.set(path, Buffer.concat(parts.map(([, part]) => part)));
        return response.end('<CompleteMultipartUploadResult><ETag>"e"</ETag></CompleteMultipartUploadResult>');
      }
      if (query.includes('partNumber')) {
        objects.set(`${path}#${new URLSearchParams(query).get('partNumber')}`, plainOf(request, body));
        return response.setHeader('etag', '"e"').end();
      }
      if (query.includes('list-type')) return response.end(listOf([...objects.keys()], path));
      if (request.headers['x-amz-target'] !== undefined) return response.end('{"TableNames":["orders"]}');
      if (method === 'POST') return response.setHeader('content-type', 'text/xml').end(IDENTITY);
      const key = url.split('?', 1)[0] ?? '';
      if (method === 'PUT') objects.set(key, plainOf(request, body));
      const kept = objects.get(key);
      return method === 'GET' && kept === undefined
        ? response.writeHead(404).end()
        : response.end(method === 'PUT' ? '' : kept);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    taken,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const STARTED = '<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>';

function listOf(names: readonly string[], path: string): string {
  const keys = names.filter((name) => name.startsWith(`${path.replace(/\/$/, '')}/`) && !name.includes('#'));
  const contents = keys.map((name) => `<Contents><Key>${name.split('/').slice(2).join('/')}</Key></Contents>`);
  return `<ListBucketResult>${contents.join('')}</ListBucketResult>`;
}

/** Without the framing of `aws-chunked`. */
function plainOf({ headers }: IncomingMessage, body: Buffer): Buffer {
  if (!String(headers['x-amz-content-sha256']).startsWith('STREAMING-')) return body;
  const pieces: Buffer[] = [];
  for (let at = 0; ; ) {
    const end = body.indexOf('\r\n', at);
    const size = Number.parseInt(body.toString('latin1', at, end), 16);
    if (!(size > 0)) return Buffer.concat(pieces);
    pieces.push(body.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
}

const IDENTITY = `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>arn:aws:iam::1:user/real</Arn><UserId>AIDA</UserId><Account>1</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`;

const SHOWN =
  /^AWS4-HMAC-SHA256 Credential=AKIAREAL\/\d{8}\/([a-z0-9-]+)\/([a-z0-9-]+)\/aws4_request, SignedHeaders=([^,]+), /;

async function isSignedRight({ method = '', url = '', headers }: IncomingMessage, body: Buffer): Promise<boolean> {
  const [, region, service, names = ''] = SHOWN.exec(headers.authorization ?? '') ?? [];
  const datetime = headers['x-amz-date'];
  if (region === undefined || service === undefined || typeof datetime !== 'string') return false;
  const listed = names.split(';').filter((name) => name !== 'host');
  const signed = listed.map((name): [string, string] => [name, String(headers[name])]);
  const signer = new AwsV4Signer({
    method,
    url: `http://${headers.host}${url}`,
    headers: signed,
    ...(body.length > 0 ? { body } : {}),
    ...REAL_KEYS,
    region,
    service,
    datetime,
    allHeaders: true,
  });
  return (await signer.authHeader()) === headers.authorization;
}
