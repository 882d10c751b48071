import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { JsonRows } from '../model/request.ts';
import type { ColumnMask } from './column-rules.ts';
import { maskJsonRows, rowsOrder } from './mask-json-rows.ts';

const MASKS: Readonly<Record<string, Pick<ColumnMask, 'kind' | 'name'>>> = {
  email: { kind: 'redact', name: 'users.email' },
  pin: { kind: 'null', name: 'users.pin' },
  phone: { kind: 'partial', name: 'users.phone' },
};

function rowsOf(names: readonly string[], shape: JsonRows['shape'] = 'object'): JsonRows {
  return { shape, leaves: names.map((name) => ({ name, sources: [], plain: true })) };
}

interface Form {
  readonly shape?: JsonRows['shape'];
  readonly type?: 'json' | 'jsonb';
  readonly format?: 'text' | 'binary';
}

/** What becomes of a text, or of bytes; undefined where the caller must replace it whole. */
function mask(names: readonly string[], value: string | Buffer, form: Form = {}): string | undefined {
  const { shape = 'object', type = 'json', format = 'text' } = form;
  const order = rowsOrder(rowsOf(names, shape), { type, format }, ({ name }) => MASKS[name]);
  assert.ok(order);
  return maskJsonRows(order, Buffer.from(value))?.value.toString();
}

describe('rows as JSON', () => {
  test('classified leaves become a constant, whatever their type, and the others stay byte for byte', () => {
    const rest = '"id":1.50,"name":"A\\u0064a","tags": [ "x", {"email":"y"} ]';
    for (const leaf of ['"a@b.example"', '12', 'true', 'null', '{"a":[1,"}"]}', '[[],{}]', '"\\"},{"']) {
      assert.equal(
        mask(['id', 'name', 'tags', 'email'], `{${rest},"email":${leaf}}`),
        `{${rest},"email":"[redacted]"}`,
      );
    }
  });

  test('NULL stands for what is masked by NULL, and nothing is kept in part', () => {
    assert.equal(
      mask(['pin', 'phone', 'id'], '{"pin":736284,"phone":"+99 8471 362 950","id":1}'),
      '{"pin":null,"phone":"[redacted]","id":1}',
    );
  });

  test('an aggregate is an array of such objects', () => {
    const form = { shape: 'array' } as const;
    assert.equal(
      mask(['id', 'email'], '[{"id":1,"email":"a"}, \n {"id":2,"email":null}]', form),
      '[{"id":1,"email":"[redacted]"}, \n {"id":2,"email":"[redacted]"}]',
    );
    for (const other of [
      '[]',
      '[null]',
      '[{"id":1,"email":"a"},null]',
      '[[{"id":1,"email":"a"}]]',
      '{"id":1,"email":"a"}',
    ])
      assert.equal(mask(['id', 'email'], other, form), undefined, other);
  });

  test('the keys of jsonb are in its own order: by length, and then by bytes', () => {
    const text = '{"id": 1, "é": 4, "pin": 2, "name": "Ada", "email": "a"}';
    const masked = '{"id": 1, "é": 4, "pin": null, "name": "Ada", "email": "[redacted]"}';
    const names = ['email', 'name', 'pin', 'id', 'é'];
    assert.equal(mask(names, text, { type: 'jsonb' }), masked);
    assert.equal(mask(names, `\u0001${text}`, { type: 'jsonb', format: 'binary' }), `\u0001${masked}`);
    assert.equal(mask(names, `\u0002${text}`, { type: 'jsonb', format: 'binary' }), undefined);
    assert.equal(mask(names, text), undefined);
  });

  test('anything that is not exactly as expected is not masked in part', () => {
    const others = [
      '{"email":"a","id":1}',
      '{"id":1}',
      '{"id":1,"email":"a","x":2}',
      '{"id":1,"id":2,"email":"a"}',
      '{"id":1,"email":"a","email":"b"}',
      '{"id":1,"Email":"a"}',
      '[{"id":1,"email":"a"}]',
      '{"id":1,"email":"a"}{"id":1,"email":"a"}',
      '{"id":1,"email":"a"',
      '{}',
      'null',
      '"a"',
      '',
      'a@b.example',
    ];
    for (const other of others) assert.equal(mask(['id', 'email'], other), undefined, other);
  });

  test('keys are compared as what they say', () => {
    assert.equal(
      mask(['a"b', 'email'], '{"a\\"b" : 1,"\\u0065mail" : "x"}'),
      '{"a\\"b" : 1,"\\u0065mail" : "[redacted]"}',
    );
  });

  test('letters that end with the byte of a backslash are not read', () => {
    const value = Buffer.concat([Buffer.from('{"id":"'), Buffer.from([0x83, 0x5c]), Buffer.from('","email":"a"}')]);
    assert.equal(mask(['id', 'email'], value), undefined);
  });

  test('what is not JSON, or has no leaf to mask, has no order', () => {
    const none = (type: string) =>
      rowsOrder(rowsOf(['id', 'email']), { type, format: 'text' }, ({ name }) => MASKS[name]);
    assert.equal(none('text'), undefined);
    assert.notEqual(none('json'), undefined);
    assert.equal(
      rowsOrder(rowsOf(['id']), { type: 'json', format: 'text' }, ({ name }) => MASKS[name]),
      undefined,
    );
  });

  test('rows are counted', () => {
    const order = rowsOrder(rowsOf(['email'], 'array'), { type: 'json', format: 'text' }, ({ name }) => MASKS[name]);
    assert.ok(order);
    assert.equal(maskJsonRows(order, Buffer.from('[{"email":1},{"email":2},{"email":3}]'))?.rows, 3);
  });

  test('a deep or a long value takes no stack and no more than its length', () => {
    const deep = `${'['.repeat(5_000)}${']'.repeat(5_000)}`;
    const long = JSON.stringify('x'.repeat(1_000_000));
    assert.equal(mask(['id', 'email'], `{"id":${long},"email":${deep}}`), `{"id":${long},"email":"[redacted]"}`);
  });
});
