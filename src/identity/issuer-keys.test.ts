import assert from 'node:assert/strict';
import { createSign, generateKeyPairSync } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { describe, test } from 'node:test';
import { githubClaims } from '../../test/support/ci-claims.ts';
import { DISCOVERY_PATH, JWKS_PATH, startTokenIssuer, type TokenIssuer } from '../../test/support/token-issuer.ts';
import { AUDIENCE, makeIssuer, makeVerifier, NOW_SECONDS, tokenRefused } from '../../test/support/token-verifier.ts';

const claimsOf = (source: TokenIssuer, more: object = {}) => ({
  ...githubClaims({ iss: source.url, aud: AUDIENCE, nowSeconds: NOW_SECONDS }),
  exp: NOW_SECONDS + 3600,
  ...more,
});
const patient = { maxAgeSeconds: 3600 };
const json = (response: ServerResponse, body: unknown) => void response.end(JSON.stringify(body));

describe('whose keys are asked for', () => {
  test('an issuer that is not configured is refused without a request, however much it looks like one that is', async () => {
    await using source = await startTokenIssuer();
    const { verify } = makeVerifier(makeIssuer(source.url, 'github'));
    for (const iss of [
      `${source.url}/`,
      source.url.toUpperCase(),
      `${source.url}/acme-enterprise`,
      source.url.replace('127.0.0.1', 'localhost'),
      `${source.url}#`,
      undefined,
      [source.url],
      { url: source.url },
      'http://169.254.169.254/latest',
    ]) {
      const token = await source.sign(claimsOf(source, { iss }));
      await assert.rejects(verify(token), tokenRefused('issuer-unknown'));
    }
    assert.deepEqual(source.requests, []);
  });

  test('an enterprise issuer below the same host is another issuer than the plain one', async () => {
    await using source = await startTokenIssuer('/acme-enterprise');
    const { verify } = makeVerifier(makeIssuer(source.url, 'github'));
    const plain = source.url.replace('/acme-enterprise', '');
    await verify(await source.sign(claimsOf(source)));
    await assert.rejects(verify(await source.sign(claimsOf(source, { iss: plain }))), tokenRefused('issuer-unknown'));
  });

  test('a discovery document that speaks for another issuer is not believed', async () => {
    await using source = await startTokenIssuer();
    const { verify } = makeVerifier(makeIssuer(source.url, 'github'));
    for (const issuer of [`${source.url}/`, 'https://token.actions.githubusercontent.com', undefined]) {
      source.answer(DISCOVERY_PATH, (_, response) => json(response, { issuer, jwks_uri: `${source.url}${JWKS_PATH}` }));
      await assert.rejects(verify(await source.sign(claimsOf(source))), tokenRefused('keys-unavailable'));
    }
    assert.equal(source.requests.includes(JWKS_PATH), false);
  });

  test('keys on another host than the issuer are fetched only where the declaration allows that host', async () => {
    await using source = await startTokenIssuer();
    await using keeper = await startTokenIssuer();
    keeper.answer(JWKS_PATH, (_, response) => json(response, source.jwks()));
    const uri = `${keeper.url}${JWKS_PATH}`;
    source.answer(DISCOVERY_PATH, (_, response) => json(response, { issuer: source.url, jwks_uri: uri }));
    const token = await source.sign(claimsOf(source));
    await assert.rejects(
      makeVerifier(makeIssuer(source.url, 'github')).verify(token),
      tokenRefused('keys-unavailable'),
    );
    assert.deepEqual(keeper.requests, []);
    const hosts = [new URL(keeper.url).host];
    await makeVerifier(makeIssuer(source.url, 'github', { keys: { from: 'discovery', hosts } })).verify(token);
  });

  test('redirects are not followed, neither of the discovery document nor of the keys', async () => {
    for (const path of [DISCOVERY_PATH, JWKS_PATH]) {
      await using source = await startTokenIssuer();
      await using attacker = await startTokenIssuer();
      source.answer(path, (_, response) => void response.writeHead(302, { location: `${attacker.url}${path}` }).end());
      const token = await attacker.sign(claimsOf(source));
      await assert.rejects(
        makeVerifier(makeIssuer(source.url, 'github')).verify(token),
        tokenRefused('keys-unavailable'),
      );
      assert.deepEqual(attacker.requests, []);
    }
  });

  test('a declared key set needs no network at all', async () => {
    await using source = await startTokenIssuer();
    const jwks = JSON.stringify(source.jwks());
    const { verify, archived } = makeVerifier(
      makeIssuer(source.url, 'github', { keys: { from: 'declaration', jwks } }),
    );
    const { jwksDigest } = await verify(await source.sign(claimsOf(source)));
    assert.deepEqual(source.requests, []);
    assert.deepEqual(
      archived.map(({ digest, document }) => [digest, document]),
      [[jwksDigest, jwks]],
    );
  });
});

describe('what an issuer answers', () => {
  test('a key set of 10 MB is refused after its first 256 KiB', async () => {
    await using source = await startTokenIssuer();
    let written = 0;
    let closed = Promise.resolve();
    source.answer(JWKS_PATH, (_, response) => {
      const left = Promise.withResolvers<void>();
      closed = left.promise;
      response.on('close', () => left.resolve());
      response.write('{"keys":[');
      const chunk = `${JSON.stringify(source.jwks().keys[0])},`.repeat(100);
      const more = () => {
        while (written < 10 * 1024 * 1024) {
          written += chunk.length;
          if (!response.write(chunk)) {
            response.once('drain', more);
            return;
          }
        }
        response.end('{}]}');
      };
      more();
    });
    const { verify } = makeVerifier(makeIssuer(source.url, 'github'));
    await assert.rejects(verify(await source.sign(claimsOf(source))), tokenRefused('keys-unavailable'));
    await closed;
    assert.ok(written < 8 * 1024 * 1024, `${written} bytes were taken`);
  });

  test('answers that are no key set are refused: empty, malformed, with a name twice, without keys, too many, not 200', async () => {
    await using source = await startTokenIssuer();
    const key = JSON.stringify(source.jwks().keys[0]);
    for (const body of [
      '',
      'x',
      '[]',
      '{}',
      '{"keys":[]}',
      '{"keys":{}}',
      '{"keys":[1]}',
      `{"keys":[],"keys":[${key}]}`,
      `{"keys":[${Array.from({ length: 101 }, () => key).join(',')}]}`,
    ]) {
      source.answer(JWKS_PATH, (_, response) => void response.end(body));
      const { verify } = makeVerifier(makeIssuer(source.url, 'github'));
      await assert.rejects(verify(await source.sign(claimsOf(source))), tokenRefused('keys-unavailable'));
    }
    source.answer(JWKS_PATH, (_, response) => void response.writeHead(500).end(JSON.stringify(source.jwks())));
    const { verify } = makeVerifier(makeIssuer(source.url, 'github'));
    await assert.rejects(verify(await source.sign(claimsOf(source))), tokenRefused('keys-unavailable'));
  });

  test('two keys under one id are not guessed between', async () => {
    await using source = await startTokenIssuer();
    const before = source.jwks().keys;
    const token = await source.sign(claimsOf(source));
    await source.rotate();
    const twins = source.jwks().keys.map((key) => Object.assign({}, key, { kid: 'RS256-1' }));
    source.answer(JWKS_PATH, (_, response) => json(response, { keys: [...before, ...twins] }));
    await assert.rejects(makeVerifier(makeIssuer(source.url, 'github')).verify(token), tokenRefused('key-unknown'));
  });

  test('a modulus with a leading zero octet, as Jenkins writes it, is the same key', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const jwk = publicKey.export({ format: 'jwk' });
    const padded = Buffer.concat([Buffer.from([0]), Buffer.from(String(jwk.n), 'base64url')]).toString('base64url');
    const jwks = JSON.stringify({ keys: [{ ...jwk, n: padded, kid: 'cred-1', alg: 'RS256', use: 'sig' }] });
    const url = 'https://jenkins.example/oidc';
    const issuer = makeIssuer(url, 'generic', { keys: { from: 'declaration', jwks } });
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const payload = {
      iss: url,
      sub: 'https://jenkins.example/job/x/',
      aud: AUDIENCE,
      iat: NOW_SECONDS,
      exp: NOW_SECONDS + 60,
    };
    const input = `${part({ alg: 'RS256', kid: 'cred-1' })}.${part(payload)}`;
    const signature = createSign('sha256').update(input).sign(privateKey, 'base64url');
    const { workload } = await makeVerifier(issuer).verify(`${input}.${signature}`);
    assert.equal(workload.tokenSubject, 'https://jenkins.example/job/x/');
  });
});

describe('keys over time', () => {
  test('are fetched once for many tokens, and again after ten minutes', async () => {
    await using source = await startTokenIssuer();
    const { verify, clock } = makeVerifier(makeIssuer(source.url, 'github', patient));
    const token = await source.sign(claimsOf(source));
    await Promise.all([verify(token), verify(token), verify(token)]);
    clock.seconds += 599;
    await verify(token);
    assert.deepEqual(source.requests, [DISCOVERY_PATH, JWKS_PATH]);
    clock.seconds += 1;
    await verify(token);
    assert.deepEqual(source.requests, [DISCOVERY_PATH, JWKS_PATH, DISCOVERY_PATH, JWKS_PATH]);
  });

  test('that were rotated are found at once, but an unknown id makes one request in 30 s at most', async () => {
    await using source = await startTokenIssuer();
    const { verify, clock, archived } = makeVerifier(makeIssuer(source.url, 'github', patient));
    const old = await source.sign(claimsOf(source));
    await verify(old);
    await source.rotate();
    const fresh = await source.sign(claimsOf(source));
    await assert.rejects(verify(fresh), tokenRefused('key-unknown'));
    clock.seconds += 30;
    await verify(fresh);
    await assert.rejects(verify(old), tokenRefused('key-unknown'));
    const asked = source.requests.length;
    for (let i = 0; i < 20; i++) {
      const guess = await source.sign(claimsOf(source), { kid: `guess-${i}` });
      await assert.rejects(verify(guess), tokenRefused('key-unknown'));
    }
    assert.equal(source.requests.length, asked);
    assert.equal(new Set(archived.map(({ digest }) => digest)).size, 2);
  });

  test('that were good stay good for a day while the issuer is down or answers nonsense', async () => {
    await using source = await startTokenIssuer();
    const { verify, clock } = makeVerifier(
      makeIssuer(source.url, 'github', { maxAgeSeconds: 200_000, maxLifetimeSeconds: 200_000 }),
    );
    const token = await source.sign(claimsOf(source, { exp: NOW_SECONDS + 200_000 }));
    await verify(token);
    source.answer(JWKS_PATH, (_, response) => void response.end('{"keys":[]}'));
    clock.seconds += 3600;
    await verify(token);
    await source.close();
    clock.seconds = NOW_SECONDS + 86_399;
    await verify(token);
    clock.seconds = NOW_SECONDS + 86_460;
    await assert.rejects(verify(token), tokenRefused('keys-unavailable'));
  });
});
