import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertFindsEach, assertFindsNothing, found } from './found.ts';
import { jwt } from './jwt.ts';

function token(header: unknown, payload: unknown, ...rest: readonly string[]): string {
  return [...[header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')), ...rest].join(
    '.',
  );
}

const SIGNATURE = 'SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c';
const CLAIMS = { sub: '1234567890', name: 'Ada' };

test('tokens are found whatever their algorithm', () => {
  assertFindsEach(jwt, [
    ...['HS256', 'HS512', 'RS256', 'RS512', 'PS256', 'ES256', 'ES384', 'EdDSA'].map((alg) =>
      token({ alg, typ: 'JWT' }, CLAIMS, SIGNATURE),
    ),
    ...['RS256', 'ES256'].map((alg) => token({ alg, kid: 'x'.repeat(40) }, CLAIMS, SIGNATURE.repeat(8))),
    token({ typ: 'JWT', alg: 'HS256' }, CLAIMS, SIGNATURE),
    token({ kid: '1', typ: 'at+jwt', alg: 'RS256' }, CLAIMS, SIGNATURE),
    token({ x5t: 'abc', alg: 'RS256' }, { iss: 'https://issuer.example' }, SIGNATURE),
    token({ alg: 'HS256' }, { a: 1, b: 2 }, SIGNATURE),
    token({ alg: 'HS256', cty: 'JWT' }, CLAIMS, '-_-_-_-_-_-_'),
    token({ alg: 'ES256', jwk: { kty: 'EC' } }, CLAIMS, SIGNATURE),
    `${token({ alg: 'dir', enc: 'A256GCM' }, CLAIMS).split('.')[0]}..48V1_ALb6US04U3b.5eym8TW_c8SuK0ltJ3rpYIzOeDQz7TALvtu6.XFBoMYUZ`,
    `${token({ alg: 'RSA-OAEP', enc: 'A256GCM' }, CLAIMS).split('.')[0]}.OKOawDo13gRp2ojaHV7LFpZcgV7T6DVZKTyKOMTYUmKoTCVJRgckCL9kiMT03JGe.48V1_ALb6US04U3b.5eym8TW_c8SuK0lt.XFBoMYUZ`,
    token({ alg: 'none' }, CLAIMS, 'x'),
    token({ alg: 'HS256' }, { padding: 'y'.repeat(3000) }, SIGNATURE),
  ]);
});

test('what begins like a token and is none is left alone', () => {
  assertFindsNothing(jwt, [
    'eyJ',
    'eyJhbGci',
    'eyJhbGciOiJIUzI1NiJ9',
    'eyJ.eyJ.abc',
    'heyJude.is-a-song.by-the-beatles',
    'eyJeyJeyJeyJ.abc.def',
    'the eyJ of the storm',
    Buffer.from('{"name":"Ada"}').toString('base64url'),
    'eyJuYW1lIjoiQWRhIn0',
    'eyJuYW1lIjoiQWRhIn0.txt',
    `${Buffer.from('{"name":"Ada Lovelace"}').toString('base64url')}.example-domain.com`,
    'aGVsbG8gd29ybGQ.aGVsbG8gd29ybGQ.aGVsbG8gd29ybGQ',
    '1.2.3',
    'com.example.application.Main',
    'a.b.c',
    'EYJHBGCIOIJIUZI1NIJ9.EYJHBGCIOIJIUZI1NIJ9.x',
    'ey JhbGciOiJIUzI1NiJ9.eyJzdWIiOiIx.x',
    'eyJ-----------.----------.---------',
    'file.eyJ.tar.gz',
    'eyJhbGciOiJIUzI1NiJ9 .eyJzdWIiOiIxMjM0NTY3ODkwIn0',
  ]);
});

test('a token after a scheme, a cookie’s name or in a URL is found without them', () => {
  const value = token({ alg: 'HS256' }, CLAIMS, SIGNATURE);
  assert.deepEqual(found(jwt, `Authorization: Bearer ${value}`), [value]);
  assert.deepEqual(found(jwt, `session=${value}; Path=/`), [value]);
  assert.deepEqual(found(jwt, `https://app.example/?jwt=${value}&x=1`), [value]);
  assert.deepEqual(found(jwt, `jwt_${value}`), [value]);
});
