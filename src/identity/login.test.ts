/** Answers that no honest provider gives, and configurations that no login should start with. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { openStore, type Store } from '../store/store.ts';
import { type Login, login } from './login.ts';
import { loginConfig, loginSchema } from './login-config.ts';
import { LoginRefused } from './login-refused.ts';
import { type Claims, readClaims } from './read-claims.ts';
import { returnPath } from './return-to.ts';

const CLIENT = 'chaperone';

type Forge = (honest: Claims, keys: { readonly own: CryptoKey; readonly other: CryptoKey }) => Promise<string> | string;

describe('a provider that lies', () => {
  let url = '';
  let store: Store;
  let keys: { own: CryptoKey; other: CryptoKey };
  let forge: Forge;
  let nonce = '';
  let seenVerifier: string | null = null;
  let kid = 'k';
  const server = createServer((request, response) => {
    void answer(request).then((body) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
    );
  });

  async function answer(request: IncomingMessage): Promise<object> {
    if (request.url === '/keys') return { keys: [{ ...(await exportJWK(keys.own)), d: undefined, kid, alg: 'RS256' }] };
    if (request.url !== '/token') {
      return {
        issuer: url,
        authorization_endpoint: `${url}/authorize`,
        token_endpoint: `${url}/token`,
        jwks_uri: `${url}/keys`,
        id_token_signing_alg_values_supported: ['RS256'],
      };
    }
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk as string;
    seenVerifier = new URLSearchParams(body).get('code_verifier');
    const now = Math.floor(Date.now() / 1000);
    const honest = { iss: url, sub: 'ada', aud: CLIENT, iat: now, exp: now + 60, nonce, preferred_username: 'ada' };
    const token = await forge(honest, keys);
    return { access_token: 'a', token_type: 'Bearer', ...(token === '' ? {} : { id_token: token }) };
  }

  before(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const [own, other] = await Promise.all([generateKeyPair('RS256', { extractable: true }), generateKeyPair('RS256')]);
    keys = { own: own.privateKey, other: other.privateKey };
    store = await openStore({ file: ':memory:' });
  });
  after(async () => {
    await store[Symbol.asyncDispose]();
    server.close();
    server.closeAllConnections();
  });

  const start = (): Login =>
    login({
      store,
      config: loginConfig({ issuer: url, clientId: CLIENT }, undefined),
      now: Date.now,
      random: (bytes) => randomBytes(bytes),
    });
  const finish = async (with_: Forge, own = start()) => {
    const begun = await own.begin({
      browser: undefined,
      redirectUri: 'https://gw.test/login/callback',
      returnTo: '/runs',
    });
    nonce = begun.url.searchParams.get('nonce') ?? '';
    forge = with_;
    const back = new URL('https://gw.test/login/callback?code=c');
    back.searchParams.set('state', begun.url.searchParams.get('state') ?? '');
    return own.finish({ browser: begun.browser, url: back });
  };
  const signed = (claims: object, key: CryptoKey, header = { alg: 'RS256', kid: 'k' }) =>
    new SignJWT({ ...claims }).setProtectedHeader(header).sign(key);

  test('is believed where it does not, and is shown the verifier of the challenge', async () => {
    const { identity, returnTo } = await finish((claims, { own }) => signed(claims, own));
    assert.deepEqual([identity.subject, identity.login, returnTo], ['ada', 'ada', '/runs']);
    assert.match(seenVerifier ?? '', /^[\w-]{43}$/);
  });

  test('is believed under a new key from the second login on, though the keys were asked for a moment ago', async () => {
    const own = start();
    await finish((claims, { own: key }) => signed(claims, key), own);
    const before = keys;
    const { privateKey } = await generateKeyPair('RS256', { extractable: true });
    [keys, kid] = [{ ...before, own: privateKey }, 'new'];
    const renewed: Forge = (claims) => signed(claims, privateKey, { alg: 'RS256', kid: 'new' });
    try {
      await assert.rejects(finish(renewed, own), LoginRefused);
      assert.equal((await finish(renewed, own)).identity.login, 'ada');
    } finally {
      [keys, kid] = [before, 'k'];
    }
  });

  const lies: Readonly<Record<string, Forge>> = {
    'another nonce': (claims, { own }) => signed({ ...claims, nonce: 'x' }, own),
    'no nonce': (claims, { own }) => signed({ ...claims, nonce: undefined }, own),
    'another audience': (claims, { own }) => signed({ ...claims, aud: 'somebody-else' }, own),
    'several audiences without saying who asked': (claims, { own }) =>
      signed({ ...claims, aud: [CLIENT, 'x'], azp: 'x' }, own),
    'another issuer': (claims, { own }) => signed({ ...claims, iss: 'https://evil.example' }, own),
    'an ID token of yesterday': (claims, { own }) =>
      signed({ ...claims, exp: Math.floor(Date.now() / 1000) - 86_400 }, own),
    'a signature by another key': (claims, { other }) => signed(claims, other),
    'no signature': (claims) => new UnsecuredJWT({ ...claims }).encode(),
    'no ID token': () => '',
    'an ID token that is none': () => 'nothing',
    'no subject': (claims, { own }) => signed({ ...claims, sub: undefined }, own),
  };
  for (const [what, lie] of Object.entries(lies)) {
    test(`logs nobody in: ${what}`, async () => {
      await assert.rejects(finish(lie), (error) => error instanceof LoginRefused && error.reason === 'answer-invalid');
    });
  }
});

describe('claims', () => {
  const names = { groupsClaim: 'groups', handleClaims: {}, roles: { admin: ['platform'] } };
  const read = (claims: Claims, more = {}) =>
    readClaims({ iss: 'https://i', sub: 's', ...claims }, { ...names, ...more });
  const unusable = (why: RegExp) => (error: unknown) =>
    error instanceof LoginRefused && error.reason === 'claims-unusable' && why.test(error.message);

  test('name groups in a list, in words, along a path, or under a name with dots', () => {
    const groups = (value: unknown, groupsClaim = 'groups', at: Claims = { groups: value }) =>
      read({ preferred_username: 'ada', ...at }, { groupsClaim }).groups;
    assert.deepEqual(groups(['dba', 'dba', 'ops']), ['dba', 'ops']);
    assert.deepEqual(groups('dba, ops  audit'), ['dba', 'ops', 'audit']);
    assert.deepEqual(groups(undefined), []);
    assert.deepEqual(groups([1, null, 'dba']), ['dba']);
    assert.deepEqual(groups(undefined, 'realm.roles', { realm: { roles: ['dba'] } }), ['dba']);
    assert.deepEqual(groups(undefined, 'https://a.example/groups', { 'https://a.example/groups': ['dba'] }), ['dba']);
    assert.deepEqual(groups(undefined, 'constructor.name'), []);
  });

  test('give roles by groups alone, and never by a claim of that name', () => {
    assert.deepEqual(read({ preferred_username: 'ada', roles: ['admin'], groups: ['dba'] }).roles, []);
    assert.deepEqual(read({ preferred_username: 'ada', groups: ['platform'] }).roles, ['admin']);
  });

  test('make an address a login or a handle only where the provider proved it', () => {
    const proven = read({ email: 'ada@example.com', email_verified: true });
    assert.deepEqual(
      [proven.login, proven.email, proven.handles],
      ['ada@example.com', 'ada@example.com', ['ada@example.com']],
    );
    assert.throws(() => read({ email: 'ada@example.com' }), unusable(/no preferred_username, and no verified email/));
    const unproven = read({ preferred_username: 'ada', email: 'boss@example.com' });
    assert.deepEqual([unproven.email, unproven.handles], ['boss@example.com', []]);
    assert.equal(read({ preferred_username: 'ada', email: 'x@y', email_verified: false }).email, undefined);
  });

  test('take handles from the claims that are named for them', () => {
    const handleClaims = { github: 'github_login', slack: 'slack.id' };
    const claims = { preferred_username: 'ada', github_login: 'octo-ada', slack: { id: 'U024BE7LH' } };
    assert.deepEqual(read(claims, { handleClaims }).handles, ['github:octo-ada', 'slack:U024BE7LH']);
    assert.deepEqual(read({ ...claims, github_login: 'a b\nslack:U1' }, { handleClaims }).handles, ['slack:U024BE7LH']);
  });

  for (const login of ['', ' ', 'ada\u202Egnp', 'ada\nroot', '<b>ada</b>', 'ada~1', 'x'.repeat(201), '\u0000']) {
    test(`make no login of ${JSON.stringify(login.slice(0, 20))}`, () => {
      assert.throws(() => read({ preferred_username: login }), unusable(/./));
    });
  }

  test('with more groups than are taken are refused, and not cut', () => {
    const groups = Array.from({ length: 501 }, (_, n) => `g${n}`);
    assert.equal(read({ preferred_username: 'ada', groups: groups.slice(1) }).groups.length, 500);
    assert.throws(() => read({ preferred_username: 'ada', groups }), unusable(/501 groups/));
  });
});

describe('a path to return to', () => {
  test('is one of our own pages, with what stands in it', () => {
    for (const path of [
      '/',
      '/approvals',
      '/approvals/apr_1?tab=plan#rows',
      '/sessions?text=a%2Fb%20c',
      '/runs/%2e%2e',
    ]) {
      assert.equal(returnPath(path), path === '/runs/%2e%2e' ? '/' : path);
    }
  });

  for (const evil of [
    '//evil.example',
    '///evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/%2fevil.example',
    '/%2F%2Fevil.example',
    '/%5cevil.example',
    '/./ /evil',
    '/.//evil.example',
    '/..//evil.example',
    '/x/..//evil.example',
    'https://evil.example/',
    'https:/evil.example',
    'javascript:alert(1)',
    'data:text/html,x',
    'evil.example',
    '',
    '/\u0009/evil.example',
    '/\u2028/evil',
    '/login/first?code=x',
    '/login',
    '/oauth/token',
    `/${'x'.repeat(2_000)}`,
  ]) {
    test(`is / for ${JSON.stringify(evil.slice(0, 40))}`, () => assert.equal(returnPath(evil), '/'));
  }
});

describe('the configuration of a login', () => {
  const base = { issuer: 'https://login.example.com', clientId: 'chaperone' };

  test('has defaults that most providers go by', () => {
    assert.deepEqual(loginConfig(loginSchema.parse(base), undefined), {
      name: 'login.example.com',
      issuer: 'https://login.example.com',
      clientId: 'chaperone',
      scopes: ['openid', 'profile', 'email', 'groups'],
      groupsClaim: 'groups',
      handleClaims: {},
      roles: {},
    });
  });

  test('always asks for openid', () => {
    assert.deepEqual(loginConfig(loginSchema.parse({ ...base, scopes: ['email'] }), undefined).scopes, [
      'openid',
      'email',
    ]);
  });

  test('is refused in clear beyond this machine, with an unknown role, and with an unknown key', () => {
    for (const wrong of [
      { issuer: 'http://login.example.com' },
      { issuer: 'http://127.0.0.1.evil.example' },
      { issuer: 'ftp://127.0.0.1' },
      { roles: { superuser: ['x'] } },
      { secret: 'x' },
      { scopes: ['a b'] },
    ]) {
      assert.equal(loginSchema.safeParse({ ...base, ...wrong }).success, false, JSON.stringify(wrong));
    }
    assert.equal(loginSchema.safeParse({ ...base, issuer: 'http://127.0.0.1:8080' }).success, true);
  });
});
