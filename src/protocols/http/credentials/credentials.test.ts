import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Secret } from '../../../model/secret.ts';
import type { HttpCredential } from '../../../model/target.ts';
import type { Fields, MessageBody, OutgoingRequest, RequestHead } from '../message.ts';
import { Concealer } from './concealer.ts';
import { credentialsOf } from './credentials.ts';
import { Tokens } from './tokens.ts';

const REQUEST: OutgoingRequest = {
  method: 'GET',
  scheme: 'https',
  authority: 'api.example',
  target: '/a?x=1&api%5Fkey=mine&y=&API_KEY[]=2;api_key=3',
  fields: [
    ['accept', '*/*'],
    ['x-acme', "the client's"],
  ],
  length: 'none',
};
const CLIENT: RequestHead = {
  version: '1.1',
  method: 'GET',
  authority: 'gateway',
  target: '/a',
  absolute: false,
  fields: [],
};

async function applied(http: HttpCredential): Promise<OutgoingRequest> {
  return await credentialsOf({ user: '', http }, new Tokens()).apply(REQUEST, CLIENT, AbortSignal.abort());
}

const secret = (value: string): Secret => new Secret(value);

describe('what the gateway puts in', () => {
  test('is a token, or a user and a password', async () => {
    const bearer = await applied({ kind: 'bearer', token: secret('abc') });
    assert.deepEqual(bearer.fields.at(-1), ['authorization', 'Bearer abc']);
    const basic = await applied({ kind: 'basic', user: 'ünal', password: secret('p:w') });
    assert.deepEqual(basic.fields.at(-1), ['authorization', 'Basic w7xuYWw6cDp3']);
  });

  test("is a header or a parameter in place of the client's of that name, however it is written", async () => {
    const header = await applied({ kind: 'header', name: 'x-acme', value: secret('k1') });
    assert.deepEqual(header.fields, [
      ['accept', '*/*'],
      ['x-acme', 'k1'],
    ]);
    const query = await applied({ kind: 'query', name: 'api_key', value: secret('a&b=c') });
    assert.equal(query.target, '/a?x=1&y=&api_key=a%26b%3Dc');
  });

  test('is refused where it would end its header, and the message does not show it', async () => {
    for (const value of ['canary\r\nx: y', 'canary\n', 'canaryň', ' canary', 'canary\0']) {
      await assert.rejects(applied({ kind: 'header', name: 'x-acme', value: secret(value) }), (fault: Error) => {
        assert.match(fault.message, /characters that no header can hold/);
        return !fault.message.includes('canary');
      });
    }
  });

  test('counts as refused where the server asks for it again, and not where an application logs its users in', () => {
    const { refusedBy } = credentialsOf({ user: '', http: { kind: 'bearer', token: secret('abc') } }, new Tokens());
    const told = (status: number, scheme: string) =>
      refusedBy({ status, fields: [['www-authenticate', `${scheme} realm="x"`]] });
    assert.deepEqual([told(401, 'Bearer'), told(401, 'Form'), told(403, 'Bearer')], [true, false, false]);
  });
});

describe('a reply that repeats the credential', () => {
  const SECRET = 'canary/"token+1"==';

  test('has stars in its place, in each way of writing it, wherever the body is cut', async () => {
    const concealer = Concealer.of([SECRET, 'canary/']) ?? assert.fail('nothing to conceal');
    const written = [
      SECRET,
      encodeURIComponent(SECRET),
      JSON.stringify(SECRET),
      JSON.stringify(SECRET).replace('/', '\\/'),
    ];
    const text = `canar ${written.join(' ')} canary/ canary`;
    const expected = `canar ${'*'.repeat(18)} ${'*'.repeat(30)} "${'*'.repeat(20)}" "${'*'.repeat(21)}" ${'*'.repeat(7)} canary`;
    for (const size of [1, 2, 7, 64, 1000]) {
      const reply = concealer.reply({ head: { status: 200, fields: [] }, body: bodyOf(text, size) });
      const pieces: Buffer[] = [];
      for (let bytes = await reply.body.read(); bytes !== null; bytes = await reply.body.read()) {
        pieces.push(Buffer.from(bytes));
      }
      assert.equal(Buffer.concat(pieces).toString(), expected, String(size));
      assert.deepEqual(reply.body.trailers, [['x-end', '*'.repeat(7)]]);
    }
    assert.deepEqual(concealer.fields([['location', `/a?key=${encodeURIComponent(SECRET)}#x`]]), [
      ['location', `/a?key=${'*'.repeat(30)}#x`],
    ]);
  });

  test('is let alone where the secret is so short that any text has it', () => {
    assert.equal(Concealer.of(['12345']), undefined);
  });
});

function bodyOf(text: string, size: number): MessageBody {
  const bytes = Buffer.from(text);
  const trailers: Fields = [['x-end', 'canary/']];
  let at = 0;
  return {
    length: bytes.length,
    trailers,
    read: () => {
      if (at >= bytes.length) return Promise.resolve(null);
      at += size;
      return Promise.resolve(bytes.subarray(at - size, at));
    },
  };
}
