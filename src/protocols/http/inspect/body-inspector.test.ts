import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import type { HttpBodyFacts, HttpFacts } from '../../../model/http.ts';
import type { TargetName } from '../../../model/ids.ts';
import type { Target } from '../../../model/target.ts';
import type { AskedHead } from '../inspector.ts';
import { createBodyInspector } from './body-inspector.ts';

const TARGET: Target = {
  name: 'api' as TargetName,
  protocol: 'http',
  address: { host: 'api.example.com', port: 443 },
  tls: { mode: 'verify-full' },
  labels: {},
  classified: [],
  recordMode: 'batched',
  storedReplyBytes: 1,
};

function asked(contentType: string, codings: readonly string[] = []): AskedHead {
  const facts: HttpFacts = {
    method: 'POST',
    host: 'api.example.com',
    path: '/orders',
    query: {},
    headers: { 'content-type': contentType, ...(codings.length > 0 && { 'content-encoding': codings.join(', ') }) },
    mediaType: contentType.split(';', 1)[0] ?? '',
    body: { kind: 'unread' },
  };
  return { target: TARGET, facts, codings, contentType };
}

const inspector = createBodyInspector({ asksForBody: () => true });

async function bodyOf(
  bytes: string | Buffer,
  head: AskedHead = asked('application/json'),
  complete = true,
): Promise<HttpBodyFacts | undefined> {
  const { operations } = await inspector.inspect(head, { bytes: Buffer.from(bytes), complete });
  return operations[0]?.http?.body;
}

const unknown = (why: string): HttpBodyFacts => ({ kind: 'unknown', why });

describe('what is read of a body', () => {
  test('JSON, by whichever name its type has', async () => {
    for (const type of ['application/json', 'application/vnd.api+json; charset=UTF-8', 'text/json']) {
      const value = { tier: 'gold', items: [{ sku: 'x-1' }, { sku: 'ü' }], n: 2.5, on: true, no: null };
      assert.deepEqual(await bodyOf(JSON.stringify(value), asked(type)), { kind: 'fields', value });
    }
  });

  test('a form, in which a name may occur more than once', async () => {
    assert.deepEqual(await bodyOf('tier=gold&tag=a+b&tag=%C3%BC&empty', asked('application/x-www-form-urlencoded')), {
      kind: 'fields',
      value: { tier: 'gold', tag: ['a b', 'ü'], empty: '' },
    });
  });

  test('what readers read in different ways is unknown, and says why', async () => {
    const cases: readonly (readonly [body: string | Buffer, why: string])[] = [
      ['{"tier":"gold"', 'it is no JSON'],
      ['{"tier":"a","ti\\u0065r":"b"}', 'a member name in it occurs twice'],
      ['{"a":[{"b":1},{"b":2,"b":3}]}', 'a member name in it occurs twice'],
      ['\uFEFF{"tier":"gold"}', 'it is no JSON'],
      [Buffer.from('{"tier":"gold"}', 'utf16le'), 'it is no JSON'],
      [Buffer.from([0x22, 0xff, 0x22]), 'it is not UTF-8'],
      ['{"tier":"\\ud800"}', 'a string in it is no text'],
      ['{"id":9007199254740993}', 'a number in it is too large'],
      ['{"id":-1e400}', 'a number in it is too large'],
      [`${'['.repeat(65)}${']'.repeat(65)}`, 'it is nested deeper than 64'],
      [`[${'1,'.repeat(20_000)}1]`, 'it has more than 20000 names and values'],
    ];
    for (const [body, why] of cases) assert.deepEqual(await bodyOf(body), unknown(why), String(body));
    assert.deepEqual((await bodyOf(`${'['.repeat(64)}${']'.repeat(64)}`))?.kind, 'fields');
    assert.deepEqual((await bodyOf('{"a":{"b":1},"b":{"a":1}}'))?.kind, 'fields');
  });

  test('a form that another reader takes for something else is unknown', async () => {
    const form = asked('application/x-www-form-urlencoded');
    assert.deepEqual(await bodyOf(' {"tier":"gold"}', form), unknown('it is called a form, and looks like JSON'));
    assert.deepEqual(await bodyOf('a=1;tier=gold', form), unknown('a form with a semicolon is read in two ways'));
    assert.deepEqual(await bodyOf('tier=%FF', form), unknown('a percent code in it is none'));
  });

  test('every content coding is taken off, the last one first', async () => {
    const json = Buffer.from('{"tier":"gold"}');
    const coded: readonly (readonly [codings: readonly string[], bytes: Buffer])[] = [
      [['gzip'], gzipSync(json)],
      [['deflate'], deflateSync(json)],
      [['br'], brotliCompressSync(json)],
      [['zstd'], zstdCompressSync(json)],
      [['br', 'identity', 'gzip'], gzipSync(brotliCompressSync(json))],
    ];
    for (const [codings, bytes] of coded) {
      const head = asked('application/json', codings);
      assert.deepEqual(await bodyOf(bytes, head), { kind: 'fields', value: { tier: 'gold' } }, codings.join());
    }
  });

  test('what does not decompress to one text of a bounded length is unknown', async () => {
    const json = Buffer.from('{"tier":"gold"}');
    const compress = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync, zstd: zstdCompressSync };
    for (const [coding, pack] of Object.entries(compress)) {
      const head = asked('application/json', [coding]);
      const told = async (bytes: Buffer) => {
        const body = await bodyOf(bytes, head);
        return body?.kind === 'unknown' ? body.why : body?.kind;
      };
      const more = 'there is more behind the end of what is compressed';
      assert.equal(await told(pack(Buffer.alloc(2 ** 20 + 1, ' '))), 'it is too long once it is decompressed', coding);
      assert.equal(await told(pack(json).subarray(0, -3)), 'it cannot be decompressed', coding);
      assert.equal(await told(Buffer.concat([pack(json), pack(Buffer.from(' '))])), more, coding);
      assert.equal(await told(Buffer.from('{"tier"')), 'it cannot be decompressed', coding);
    }
    assert.deepEqual(
      await bodyOf(deflateRawSync(json), asked('application/json', ['deflate'])),
      unknown('it cannot be decompressed'),
    );
    assert.deepEqual(
      await bodyOf(gzipSync(json), asked('application/json', ['compress'])),
      unknown('its content coding is not known'),
    );
    const thrice = asked('application/json', ['gzip', 'gzip', 'gzip']);
    assert.deepEqual(await bodyOf(gzipSync(json), thrice), unknown('it has more than 2 content codings'));
  });

  test('a body that goes on, in another character set or with two types is unknown', async () => {
    assert.deepEqual(await bodyOf('{}', asked('application/json'), false), unknown('it is too long to be read'));
    assert.deepEqual(
      await bodyOf('{}', asked('application/json; charset="utf-16"')),
      unknown('its character set is another one than UTF-8'),
    );
    const twice = { ...asked('application/json'), contentType: 'text/plain' };
    assert.deepEqual(await bodyOf('{}', twice), unknown('its type is said twice'));
    const coded = { ...asked('application/json', ['gzip', 'br']), codings: ['gzip'] };
    assert.deepEqual(await bodyOf(gzipSync('{}'), coded), unknown('its coding is said twice'));
  });

  test('what a service could read with its content coding still on is unknown', async () => {
    const why = 'a service that leaves its content coding on reads it otherwise';
    assert.deepEqual(await bodyOf('{"tier":"tin"}', asked('application/json', ['br'])), unknown(why));
    const form = asked('application/x-www-form-urlencoded', ['gzip']);
    assert.deepEqual(await bodyOf(gzipSync('tier=gold'), form), unknown(why));
  });

  test('other types stay unread, and nothing is read that no rule asks for', async () => {
    assert.deepEqual(await bodyOf('{}', asked('text/plain')), { kind: 'unread' });
    assert.equal(inspector.wants(asked('text/plain')), 0);
    assert.equal(inspector.wants(asked('application/json')), 1024 * 1024);
    const unasked = createBodyInspector({ asksForBody: () => false });
    assert.equal(unasked.wants(asked('application/json')), 0);
    const { operations } = await unasked.inspect(asked('application/json'), {
      bytes: Buffer.from('{}'),
      complete: true,
    });
    assert.deepEqual(operations[0]?.http?.body, { kind: 'unread' });
  });
});
