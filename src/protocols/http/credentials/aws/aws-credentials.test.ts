import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Secret } from '../../../../model/secret.ts';
import type { HttpCredential } from '../../../../model/target.ts';
import type { Fields, OutgoingRequest, RequestHead } from '../../message.ts';
import { awsCredentials } from './aws-credentials.ts';
import { sha256, signature, signingKey, stringToSign } from './canonical.ts';
import { signedAgain } from './chunks.ts';

/** Of AWS's test suite for Signature Version 4, all for this key, time and place. */
const SUITE = { at: '20150830T123600Z', region: 'us-east-1', service: 'service' };
const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const POST: Fields = [['content-type', 'application/x-www-form-urlencoded']];

type Vector = readonly [name: string, target: string, fields: Fields, signature: string, body?: string];
const VECTORS: readonly Vector[] = [
  ['get-vanilla', '/', [], '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
  [
    'get-unreserved',
    '/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz',
    [],
    '07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f',
  ],
  ['get-slashes', '//example//', [], '9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84'],
  [
    'get-vanilla-query-order-key-case',
    '/?Param2=value2&Param1=value1',
    [],
    'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
  ],
  [
    'get-vanilla-query-order-value',
    '/?Param1=value2&Param1=value1',
    [],
    '5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694',
  ],
  ['get-vanilla-utf8-query', '/?%E1%88%B4=bar', [], '2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04'],
  [
    'get-header-value-order',
    '/',
    ['value4', 'value1', 'value3', 'value2'].map((value) => ['my-header1', value]),
    '08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01',
  ],
  [
    'get-header-value-trim',
    '/',
    [
      ['my-header1', ' value1'],
      ['my-header2', '"a   b   c"'],
    ],
    'acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736',
  ],
  [
    'post-x-www-form-urlencoded',
    '/',
    POST,
    'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
    'Param1=value1',
  ],
];

const CLIENT: RequestHead = {
  version: '1.1',
  method: 'PUT',
  authority: 'gateway',
  target: '/',
  absolute: false,
  fields: [
    ['authorization', 'AWS4-HMAC-SHA256 Credential=placeholder/20150830/eu-west-1/s3/aws4_request, SignedHeaders=host'],
  ],
};
const KEYS: HttpCredential & { readonly kind: 'aws' } = {
  kind: 'aws',
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: new Secret(SECRET),
};
const NOW = Date.parse('2015-08-30T12:36:00Z');
const NEVER = new AbortController().signal;

async function signed(
  request: Partial<OutgoingRequest>,
  { keys = KEYS, client = CLIENT }: { readonly keys?: typeof KEYS; readonly client?: RequestHead } = {},
) {
  const common = { method: 'PUT', scheme: 'https', authority: 'example.amazonaws.com', target: '/' } as const;
  const asked = { ...common, fields: [], length: 'none', ...request } as const;
  return await awsCredentials(keys, () => NOW).apply(asked, client, NEVER);
}

const fieldOf = ({ fields }: OutgoingRequest, name: string) =>
  fields.filter(([other]) => other === name).map(([, v]) => v);

async function* pieces(text: string, size: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text, 'latin1');
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function textOf(body: AsyncIterable<Buffer>): Promise<string> {
  const all: Buffer[] = [];
  for await (const piece of body) all.push(Buffer.from(piece));
  return Buffer.concat(all).toString('latin1');
}

describe("a signature of AWS's own test suite", () => {
  for (const [name, target, fields, expected, body = ''] of VECTORS) {
    test(`is made: ${name}`, () => {
      const [path = '', query = ''] = target.split('?');
      const all: Fields = [['host', 'example.amazonaws.com'], ['x-amz-date', SUITE.at], ...fields];
      const method = name.startsWith('post') ? 'POST' : 'GET';
      const { text } = stringToSign({ method, path, query, fields: all, payload: sha256(body) }, SUITE);
      assert.equal(signature(signingKey(SECRET, SUITE), text), expected);
    });
  }

  test('is that of a chunked body in the S3 reference, wherever the body is cut', async () => {
    const scope = { at: '20130524T000000Z', region: 'us-east-1', service: 's3' };
    const key = signingKey('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', scope);
    const seed = '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9';
    const chunk = (size: number, digest: string) =>
      `${size.toString(16)};chunk-signature=${digest}\r\n${'a'.repeat(size)}\r\n`;
    const placeholder = [65_536, 1_024, 0].map((size) => chunk(size, '0'.repeat(64))).join('');
    const expected = [
      chunk(65_536, 'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648'),
      chunk(1_024, '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497'),
      chunk(0, 'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9'),
    ].join('');
    for (const size of [100, 65_536, 100_000]) {
      assert.equal(await textOf(signedAgain(pieces(placeholder, size), { key, scope, seed })), expected, String(size));
    }
  });
});

test("a chunk is signed again where its client's own signature is right, where that is known", async () => {
  const scope = { at: '20130524T000000Z', region: 'us-east-1', service: 's3' };
  const client = { key: Buffer.alloc(32, 1), scope, seed: '1'.repeat(64) };
  const own = { key: Buffer.alloc(32, 2), scope, seed: '2'.repeat(64) };
  const none = '0'.repeat(64);
  const unsigned = `2;chunk-signature=${none}\r\nab\r\n0;chunk-signature=${none}\r\na:b\r\nx-amz-trailer-signature:${none}\r\n\r\n`;
  const sent = await textOf(signedAgain(pieces(unsigned, 9), client));
  const again = await textOf(signedAgain(pieces(sent, 9), own, client));
  assert.equal(again, await textOf(signedAgain(pieces(unsigned, 9), own)));
  for (const wrong of [unsigned, sent.replace('ab', 'ac'), sent.replace('a:b', 'a:c')]) {
    await assert.rejects(textOf(signedAgain(pieces(wrong, 9), own, client)), /a chunk whose signature is wrong/);
  }
});

describe('a request that is signed again', () => {
  test("goes to the client's region and service with the real keys, and with nothing of its own signature", async () => {
    const keys = { ...KEYS, sessionToken: new Secret('real-session-token') };
    const request = await signed(
      {
        method: 'GET',
        target: '/bucket/a%20b?list-type=2&X-Amz-Signature=00&x-amz-credential=x&prefix=a+b&acl',
        fields: [
          ['x-amz-date', '20150830T123500Z'],
          ['x-amz-security-token', 'placeholder'],
          ['user-agent', 'sdk'],
        ],
      },
      { keys },
    );
    assert.equal(request.target, '/bucket/a%20b?list-type=2&prefix=a%20b&acl');
    assert.deepEqual(fieldOf(request, 'x-amz-date'), ['20150830T123600Z']);
    assert.deepEqual(fieldOf(request, 'x-amz-security-token'), ['real-session-token']);
    assert.match(
      fieldOf(request, 'authorization').join(),
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/20150830\/eu-west-1\/s3\/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token, Signature=[0-9a-f]{64}$/,
    );
    const declared = await signed({}, { keys: { ...KEYS, region: 'us-east-2', service: 'sqs' } });
    assert.match(
      fieldOf(declared, 'authorization').join(),
      /\/us-east-2\/sqs\/aws4_request, SignedHeaders=host;x-amz-date,/,
    );
  });

  test('vouches for the body as its client does: by a digest, not at all, or chunk by chunk', async () => {
    const digest = sha256('body');
    for (const payload of [digest, 'UNSIGNED-PAYLOAD', 'STREAMING-UNSIGNED-PAYLOAD-TRAILER']) {
      const body = pieces('body', 1);
      const request = await signed({ fields: [['x-amz-content-sha256', payload]], length: 4, body });
      assert.deepEqual([fieldOf(request, 'x-amz-content-sha256'), request.body], [[payload], body]);
    }
    const chunks = `2;chunk-signature=${'0'.repeat(64)}\r\nab\r\n0;chunk-signature=${'0'.repeat(64)}\r\nx-amz-checksum-crc32:AA==\r\nx-amz-trailer-signature:${'0'.repeat(64)}\r\n\r\n`;
    const fields: Fields = [['x-amz-content-sha256', 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER']];
    const request = await signed({ fields, length: chunks.length, body: pieces(chunks, 7) });
    const sent = await textOf(request.body ?? assert.fail('no body'));
    assert.equal(sent.length, chunks.length);
    assert.equal(sent.replaceAll(/[0-9a-f]{64}/g, '0'.repeat(64)), chunks);
    assert.equal(sent.includes('0'.repeat(64)), false);
    const dynamo = await signed({ length: 4, body: pieces('body', 2) }, { keys: { ...KEYS, service: 'dynamodb' } });
    assert.equal(await textOf(dynamo.body ?? assert.fail('no body')), 'body');
    assert.deepEqual(fieldOf(dynamo, 'x-amz-content-sha256'), []);
  });

  test('is refused where nobody says for what, where its URL has expired, and for bodies signed in other ways', async () => {
    const unsigned = { ...CLIENT, fields: [] };
    await assert.rejects(signed({}, { client: unsigned }), /for which region and service/);
    const presigned = (at: string) => ({
      ...unsigned,
      target: `/b?X-Amz-Credential=p%2F20150830%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Date=${at}&X-Amz-Expires=60`,
    });
    await signed({}, { client: presigned('20150830T123530Z') });
    for (const at of ['20150830T123400Z', '20150830T130000Z', '2015']) {
      await assert.rejects(signed({}, { client: presigned(at) }), /the presigned URL has expired/, at);
    }
    const fields: Fields = [['x-amz-content-sha256', 'STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD']];
    await assert.rejects(signed({ fields }), /are not signed again/);
  });

  test('ends where its chunks cannot be read', async () => {
    const zero = '0'.repeat(64);
    const signing = { key: Buffer.alloc(32), scope: SUITE, seed: zero };
    const last = `0;chunk-signature=${zero}\r\n\r\n`;
    for (const [text, why] of [
      ['2\r\nab\r\n', /without a signature/],
      [`9000000;chunk-signature=${zero}\r\n`, /too long/],
      [`2;chunk-signature=${zero}\r\nabc\r\n`, /longer than it says/],
      [`2;chunk-signature=${zero}\r\nab`, /no end/],
      [`${last}x`, /more behind its end/],
      [`0;chunk-signature=${zero}\r\nbad\r\n\r\n`, /that are none/],
    ] as const) {
      await assert.rejects(textOf(signedAgain(pieces(text, 5), signing)), why);
    }
    assert.equal((await textOf(signedAgain(pieces(last, 5), signing))).length, last.length);
  });
});
