import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { BodyShape } from '../../model/reply.ts';
import type { Operation } from '../../model/request.ts';
import type { ClassifiedColumn, MaskKind } from '../../model/target.ts';
import { createMaskPlan } from '../mask-plan.ts';

const KEY = Buffer.alloc(32, 7);

function asked(method: string, path: string, more: Partial<Operation> = {}): readonly Operation[] {
  const body = { kind: 'none' } as const;
  const http = { method, host: 'api.example', path, query: {}, headers: {}, mediaType: '', body };
  return [{ kind: 'get', access: 'read', tables: [], functions: [], hasWhere: true, flags: [], http, ...more }];
}

function field(column: string, mask?: MaskKind, more: Partial<ClassifiedColumn> = {}): ClassifiedColumn {
  const table = '/customers/**';
  return { schema: '', table, column, class: 'person', place: 'body', ...(mask && { mask }), ...more };
}

interface Asked {
  readonly classes?: readonly string[];
  readonly path?: string;
  readonly shape?: BodyShape;
}

function maskerFor(fields: readonly ClassifiedColumn[], { classes = ['person'], path = '/customers' }: Asked) {
  const masker = createMaskPlan(classes, { classified: fields }, KEY)?.masker(asked('GET', path));
  assert.ok(masker?.messages);
  return { masker, messages: masker.messages };
}

/** Each chunk in a buffer that is overwritten afterwards, as a socket's read buffer is. */
function masked(chunks: readonly Buffer[], fields: readonly ClassifiedColumn[], how: Asked = {}): string {
  const body = maskerFor(fields, how).messages.body(how.shape ?? 'json');
  const out: Buffer[] = [];
  for (const chunk of chunks) {
    const reused = Buffer.from(chunk);
    out.push(Buffer.from(body.push(reused)));
    reused.fill('!');
  }
  return Buffer.concat([...out, body.end()]).toString();
}

const whole = (text: string, fields: readonly ClassifiedColumn[], how: Asked = {}) =>
  masked([Buffer.from(text)], fields, how);
const bytewise = (text: string, fields: readonly ClassifiedColumn[], how: Asked = {}) =>
  masked(
    Array.from(Buffer.from(text), (byte) => Buffer.from([byte])),
    fields,
    how,
  );

describe('classified fields of JSON', () => {
  const PEOPLE =
    '{"customers":[{"id":7,"email":"ada@example.com","vip":true,"x":{"email":"no@example.com"}},{"email":null}]}';

  test('become what their mask says, wherever lists are, and stay what they were where they can', () => {
    assert.equal(
      whole(PEOPLE, [field('customers[].email', 'partial', { class: 'email' })], { classes: ['email'] }),
      '{"customers":[{"id":7,"email":"[redacted]@example.com","vip":true,"x":{"email":"[redacted]"}},{"email":null}]}',
    );
    assert.equal(
      whole(PEOPLE, [field('customers.email'), field('customers.id'), field('customers.vip')]),
      '{"customers":[{"id":0,"email":"[redacted]","vip":false,"x":{"email":"no@example.com"}},{"email":null}]}',
    );
    assert.equal(
      whole('[{"id":12345678,"on":true},{"id":"12345678"}]', [field('[].id', 'hash'), field('on', 'null')]),
      `[{"id":${hashedNumber('12345678')},"on":null},{"id":"${hashedText('12345678')}"}]`,
    );
  });

  test('are found under any name, at any depth, and with all that stands below them', () => {
    const text =
      '{"a":{"b":{"ssn":"1"}},"ssn":"2","by":{"x":{"name":"3"},"y":{"name":"4","tags":["5",{"joe@x.com":6}]}}}';
    assert.equal(
      whole(text, [field('**.ssn'), field('by.*.name')]),
      '{"a":{"b":{"ssn":"[redacted]"}},"ssn":"[redacted]","by":{"x":{"name":"[redacted]"},"y":{"name":"[redacted]","tags":["5",{"joe@x.com":6}]}}}',
    );
    assert.equal(
      whole(text, [field('by.y')]),
      '{"a":{"b":{"ssn":"1"}},"ssn":"2","by":{"x":{"name":"3"},"y":{"name":"[redacted]","tags":["[redacted]",{"[redacted]":0}]}}}',
    );
  });

  test('are found when a name is escaped, occurs twice, or stands in several texts', () => {
    assert.equal(
      whole('{"em\\u0061il":"a","email":"b","email":"c"}\n{"email":"d"}{"email":["e"]}', [field('email')]),
      '{"em\\u0061il":"[redacted]","email":"[redacted]","email":"[redacted]"}\n{"email":"[redacted]"}{"email":["[redacted]"]}',
    );
  });

  test('are masked the same however the text is cut, with what detectors find beside them', () => {
    const text =
      '{"é":1,"email":"a\\"b","note":"call \\u0061da@example.com","card":4111111111111111}\n{"email":-1.5e3}';
    const how = { classes: ['person', 'card', 'email'] };
    const expected = '{"é":1,"email":"[redacted]","note":"call [redacted]","card":0}\n{"email":0}';
    assert.equal(whole(text, [field('email')], how), expected);
    assert.equal(bytewise(text, [field('email')], how), expected);
  });

  test('are of the path, however its slashes, case and encoding are', () => {
    for (const path of ['/customers', '/customers/', '//Customers/7', '/%63ustomers/7/orders']) {
      assert.equal(whole('{"a":"b"}', [field('a')], { path }), '{"a":"[redacted]"}', path);
    }
    const { messages } = maskerFor([field('a')], { path: '/orders' });
    assert.equal(messages.needsFields, false);
    const table = 'GET /customers/{id}/notes-*';
    const one = [field('a', undefined, { table })];
    assert.equal(whole('{"a":"b"}', one, { path: '/customers/x/notes-1' }), '{"a":"[redacted]"}');
    assert.equal(maskerFor(one, { path: '/customers/x/y/notes-1' }).messages.needsFields, false);
    assert.equal(maskerFor(one, { path: '/customers/x/notes' }).messages.needsFields, false);
  });

  test('do not pass in what is no JSON, is cut off, or goes too deep', () => {
    for (const text of [
      '<html>ada@example.com</html>',
      '{"email":"ada"',
      "{'email':'ada'}",
      '{email:"ada"}',
      '{"email" "ada"}',
      '{"email":"ada",}',
      '["a":1]',
      '{"a":1]',
      '/* */{"email":"ada"}',
      '{"email":NaN}',
      '{"a","email":"ada"}',
      ")]}',\n{}",
      '['.repeat(1_001),
    ]) {
      assert.throws(() => whole(text, [field('email')]), { name: 'Refused' }, text.slice(0, 40));
      assert.throws(() => bytewise(text, [field('email')]), { name: 'Refused' }, text.slice(0, 40));
    }
    assert.throws(() => whole('ada', [field('email')], { shape: 'text' }), { name: 'Refused' });
  });

  test('that are longer than what is held leave nothing of themselves', () => {
    const text = `{"email":"${'x'.repeat(100_000)}","b":1}`;
    const pieces = [
      Buffer.from(text.slice(0, 40_000)),
      Buffer.from(text.slice(40_000, 90_000)),
      Buffer.from(text.slice(90_000)),
    ];
    assert.equal(masked(pieces, [field('email', 'partial')]), '{"email":"[redacted]","b":1}');
  });

  test('are not looked for where an alias could give them another name', () => {
    const plan = createMaskPlan(['person'], { classified: [field('email')] }, KEY);
    const [operation] = asked('POST', '/customers');
    assert.ok(plan && operation?.http);
    const graphql = { type: 'query', name: '', fields: ['me'], renames: true } as const;
    assert.equal(plan.renamed([{ ...operation, http: { ...operation.http, graphql } }]), 'an alias in it');
    assert.equal(plan.renamed(asked('GET', '/customers', { access: 'unknown' })), 'what nobody can read in it');
    assert.equal(plan.renamed(asked('GET', '/customers')), undefined);
    assert.equal(plan.renamed(asked('GET', '/orders', { access: 'unknown' })), undefined);
  });
});

describe('other classified values', () => {
  const CSV = 'id;"e mail";Note\r\n1;"Hopper; ""G""";x\r\n2;;"a\nb"\r\n3;ada@example.com;y';

  test('of CSV are the columns that its first line names', () => {
    const fields = [field('[].e mail', 'partial', { class: 'email' })];
    const expected = 'id;"e mail";Note\r\n1;"[redacted]";x\r\n2;;"a\nb"\r\n3;[redacted]@example.com;y';
    const how = { shape: 'csv', classes: ['email'] } as const;
    assert.equal(whole(CSV, fields, how), expected);
    assert.equal(bytewise(CSV, fields, how), expected);
    assert.throws(() => whole('1,ada\n', [field('email')], { shape: 'csv' }), /first line/);
    assert.throws(() => whole('email,b\nx,y,z\n', [field('email')], { shape: 'csv' }), /more values/);
  });

  test('of forms are the values of their names', () => {
    const text = 'a=1&user%5Bemail%5D=ada%40x.com&email&b=%20';
    const expected = 'a=1&user%5Bemail%5D=%5Bredacted%5D&email&b=%20';
    assert.equal(whole(text, [field('user.email')], { shape: 'form' }), expected);
    assert.equal(bytewise(text, [field('user.email')], { shape: 'form' }), expected);
  });

  test('of headers and cookies are found by name, and counted', () => {
    const fields = [
      field('X-Customer-Email', 'redact', { place: 'header' }),
      field('uid', 'hash', { place: 'cookie' }),
    ];
    const { masker, messages } = maskerFor(fields, {});
    const value = Buffer.from('ada');
    assert.equal(String(messages.named('header', 'x-customer-email', value)), '[redacted]');
    assert.equal(messages.named('header', 'uid', value), undefined);
    assert.match(String(messages.named('cookie', 'UID', value)), /^hash:[a-p]{16}$/);
    assert.deepEqual(masker.counts(), [
      { by: 'column', name: '/customers/** header X-Customer-Email', count: 1 },
      { by: 'column', name: '/customers/** cookie uid', count: 1 },
    ]);
    assert.equal(messages.needsFields, false);
  });
});

describe('what detectors find in JSON that streams', () => {
  const how = { classes: ['person', 'pii', 'secret'] } as const;

  test('is found at every place that it may be cut', () => {
    const text = JSON.stringify({
      'ada@example.com': 4111111111111111,
      n: [1, 'x'],
      password: 'hunter2hunter2',
      s: 'ok',
    });
    const expected = '{"[redacted]":0,"n":[1,"x"],"password":"[redacted]","s":"ok"}';
    for (let cut = 0; cut <= text.length; cut++) {
      assert.equal(
        masked([Buffer.from(text.slice(0, cut)), Buffer.from(text.slice(cut))], [], how),
        expected,
        `${cut}`,
      );
    }
  });

  test('is found in strings of any length, and in what turns out to be no JSON', () => {
    const long = `["${'x '.repeat(40_000)}ada@example.com ${'y '.repeat(40_000)}\\"",4111111111111111]`;
    const expected = long.replace('ada@example.com', '[redacted]').replace('4111111111111111', '0');
    assert.equal(whole(long, [], how), expected);
    assert.equal(masked(cut(Buffer.from(long), 777), [], how), expected);
    const html = `<p class="a">ada@example.com, it's 4111111111111111 "and ${'z, '.repeat(20_000)} bob@example.com`;
    assert.equal(whole(html, [], how), html.replaceAll(/\w+@example\.com|4{1}1{15}/g, '[redacted]'));
    assert.equal(masked(cut(Buffer.from(html), 1_000), [], how), whole(html, [], how));
  });

  test('is the same for any JSON in any chunks, and leaves JSON', () => {
    const leaf = fc.oneof(
      fc.constantFrom('ada@example.com', '4111 1111 1111 1111', 'a\u0000"\\b', 'ü', 'secret', 'postgres://a:b@c/d'),
      fc.constantFrom(4111111111111111, 7, true, null),
      fc.string(),
    );
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof({ maxDepth: 4 }, leaf, fc.array(tie('tree')), fc.dictionary(fc.string(), tie('tree'))),
    }));
    fc.assert(
      fc.property(fc.array(tree, { minLength: 1, maxLength: 5 }), fc.array(fc.nat(60)), (values, sizes) => {
        const text = values.map((value) => JSON.stringify([value])).join('\n');
        const at: Buffer[] = [];
        const bytes = Buffer.from(text);
        let from = 0;
        for (const size of sizes) at.push(bytes.subarray(from, (from += size)));
        at.push(bytes.subarray(from));
        const fields = [field('**.a'), field('[][]', 'hash')];
        const expected = whole(text, [], how);
        assert.equal(masked(at, [], how), expected);
        for (const line of expected.split('\n')) JSON.parse(line);
        assert.doesNotMatch(expected, /ada@|4111/);
        assert.equal(masked(at, fields, how), whole(text, fields, how));
      }),
      { numRuns: 150, seed: 6 },
    );
  });
});

function cut(bytes: Buffer, size: number): readonly Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => bytes.subarray(at * size, (at + 1) * size));
}

function digest(value: string): Buffer {
  return createHmac('sha256', KEY).update(value).digest();
}

function hashedNumber(value: string): string {
  return String(800_000_000_000_000n + (digest(value).readBigUInt64BE(0) % 100_000_000_000_000n));
}

function hashedText(value: string): string {
  const letters = Array.from(digest(value).subarray(0, 8), (byte) =>
    String.fromCharCode(97 + (byte >> 4), 97 + (byte & 15)),
  );
  return `hash:${letters.join('')}`;
}
