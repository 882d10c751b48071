import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createMaskPlan } from '../../masking/mask-plan.ts';
import type { JsonValue } from '../../model/http.ts';
import { canonicalJson } from './canonical-json.ts';
import { EventBlocks, withData } from './events.ts';
import { headerText } from './header-check.ts';
import { maskedMessage } from './mask-message.ts';
import { readMessage } from './message.ts';
import { toolAccess } from './methods.ts';
import { Seals } from './seals.ts';

describe('canonical JSON', () => {
  test('is as RFC 8785 has it: names sorted, numbers and strings as ECMAScript writes them', () => {
    const value: JsonValue = { b: [1e21, 0.1, -0], a: { '\u20ac': 'x\u0001"', A: null, '1': true } };
    assert.equal(canonicalJson(value), '{"a":{"1":true,"A":null,"\u20ac":"x\\u0001\\""},"b":[1e+21,0.1,0]}');
  });
});

describe('the blocks of a stream', () => {
  const stream = 'id: 1\r\ndata: one\r\ndata: more\r\n\r\n: comment\n\ndata:two\n\nevent: x\rdata: three\r\rdata: cut';

  test('are the same however their bytes came, and hold every byte', () => {
    const bytes = Buffer.from(stream);
    for (const size of [1, 2, 3, 7, bytes.length]) {
      const blocks = new EventBlocks(1_000);
      const found = [];
      for (let at = 0; at < bytes.length; at += size) found.push(...blocks.push(bytes.subarray(at, at + size)));
      assert.deepEqual(
        found.map(({ data }) => data),
        ['one\nmore', undefined, 'two', 'three'],
        `${size} bytes at once`,
      );
      assert.equal(Buffer.concat([...found.map((one) => one.bytes), blocks.rest]).toString(), stream);
    }
  });

  test('are bounded', () => {
    const blocks = new EventBlocks(10);
    blocks.push(Buffer.from('data: 1234'));
    assert.throws(() => blocks.push(Buffer.from('5')), RangeError);
  });

  test('keep their ids and times with other data', () => {
    const [block] = new EventBlocks(100).push(Buffer.from('id: 7\nretry: 5\ndata: {"a":1}\n\n'));
    assert.equal(withData(block ?? assert.fail(), '{"a":2}').toString(), 'id: 7\nretry: 5\ndata: {"a":2}\n\n');
  });
});

describe('a header', () => {
  test('is read as it stands, or out of base64 that is whole', () => {
    assert.equal(headerText('plain'), 'plain');
    assert.equal(headerText('=?base64?R3LDvMOfZQ==?='), 'Grüße');
    for (const bad of ['=?base64?R3L?=', '=?base64?*?=', '=?base64?/w==?='])
      assert.equal(headerText(bad), undefined, bad);
  });
});

describe('a sealed text', () => {
  const seals = new Seals(Buffer.alloc(32, 1));

  test('is the same for the same value and use, and opens for no other use', () => {
    const sealed = seals.seal({ id: 'x' }, ['session', 'run_1', 'tracker']);
    assert.equal(seals.seal({ id: 'x' }, ['session', 'run_1', 'tracker']), sealed);
    assert.deepEqual(seals.open(sealed, ['session', 'run_1', 'tracker']), { id: 'x' });
    assert.equal(seals.open(sealed, ['session', 'run_2', 'tracker']), undefined);
    assert.equal(new Seals().open(sealed, ['session', 'run_1', 'tracker']), undefined);
    assert.equal(seals.open(`A${sealed.slice(1)}`, ['session', 'run_1', 'tracker']), undefined);
    assert.equal(seals.open('', []), undefined);
  });
});

describe('what a tool does', () => {
  const target = (...tools: readonly { name: string; access: 'read' | 'write' | 'admin' }[]) =>
    ({ mcp: { tools, transport: { kind: 'http' }, firstUse: 'review' } }) as never;

  test('is what is declared first of its name, and worse where it says itself that it destroys', () => {
    const declared = target({ name: 'get_*', access: 'read' }, { name: '*_all*_now', access: 'admin' });
    assert.equal(toolAccess(declared, 'get_all_now', false), 'read');
    assert.equal(toolAccess(declared, 'drop_all_it_now', false), 'admin');
    assert.equal(toolAccess(declared, 'drop_all', false), 'write');
    assert.equal(toolAccess(declared, 'drop_all', true), 'admin');
    assert.equal(toolAccess(declared, 'get_it', true), 'read');
  });
});

describe('masks of a message', () => {
  const masked = (message: object): string | undefined =>
    maskedMessage(
      JSON.stringify(message),
      createMaskPlan(['email'], { classified: [] }, Buffer.alloc(32))?.masker([]) ?? assert.fail(),
    );

  test('leave one alone that holds nothing', () => {
    assert.equal(
      masked({ jsonrpc: '2.0', id: 1, result: { content: [{ type: 'text', text: 'nothing' }] } }),
      undefined,
    );
  });

  test('are the same in the text of a result and in what it holds', () => {
    const structuredContent = { to: 'ada@planted.test' };
    const content = [{ type: 'text', text: JSON.stringify(structuredContent) }];
    const said = JSON.parse(masked({ jsonrpc: '2.0', id: 1, result: { content, structuredContent } }) ?? '') as {
      readonly result: { readonly content: readonly [{ readonly text: string }]; readonly structuredContent: object };
    };
    assert.deepEqual(JSON.parse(said.result.content[0].text), said.result.structuredContent);
    assert.ok(!JSON.stringify(said).includes('ada@planted'));
  });
});

describe('a message', () => {
  test('of any bytes is read or refused, and never throws', () => {
    let seed = 1;
    const random = (): number => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed;
    };
    const base = Buffer.from(
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","arguments":{"b":[1,"c"]}}}',
    );
    for (let round = 0; round < 3_000; round++) {
      const bytes = Buffer.from(base);
      for (let change = random() % 4; change >= 0; change--) bytes[random() % bytes.length] = random() % 256;
      const read = readMessage(bytes.subarray(0, random() % (bytes.length + 1)));
      assert.ok('why' in read ? read.code <= -32_600 : read.kind.length > 0);
    }
  });
});
