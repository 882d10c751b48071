/**
 * Mocks of HashiCorp Vault's Transit engine and of AWS KMS, of what is asked of them here: neither can be had in tests. Each
 * refuses a request that the real one would refuse (token, signature by Signature Version 4, names, encodings), so that ours
 * are held to more than their own taste.
 */
import { execFileSync } from 'node:child_process';
import { createHash, createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface MockKms extends AsyncDisposable {
  readonly url: string;
  readonly publicKey: KeyObject;
  /** Requests that were answered with 200. */
  readonly answered: string[];
}

export type MockedKind = 'ed25519' | 'ecdsa-p256';

export const VAULT_TOKEN = 'hvs.mock';
export const AWS_KEY = {
  accessKeyId: 'AKIDMOCK',
  secretAccessKey: 'mock/secret',
  region: 'eu-central-1',
  keyId: 'alias/log',
};

export async function mockVault(kind: MockedKind): Promise<MockKms> {
  const keys = keyPair(kind);
  return serve(keys.publicKey, async (request, body) => {
    if (request.headers['x-vault-token'] !== VAULT_TOKEN) return [403, { errors: ['permission denied'] }];
    if (request.url === '/v1/transit/keys/log' && request.method === 'GET') {
      const der = keys.publicKey.export({ format: 'der', type: 'spki' });
      const pem = keys.publicKey.export({ format: 'pem', type: 'spki' }).toString();
      const shown = kind === 'ed25519' ? der.subarray(12).toString('base64') : pem;
      return [
        200,
        { data: { type: kind, latest_version: 2, keys: { 1: { public_key: 'old' }, 2: { public_key: shown } } } },
      ];
    }
    if (request.url !== '/v1/transit/sign/log' || request.method !== 'POST') return [404, { errors: [] }];
    const { input, key_version, hash_algorithm, marshaling_algorithm, ...more } = JSON.parse(body) as Record<
      string,
      unknown
    >;
    const bytes = Buffer.from(String(input), 'base64');
    const isPlain = kind === 'ed25519' && hash_algorithm === undefined && marshaling_algorithm === undefined;
    const isCurve = kind === 'ecdsa-p256' && hash_algorithm === 'sha2-256' && marshaling_algorithm === 'asn1';
    const isWhole = bytes.toString('base64') === input && key_version === 2 && Object.keys(more).length === 0;
    if (!isWhole || (!isPlain && !isCurve)) return [400, { errors: ['invalid'] }];
    return [
      200,
      { data: { signature: `vault:v2:${signed(kind, bytes, keys.privateKey).toString('base64')}`, key_version: 2 } },
    ];
  });
}

export async function mockAwsKms(kind: MockedKind): Promise<MockKms> {
  const keys = keyPair(kind);
  return serve(keys.publicKey, async (request, body) => {
    if (request.url !== '/' || request.headers['content-type'] !== 'application/x-amz-json-1.1') return [400, {}];
    if (!isSignedV4(request, body)) return [400, { __type: 'InvalidSignatureException' }];
    const members = JSON.parse(body) as Record<string, unknown>;
    if (members['KeyId'] !== AWS_KEY.keyId) return [400, { __type: 'NotFoundException' }];
    const der = keys.publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
    switch (String(request.headers['x-amz-target'])) {
      case 'TrentService.GetPublicKey':
        return [200, { PublicKey: der, KeyUsage: 'SIGN_VERIFY' }];
      case 'TrentService.Sign': {
        const { Message, MessageType, SigningAlgorithm } = members;
        const bytes = Buffer.from(String(Message), 'base64');
        if (
          kind === 'ed25519' &&
          MessageType === 'RAW' &&
          SigningAlgorithm === 'ED25519_SHA_512' &&
          bytes.length <= 4096
        )
          return [200, { Signature: signed(kind, bytes, keys.privateKey).toString('base64'), SigningAlgorithm }];
        if (
          kind === 'ecdsa-p256' &&
          MessageType === 'DIGEST' &&
          SigningAlgorithm === 'ECDSA_SHA_256' &&
          bytes.length === 32
        )
          return [200, { Signature: signedDigest(bytes, keys.privateKey).toString('base64'), SigningAlgorithm }];
        return [400, { __type: 'ValidationException' }];
      }
      default:
        return [400, { __type: 'UnknownOperationException' }];
    }
  });
}

function keyPair(kind: MockedKind) {
  return kind === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
}

function signed(kind: MockedKind, bytes: Uint8Array, key: KeyObject): Buffer {
  return sign(kind === 'ed25519' ? null : 'sha256', bytes, key);
}

/** ECDSA over a digest itself, which Node's own API does not offer. */
function signedDigest(digest: Uint8Array, key: KeyObject): Buffer {
  const directory = mkdtempSync(join(tmpdir(), 'chaperone-kms-'));
  try {
    const file = join(directory, 'key.pem');
    writeFileSync(file, key.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 });
    return execFileSync('openssl', ['pkeyutl', '-sign', '-inkey', file], { input: digest });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** AWS Signature Version 4, computed anew from what came. */
function isSignedV4({ headers, method = '', url = '' }: IncomingMessage, body: string): boolean {
  const pattern =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/kms\/aws4_request, SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})$/;
  const [, id, day = '', region = '', names = '', signature] = pattern.exec(headers.authorization ?? '') ?? [];
  const at = String(headers['x-amz-date']);
  if (id !== AWS_KEY.accessKeyId || region !== AWS_KEY.region || !at.startsWith(day)) return false;
  if (!names.split(';').includes('host') || !names.split(';').includes('x-amz-target')) return false;
  const lines = names.split(';').map((name) => `${name}:${String(headers[name])}\n`);
  const canonical = [method, url, '', lines.join(''), names, sha256(body)].join('\n');
  const scope = `${day}/${region}/kms/aws4_request`;
  let key: Buffer = Buffer.from(`AWS4${AWS_KEY.secretAccessKey}`);
  for (const part of [day, region, 'kms', 'aws4_request']) key = createHmac('sha256', key).update(part).digest();
  const wanted = createHmac('sha256', key)
    .update(['AWS4-HMAC-SHA256', at, scope, sha256(canonical)].join('\n'))
    .digest('hex');
  return wanted === signature;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

async function serve(
  publicKey: KeyObject,
  answer: (request: IncomingMessage, body: string) => Promise<readonly [number, object]>,
): Promise<MockKms> {
  const answered: string[] = [];
  const respond = async (request: IncomingMessage, response: ServerResponse) => {
    const parts: Buffer[] = [];
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
    const [status, body] = await answer(request, Buffer.concat(parts).toString('utf8'));
    if (status === 200) answered.push(`${request.method} ${request.url}`);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
  const server = createServer((request, response) => void respond(request, response));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    publicKey,
    answered,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => void server.close(() => resolve()));
    },
  };
}
