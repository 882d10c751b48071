import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { jwtVerify } from 'jose';
import { Secret } from '../../../model/secret.ts';
import type { HttpCredential } from '../../../model/target.ts';
import type { OutgoingRequest, RequestHead } from '../message.ts';
import { type Credentials, credentialsOf } from './credentials.ts';
import { Tokens } from './tokens.ts';

const START = Date.parse('2026-01-02T03:04:05Z');
const NEVER = new AbortController().signal;
const HEAD: RequestHead = { version: '1.1', method: 'GET', authority: 'x', target: '/', absolute: false, fields: [] };

interface Asked {
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A token server: answers the n-th request with what `answer` makes, and remembers what it was asked. */
async function tokenServer(answer: (n: number) => { readonly status?: number; readonly content: unknown }) {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      asked.push({ url: request.url, headers: request.headers, body });
      const { status = 200, content } = answer(asked.length);
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(typeof content === 'string' ? content : JSON.stringify(content));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    asked,
    url: `http://127.0.0.1:${port}/token`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function proofOf(credentials: Credentials, target = '/a'): Promise<string | undefined> {
  const request: OutgoingRequest = {
    method: 'GET',
    scheme: 'https',
    authority: 'api.example',
    target,
    fields: [['authorization', "the client's"]],
    length: 'none',
  };
  const { fields } = await credentials.apply(request, HEAD, NEVER);
  assert.equal(fields.length, 1);
  return fields[0]?.[1];
}

const oauth2 = (tokenUrl: string, more: object = {}): HttpCredential => ({
  kind: 'oauth2',
  tokenUrl,
  clientId: 'app:1',
  clientSecret: new Secret('canary s/'),
  authentication: 'basic',
  ...more,
});

describe('a token of OAuth 2.0', () => {
  test('is fetched once for all sessions, until shortly before its end, and anew where it was refused', async () => {
    await using server = await tokenServer((n) => ({
      content: { access_token: `token-${n}`, token_type: 'Bearer', expires_in: 600 },
    }));
    let now = START;
    const tokens = new Tokens(() => now);
    const session = () =>
      credentialsOf({ user: '', http: oauth2(server.url, { scope: 'a b', audience: 'x' }) }, tokens);
    const proofs = await Promise.all([session(), session(), session()].map((one) => proofOf(one)));
    assert.deepEqual(proofs, ['Bearer token-1', 'Bearer token-1', 'Bearer token-1']);
    assert.equal(server.asked.length, 1);
    const [first] = server.asked;
    assert.equal(first?.headers.authorization, `Basic ${Buffer.from('app%3A1:canary+s%2F').toString('base64')}`);
    assert.equal(first?.body, 'grant_type=client_credentials&scope=a+b&audience=x');
    now = START + 539_000;
    const last = session();
    assert.equal(await proofOf(last), 'Bearer token-1');
    now = START + 541_000;
    assert.equal(await proofOf(last), 'Bearer token-2');
    assert.deepEqual(last.secrets, ['token-2']);
    assert.equal(last.refusedBy({ status: 401, fields: [['www-authenticate', 'Bearer error="invalid_token"']] }), true);
    assert.equal(await proofOf(session()), 'Bearer token-3');
  });

  test('comes of a refresh token, and of the one that took its place', async () => {
    await using server = await tokenServer((n) => ({
      content: { access_token: `token-${n}`, token_type: 'bearer', expires_in: '10', refresh_token: `next-${n}` },
    }));
    let now = START;
    const more = { refreshToken: new Secret('first'), authentication: 'post' };
    const credentials = credentialsOf({ user: '', http: oauth2(server.url, more) }, new Tokens(() => now));
    await proofOf(credentials);
    now += 10_000;
    await proofOf(credentials);
    const client = 'client_id=app%3A1&client_secret=canary+s%2F';
    assert.deepEqual(
      server.asked.map(({ body }) => body),
      [
        `grant_type=refresh_token&refresh_token=first&${client}`,
        `grant_type=refresh_token&refresh_token=next-1&${client}`,
      ],
    );
    assert.equal(server.asked[0]?.headers.authorization, undefined);
  });

  test('is not had where the server says no or nonsense, and what it says is not repeated', async () => {
    const answers = [
      { status: 401, content: { error: 'invalid_client', error_description: 'canary' } },
      { status: 400, content: { error: 'canary' } },
      { status: 302, content: {} },
      { content: 'canary' },
      { content: { access_token: 'canary\r\nx: y', token_type: 'Bearer' } },
      { content: { access_token: 'canary', token_type: 'mac' } },
    ];
    const said: string[] = [];
    for (const answer of answers) {
      await using server = await tokenServer(() => answer);
      const credentials = credentialsOf({ user: '', http: oauth2(server.url) }, new Tokens());
      await assert.rejects(proofOf(credentials), (fault: Error & { code?: string }) => {
        assert.equal(fault.code, 'upstream-login');
        said.push(fault.message.replace(/127\.0\.0\.1:\d+/, 'HOST'));
        return true;
      });
    }
    assert.deepEqual(said, [
      'HOST gives no token: 401 invalid_client',
      'HOST gives no token: 400',
      'HOST gives no token: 302',
      'no token from HOST: its answer is not a JSON object',
      'HOST answered with something else than a bearer token',
      'HOST answered with something else than a bearer token',
    ]);
  });
});

test("a GitHub App's installation has its token for the API and for git, by a JWT of the app's key", async () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  await using server = await tokenServer(() => ({
    status: 201,
    content: { token: 'ghs_token', expires_at: '2026-01-02T04:04:05Z' },
  }));
  const http: HttpCredential = {
    kind: 'githubApp',
    appId: '42',
    installation: '7',
    // As GitHub gives it out.
    key: new Secret(privateKey.export({ type: 'pkcs1', format: 'pem' }) as string),
    apiUrl: new URL(server.url).origin,
    repositories: ['shop'],
    permissions: { contents: 'read' },
  };
  const credentials = credentialsOf({ user: '', http }, new Tokens(() => START));
  assert.equal(await proofOf(credentials, '/repos/a/shop'), 'Bearer ghs_token');
  const basic = `Basic ${Buffer.from('x-access-token:ghs_token').toString('base64')}`;
  assert.equal(await proofOf(credentials, '/a/shop.git/info/refs?service=git-upload-pack'), basic);
  assert.equal(await proofOf(credentials, '/a/shop/git-receive-pack'), basic);
  assert.deepEqual(credentials.secrets, ['ghs_token', basic.slice(6)]);
  assert.equal(server.asked.length, 1);
  const [asked] = server.asked;
  assert.equal(asked?.url, '/app/installations/7/access_tokens');
  assert.equal(asked?.headers.accept, 'application/vnd.github+json');
  assert.equal(asked?.body, '{"repositories":["shop"],"permissions":{"contents":"read"}}');
  const jwt = asked?.headers.authorization?.replace('Bearer ', '') ?? '';
  const { payload } = await jwtVerify(jwt, publicKey, { algorithms: ['RS256'], currentDate: new Date(START) });
  assert.deepEqual(payload, { iss: '42', iat: START / 1_000 - 60, exp: START / 1_000 + 540 });
  const broken = { ...http, key: new Secret('canary') };
  assert.throws(() => credentialsOf({ user: '', http: broken }, new Tokens()), { code: 'config-invalid' });
});
