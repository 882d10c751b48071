import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { describe, test } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { Refused } from '../model/refusal.ts';
import { Secret } from '../model/secret.ts';
import { type ProvenRequest, verifyProof } from './proof-verifier.ts';

const NOW = Date.parse('2026-01-02T03:04:05.000Z');
const SECONDS = NOW / 1000;
const URL = 'https://gateway.example/v1/carrier/shop';
const GRANT = new Secret('grt_1.secret');
const ATH = createHash('sha256').update('grt_1.secret').digest('base64url');
const KEY = await generateKeyPair('ES256', { extractable: true });
const JWK = await exportJWK(KEY.publicKey);
const REQUEST: ProvenRequest = {
  method: 'GET',
  urls: ['https://localhost:7420/v1/carrier/shop', URL],
  presented: GRANT,
};
const CLAIMS = { htm: 'GET', htu: URL, jti: 'one', iat: SECONDS, ath: ATH };

type Members = Readonly<Record<string, unknown>>;

function proof(claims: Members = {}, header: Members = {}): Promise<string> {
  return new SignJWT({ ...CLAIMS, ...claims })
    .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk: JWK, ...header })
    .sign(KEY.privateKey);
}

test('a proof of the request tells its key, and what must not come twice', async () => {
  const first = await verifyProof(await proof(), REQUEST, NOW);
  assert.match(first.keyThumbprint, /^[\w-]{43}$/);
  assert.match(first.replayKey, /^proof:[\w-]{43}$/);
  assert.equal(first.until, '2026-01-02T03:06:35.000Z');
  const again = await verifyProof(await proof({ iat: SECONDS - 1 }), REQUEST, NOW);
  assert.equal(again.replayKey, first.replayKey);
  const other = await verifyProof(await proof({ jti: 'two' }), REQUEST, NOW);
  assert.notEqual(other.replayKey, first.replayKey);
  assert.equal(other.keyThumbprint, first.keyThumbprint);
});

test('query and fragment of its address do not count, and its time may differ as clocks do', async () => {
  for (const claims of [{ htu: `${URL}?a=1#b` }, { iat: SECONDS + 29 }, { iat: SECONDS - 89 }]) {
    await verifyProof(await proof(claims), REQUEST, NOW);
  }
});

test('a request that presents nothing has a proof without a hash', async () => {
  const { presented: _, ...bare } = REQUEST;
  await verifyProof(await proof({ ath: undefined }), bare, NOW);
  await assert.rejects(verifyProof(await proof(), bare, NOW), refusedFor('another grant'));
});

describe('a proof is refused', () => {
  const cases: readonly (readonly [name: string, claims: Members, header: Members, why: string])[] = [
    ['for another method', { htm: 'POST' }, {}, 'another method'],
    ['for another address', { htu: 'https://elsewhere.example/v1/carrier/shop' }, {}, 'another address'],
    ['for another target', { htu: 'https://gateway.example/v1/carrier/prod' }, {}, 'another address'],
    ['for an address that only begins like it', { htu: `${URL}x` }, {}, 'another address'],
    [
      'for another grant',
      { ath: createHash('sha256').update('grt_2.secret').digest('base64url') },
      {},
      'another grant',
    ],
    ['without a hash of the grant', { ath: undefined }, {}, 'another grant'],
    ['that is too old', { iat: SECONDS - 91 }, {}, 'time is not now'],
    ['of the future', { iat: SECONDS + 31 }, {}, 'time is not now'],
    ['without a time', { iat: undefined }, {}, 'time is not now'],
    ['without an identifier', { jti: undefined }, {}, 'does not verify'],
    ['with an empty identifier', { jti: '' }, {}, 'no identifier'],
    ['with an identifier that fills a disk', { jti: 'x'.repeat(201) }, {}, 'no identifier'],
    ['that is a token of another kind', {}, { typ: 'JWT' }, 'does not verify'],
    ['without its key', {}, { jwk: undefined }, 'does not verify'],
    ['whose key is no key', {}, { jwk: { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' } }, 'does not verify'],
    ['whose key is symmetric', {}, { jwk: { kty: 'oct', k: 'AAAA' } }, 'does not verify'],
    ['that is too long', { more: 'x'.repeat(5_000) }, {}, 'too long'],
  ];
  for (const [name, claims, header, why] of cases) {
    test(name, async () => {
      await assert.rejects(verifyProof(await proof(claims, header), REQUEST, NOW), refusedFor(why));
    });
  }

  test('whose key is private', async () => {
    const jwk = await exportJWK(KEY.privateKey);
    await assert.rejects(verifyProof(await proof({}, { jwk }), REQUEST, NOW), refusedFor('does not verify'));
  });

  test('that another key signed', async () => {
    const other = await exportJWK((await generateKeyPair('ES256')).publicKey);
    await assert.rejects(verifyProof(await proof({}, { jwk: other }), REQUEST, NOW), refusedFor('does not verify'));
  });

  test('of an algorithm that is not on the list, or of none', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const rsa = await new SignJWT(CLAIMS)
      .setProtectedHeader({ typ: 'dpop+jwt', alg: 'RS256', jwk: await exportJWK(publicKey) })
      .sign(privateKey);
    await assert.rejects(verifyProof(rsa, REQUEST, NOW), refusedFor('does not verify'));
    const [, payload = ''] = (await proof()).split('.');
    const header = Buffer.from(JSON.stringify({ typ: 'dpop+jwt', alg: 'none', jwk: JWK })).toString('base64url');
    await assert.rejects(verifyProof(`${header}.${payload}.`, REQUEST, NOW), refusedFor('does not verify'));
  });

  test('that says a thing twice, or is not one JWT', async () => {
    const [header = '', , signature = ''] = (await proof()).split('.');
    const twice = Buffer.from('{"htm":"GET","htm":"GET"}').toString('base64url');
    for (const text of [`${header}.${twice}.${signature}`, '', 'a.b', `${await proof()},${await proof()}`, 'a.b.c.d']) {
      await assert.rejects(verifyProof(text, REQUEST, NOW), refusedFor('not one JWT'));
    }
  });
});

function refusedFor(why: string) {
  return (error: unknown) => {
    assert.ok(error instanceof Refused, String(error));
    assert.equal(error.refusal.code, 'claim-invalid');
    assert.match(error.refusal.message, new RegExp(why));
    return true;
  };
}
