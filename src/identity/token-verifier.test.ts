import assert from 'node:assert/strict';
import { createHmac, createPublicKey, createSign, generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { githubClaims } from '../../test/support/ci-claims.ts';
import { JWKS_PATH, startTokenIssuer, type TokenIssuer } from '../../test/support/token-issuer.ts';
import { AUDIENCE, makeIssuer, makeVerifier, NOW_SECONDS, tokenRefused } from '../../test/support/token-verifier.ts';
import { type TokenReason, TokenRefused } from './token-reason.ts';

let source: TokenIssuer;
before(async () => void (source = await startTokenIssuer()));
after(() => source.close());

const claims = (more: object = {}) => ({
  ...githubClaims({ iss: source.url, aud: AUDIENCE, nowSeconds: NOW_SECONDS }),
  ...more,
});
const encode = (text: string) => Buffer.from(text).toString('base64url');
const github = () => makeVerifier(makeIssuer(source.url, 'github'));

async function refuses(token: string, reason: TokenReason): Promise<void> {
  await assert.rejects(github().verify(token), tokenRefused(reason, token));
}

/** A token whose header and payload are the given texts, signed by nobody. */
const forged = (header: string, payload: string, signature = 'AAAA') =>
  `${encode(header)}.${encode(payload)}.${signature}`;

describe('the form of a token', () => {
  test('an absent, oversized or incomplete token is refused before anything is read', async () => {
    await refuses('', 'token-missing');
    await refuses('a'.repeat(16 * 1024 + 1), 'token-too-large');
    for (const token of ['a', 'a.b', 'a.b.c.d', 'a..c', '..', '.b.c', 'a.b.']) await refuses(token, 'token-malformed');
  });

  test('trailing data, padding and a second spelling of the same bytes are refused', async () => {
    const token = await source.sign(claims());
    const [header = '', payload = '', signature = ''] = token.split('.');
    for (const changed of [
      `${token}\n`,
      `${token} `,
      `${token}=`,
      `${header}=.${payload}.${signature}`,
      `${header}.${payload}==.${signature}`,
      `${header}.${payload}.${signature.replaceAll('-', '+').replaceAll('_', '/')}==`,
      `${header}.${payload}.${signature.slice(0, -1)}${respell(signature.at(-1) ?? '')}`,
    ]) {
      await refuses(changed, 'token-malformed');
    }
  });

  test('a member name that occurs twice is refused, in the header, in the payload and deeper', async () => {
    const header = '{"alg":"RS256","kid":"k"}';
    for (const [first, second] of [
      ['{"alg":"none","alg":"RS256","kid":"k"}', '{}'],
      [header, `{"iss":"${source.url}","iss":"x"}`],
      [header, '{"aud":"a","\\u0061ud":"b"}'],
      [header, '{"a":{"b":[{"c":1,"c":2}]}}'],
    ] as const) {
      await refuses(forged(first, second), 'token-malformed');
    }
    await refuses(forged(header, '{"a":{"x":1},"b":{"x":2},"iss":"https://x"}'), 'issuer-unknown');
  });

  test('what is not one JSON object in UTF-8 is refused', async () => {
    const header = '{"alg":"RS256","kid":"k"}';
    for (const payload of ['[]', '1', 'null', '"x"', '{', '{}{}', '{"a":1,}', '\uFEFF{}', '']) {
      await refuses(forged(header, payload), 'token-malformed');
    }
    const invalid = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff]), Buffer.from('"}')]).toString(
      'base64url',
    );
    await refuses(`${encode(header)}.${invalid}.AAAA`, 'token-malformed');
    await refuses(forged(header, `${'{"a":'.repeat(17)}1${'}'.repeat(17)}`), 'token-malformed');
  });
});

describe('the header of a token', () => {
  test('alg none is refused, in any case', async () => {
    const payload = JSON.stringify(claims());
    for (const alg of ['none', 'None', 'NONE', '', 'RS1', 'HS256']) {
      await refuses(forged(JSON.stringify({ alg, kid: 'RS256-1' }), payload), 'algorithm-refused');
    }
    await refuses(forged('{"kid":"RS256-1"}', payload), 'algorithm-refused');
  });

  test('a token signed by HMAC with the public RSA key as its secret is refused', async () => {
    const [jwk] = source.jwks().keys;
    const key = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
    const input = `${encode(JSON.stringify({ alg: 'HS256', kid: jwk?.kid }))}.${encode(JSON.stringify(claims()))}`;
    for (const type of ['spki', 'pkcs1'] as const) {
      const pem = key.export({ type, format: 'pem' });
      const mac = createHmac('sha256', pem).update(input).digest('base64url');
      await refuses(`${input}.${mac}`, 'algorithm-refused');
    }
  });

  test('an algorithm that the issuer does not use is refused although its key is published', async () => {
    await refuses(await source.sign(claims(), { alg: 'ES256' }), 'algorithm-refused');
  });

  test('a key id must be there, and must be one that the issuer publishes', async () => {
    const payload = JSON.stringify(claims());
    await refuses(forged('{"alg":"RS256"}', payload), 'header-refused');
    await refuses(forged('{"alg":"RS256","kid":""}', payload), 'header-refused');
    await refuses(forged('{"alg":"RS256","kid":1}', payload), 'header-refused');
    for (const kid of ['unknown', '../../etc/passwd', '__proto__', "' or 1=1", 'RS256-1\0']) {
      await refuses(await source.sign(claims(), { kid }), 'key-unknown');
    }
  });

  test('what an operator is told is what differs', async () => {
    const [header = '', payload = '', signature = ''] = (await source.sign(claims())).split('.');
    const told = async (token: string) => {
      const refused = await github()
        .verify(token)
        .catch((error: unknown) => error);
      assert.ok(refused instanceof TokenRefused);
      return refused.detail.replaceAll(source.url, 'ISSUER');
    };
    assert.equal(
      await told(await source.sign({ ...claims(), iss: `${source.url}/` })),
      'ISSUER/, which is not ISSUER (github): they must be the same to the letter',
    );
    assert.equal(await told(await source.sign({ ...claims(), iss: 'https://x' })), 'https://x');
    assert.equal(await told(await source.sign(claims(), { alg: 'ES256' })), 'ES256, and github signs with RS256');
    assert.match(await told(await source.sign(claims(), { kid: 'x' })), /^published are RS256-1, ES256-1/);
    assert.equal(
      await told(`${header}.${payload}.A${signature.slice(1)}`),
      'it is not by this key, or the token was changed',
    );
    assert.equal(await told(`Bearer ${header}.${payload}.${signature}`), 'header: not base64url without padding');
    assert.equal(await told(`${header}.${payload}.`), 'it is not signed');
  });

  test('the key of another algorithm does not verify under the id that it has', async () => {
    await refuses(await source.sign(claims(), { kid: 'ES256-1' }), 'key-unknown');
  });

  test('crit, and keys that the token brings or points at, are refused and not fetched', async () => {
    const [jwk] = source.jwks().keys;
    const attacker = await startTokenIssuer();
    for (const extra of [
      { crit: ['exp'], exp: 1 },
      { jwk },
      { jku: `${attacker.url}${JWKS_PATH}` },
      { x5u: `${attacker.url}/x5u` },
      { x5c: ['AAAA'] },
      { b64: false },
    ]) {
      const header = JSON.stringify({ alg: 'RS256', kid: 'RS256-1', ...extra });
      await refuses(forged(header, JSON.stringify(claims())), 'header-refused');
    }
    assert.deepEqual(attacker.requests, []);
    await attacker.close();
  });

  test('a token of another type is refused; JWT and access tokens are read', async () => {
    await refuses(await source.sign(claims(), { typ: 'dpop+jwt' }), 'header-refused');
    for (const typ of ['JWT', 'jwt', 'at+jwt']) await github().verify(await source.sign(claims(), { typ }));
  });
});

describe('the signature and the audience of a token', () => {
  test('a changed payload, a changed signature and the key of somebody else do not verify', async () => {
    const [header = '', payload = '', signature = ''] = (await source.sign(claims())).split('.');
    const other = encode(JSON.stringify(claims({ repository_id: '75' })));
    await refuses(`${header}.${other}.${signature}`, 'signature-wrong');
    const flipped = (signature.startsWith('A') ? 'B' : 'A') + signature.slice(1);
    await refuses(`${header}.${payload}.${flipped}`, 'signature-wrong');
    await refuses(`${header}.${payload}.AAAA`, 'signature-wrong');
    const attacker = await startTokenIssuer();
    await refuses(await attacker.sign(claims()), 'signature-wrong');
    await attacker.close();
  });

  test('a key that is too short to be trusted verifies nothing, although its issuer publishes it', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'short', alg: 'RS256', use: 'sig' };
    const keys = { from: 'declaration', jwks: JSON.stringify({ keys: [jwk] }) } as const;
    const input = `${encode('{"alg":"RS256","kid":"short"}')}.${encode(JSON.stringify(claims()))}`;
    const token = `${input}.${createSign('sha256').update(input).sign(privateKey, 'base64url')}`;
    const { verify } = makeVerifier(makeIssuer(source.url, 'github', { keys }));
    await assert.rejects(verify(token), tokenRefused('signature-wrong', token));
  });

  test('the audience is ours to the letter, and no other stands beside it', async () => {
    for (const aud of [
      undefined,
      null,
      '',
      [],
      [AUDIENCE, 'https://github.com/acme'],
      [AUDIENCE, AUDIENCE],
      [[AUDIENCE]],
      { 0: AUDIENCE },
      'https://github.com/acme',
      `${AUDIENCE}/`,
      'https://Gateway.example',
      ` ${AUDIENCE}`,
    ]) {
      await refuses(await source.sign(claims({ aud })), 'audience-wrong');
    }
    await github().verify(await source.sign(claims({ aud: [AUDIENCE] })));
  });
});

describe('the clock', () => {
  test('30 s of difference are tolerated, and not one more', async () => {
    const at = async (seconds: number, more: object = {}) => {
      const { verify, clock } = github();
      const token = await source.sign(claims(more));
      clock.seconds = NOW_SECONDS + seconds;
      return verify(token);
    };
    await at(0);
    await at(329.999);
    await assert.rejects(at(330), tokenRefused('token-expired'));
    await assert.rejects(at(331), tokenRefused('token-expired'));
    await at(-30);
    await assert.rejects(at(-31), tokenRefused('token-not-yet-valid'));
    await at(0, { nbf: NOW_SECONDS + 30 });
    await assert.rejects(at(0, { nbf: NOW_SECONDS + 31 }), tokenRefused('token-not-yet-valid'));
  });

  test('a token is refused once it is older than its issuer may make it, even where it has not expired', async () => {
    const { verify, clock } = github();
    const token = await source.sign(claims({ exp: NOW_SECONDS + 3600 }));
    clock.seconds = NOW_SECONDS + 630;
    await verify(token);
    clock.seconds = NOW_SECONDS + 631;
    await assert.rejects(verify(token), tokenRefused('token-too-old'));
  });

  test('a token that lives a day is refused unless its issuer has an exception', async () => {
    const day = { exp: NOW_SECONDS + 86_400 };
    await refuses(await source.sign(claims(day)), 'token-too-long-lived');
    const { verify } = makeVerifier(makeIssuer(source.url, 'github', { maxLifetimeSeconds: 86_400 }));
    assert.equal((await verify(await source.sign(claims(day)))).expiresAt, '2026-09-22T14:13:20.000Z');
  });

  test('times that are missing or are no times are refused', async () => {
    for (const more of [
      { exp: undefined },
      { iat: undefined },
      { exp: String(NOW_SECONDS + 300) },
      { iat: String(NOW_SECONDS) },
      { nbf: 'x' },
      { exp: -1 },
      { exp: 1e300 },
    ]) {
      await refuses(await signRaw(more), 'times-malformed');
    }
  });
});

describe('using a token twice', () => {
  test('the same signed bytes have one replay key, whatever was done to an ECDSA signature', async () => {
    const issuer = makeIssuer(source.url, 'github', { algorithms: ['ES256'] });
    const { verify } = makeVerifier(issuer);
    const token = await source.sign(claims(), { alg: 'ES256' });
    const malleated = withOtherSignature(token);
    assert.notEqual(malleated, token);
    const [first, second] = [await verify(token), await verify(malleated)];
    assert.equal(second.replayKey, first.replayKey);
    assert.notEqual(second.tokenDigest, first.tokenDigest);
  });

  test('tokens without a jti are told apart, and the same claims of two issuers too', async () => {
    const other = await startTokenIssuer();
    const { verify } = makeVerifier(
      makeIssuer(source.url, 'github'),
      makeIssuer(other.url, 'github', { name: 'other' }),
    );
    const keys = [
      await verify(await source.sign(claims({ jti: undefined, run_id: '1' }))),
      await verify(await source.sign(claims({ jti: undefined, run_id: '2' }))),
      await verify(await other.sign(claims({ jti: undefined, run_id: '1', iss: other.url }))),
    ].map(({ replayKey }) => replayKey);
    assert.equal(new Set(keys).size, 3);
    await other.close();
  });
});

/** Signs claims that jose's own checks would not let through. */
async function signRaw(more: object): Promise<string> {
  return source.sign(JSON.parse(JSON.stringify(claims(more))) as object);
}

/** Another character of base64url whose unused low bits differ: some decoders read the same bytes from it. */
function respell(last: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return alphabet.charAt(alphabet.indexOf(last) ^ 1);
}

/** (r, s) and (r, n - s) both verify. */
function withOtherSignature(token: string): string {
  const [header, payload, signature = ''] = token.split('.');
  const bytes = Buffer.from(signature, 'base64url');
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  const s = BigInt(`0x${bytes.subarray(32).toString('hex')}`);
  const other = Buffer.from((order - s).toString(16).padStart(64, '0'), 'hex');
  return `${header}.${payload}.${Buffer.concat([bytes.subarray(0, 32), other]).toString('base64url')}`;
}
