import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import pg from 'pg';
import type { ValueType } from '../model/reply.ts';
import type { MaskKind } from '../model/target.ts';
import { maskValue } from './masks.ts';

/** The driver's types are declared for text alone, and for an enum of its own; it reads binary, and any number. */
const parserOf = pg.types.getTypeParser as unknown as (
  oid: number,
  format: 'text' | 'binary',
) => (value: Buffer | string) => unknown;
const OID: Readonly<Record<Exclude<ValueType, 'other'>, number>> = {
  textArray: 1009,
  text: 25,
  integer2: 21,
  integer4: 23,
  integer8: 20,
  float4: 700,
  float8: 701,
  numeric: 1700,
  boolean: 16,
  date: 1082,
  timestamp: 1114,
  timestamptz: 1184,
  uuid: 2950,
  json: 114,
  jsonb: 3802,
  bytea: 17,
};

function digest(bytes: Uint8Array): Buffer {
  return createHmac('sha256', 'key of the run').update(bytes).digest();
}

function masked(
  kind: MaskKind,
  type: ValueType,
  format: 'text' | 'binary',
  value: Buffer | string,
  className = 'any',
): Buffer | null {
  return maskValue({ kind, class: className, type, format, digest }, Buffer.from(value));
}

function text(kind: MaskKind, type: ValueType, value: string, className?: string): string | undefined {
  return masked(kind, type, 'text', value, className)?.toString();
}

function int8(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
}

function numeric(weight: number, ...digits: readonly number[]): Buffer {
  return Buffer.from([digits.length, weight, 0, 0, ...digits].flatMap((short) => [(short >> 8) & 255, short & 255]));
}

test('redacted values are zero, empty or a word, each of its own type in text', () => {
  assert.deepEqual(
    {
      text: text('redact', 'text', 'Ada'),
      integer2: text('redact', 'integer2', '-12'),
      integer4: text('redact', 'integer4', '12'),
      integer8: text('redact', 'integer8', '9223372036854775807'),
      float4: text('redact', 'float4', '1.5'),
      float8: text('redact', 'float8', 'NaN'),
      numeric: text('redact', 'numeric', '12.50'),
      boolean: text('redact', 'boolean', 't'),
      date: text('redact', 'date', '1815-12-10'),
      timestamp: text('redact', 'timestamp', '1815-12-10 01:02:03.4'),
      timestamptz: text('redact', 'timestamptz', '1815-12-10 01:02:03.4+01'),
      uuid: text('redact', 'uuid', '3f2504e0-4f89-11d3-9a0c-0305e82c3301'),
      json: text('redact', 'json', '{"a": ["x", 1, true, null]}'),
      jsonb: text('redact', 'jsonb', '"x"'),
      bytea: text('redact', 'bytea', '\\x414243'),
      other: text('redact', 'other', '{1,2}'),
    },
    {
      text: '[redacted]',
      integer2: '0',
      integer4: '0',
      integer8: '0',
      float4: '0',
      float8: '0',
      numeric: '0',
      boolean: 'f',
      date: '1970-01-01',
      timestamp: '1970-01-01 00:00:00',
      timestamptz: '1970-01-01 00:00:00+00',
      uuid: '00000000-0000-0000-0000-000000000000',
      json: '{"a": ["[redacted]", 0, false, null]}',
      jsonb: '"[redacted]"',
      bytea: '\\x',
      other: undefined,
    },
  );
});

test('redacted values in binary are what the same values in text are, read by the driver', () => {
  const samples: readonly (readonly [Exclude<ValueType, 'other'>, string, Buffer])[] = [
    ['text', 'Ada', Buffer.from('Ada')],
    ['integer2', '12', Buffer.from([0, 12])],
    ['integer4', '12', Buffer.from([0, 0, 0, 12])],
    ['integer8', '12', int8(12n)],
    ['float4', '1.5', Buffer.from('3fc00000', 'hex')],
    ['float8', '1.5', Buffer.from('3ff8000000000000', 'hex')],
    ['numeric', '12345.5', numeric(1, 1, 2345, 5000)],
    ['boolean', 't', Buffer.from([1])],
    ['bytea', '\\x4142', Buffer.from('AB')],
  ];
  for (const [type, inText, inBinary] of samples) {
    const readBinary = parserOf(OID[type], 'binary');
    const readText = parserOf(OID[type], 'text');
    const binary = masked('redact', type, 'binary', inBinary);
    assert.ok(binary !== null);
    assert.deepEqual(String(readBinary(binary)), String(readText(text('redact', type, inText) ?? '')), type);
  }
});

test('binary masks have the length and the bytes that PostgreSQL sends', () => {
  const hex = (kind: MaskKind, type: ValueType, value: string): string | undefined =>
    masked(kind, type, 'binary', Buffer.from(value, 'hex'))?.toString('hex');
  assert.equal(hex('redact', 'date', '00002259'), 'ffffd533');
  assert.equal(hex('partial', 'date', '00002259'), '0000223e');
  // 30 years of microseconds before 2000, and the first of January 2024 at midnight.
  assert.equal(hex('redact', 'timestamp', '0002b3712e2a3c80'), 'fffca2fec4c82000');
  assert.equal(hex('partial', 'timestamptz', '0002b3712e2a3c80'), '0002b0d5d4e94000');
  assert.equal(hex('redact', 'uuid', '3f2504e04f8911d39a0c0305e82c3301'), '00'.repeat(16));
  assert.equal(hex('partial', 'uuid', '3f2504e04f8911d39a0c0305e82c3301'), `${'00'.repeat(14)}3301`);
  assert.equal(hex('redact', 'numeric', '0001000000000000000c'), '0000000000000000');
  assert.equal(
    hex('redact', 'jsonb', `01${Buffer.from('"x"').toString('hex')}`),
    `01${Buffer.from('"[redacted]"').toString('hex')}`,
  );
  assert.equal(hex('redact', 'json', Buffer.from('7').toString('hex')), Buffer.from('0').toString('hex'));
  assert.equal(hex('redact', 'bytea', '414243'), '');
  assert.equal(hex('redact', 'boolean', '01'), '00');
});

test('partial masks keep the last four characters, or an e-mail’s domain', () => {
  assert.equal(text('partial', 'text', '4111 1111 1111 1234', 'card'), '**** **** **** 1234');
  assert.equal(text('partial', 'text', 'DE89370400440532013000', 'iban'), '******************3000');
  assert.equal(text('partial', 'text', '+44 20 7946 0958', 'phone'), '+** ** **** 0958');
  assert.equal(text('partial', 'text', 'ada@example.com', 'email'), '[redacted]@example.com');
  assert.equal(text('partial', 'text', 'ada at example', 'email'), '[redacted]');
  assert.equal(text('partial', 'text', 'a@b, c@d e', 'email'), '[redacted]');
  assert.equal(text('partial', 'text', 'Ada', 'name'), '[redacted]');
  assert.equal(text('partial', 'text', 'Lovelacé', 'name'), '*****ac**');
  assert.equal(text('partial', 'integer8', '4111111111111234', 'card'), '9999999999991234');
  assert.equal(text('partial', 'integer4', '2147483647'), '999993647');
  assert.equal(text('partial', 'integer4', '1234567'), '0');
  assert.equal(text('partial', 'integer2', '12345'), '0');
  assert.equal(text('partial', 'numeric', '4111111111111234.00'), '9999999999991234');
  assert.equal(text('partial', 'numeric', '12345678.5'), '0');
  assert.equal(text('partial', 'float8', '123456789012'), '999999999012');
  assert.equal(text('partial', 'date', '1815-12-10'), '1815-01-01');
  assert.equal(text('partial', 'date', '0044-03-15 BC'), '1970-01-01');
  assert.equal(text('partial', 'date', 'infinity'), '1970-01-01');
  assert.equal(text('partial', 'timestamp', '2024-02-03 04:05:06'), '2024-01-01 00:00:00');
  assert.equal(text('partial', 'timestamptz', '2024-02-03 04:05:06+02'), '2024-01-01 00:00:00+00');
});

test('hashes are the same for the same value, in text and in binary, and others for others', () => {
  const pairs: readonly (readonly [ValueType, string, Buffer])[] = [
    ['integer2', '12', Buffer.from([0, 12])],
    ['integer4', '12', Buffer.from([0, 0, 0, 12])],
    ['integer8', '12', int8(12n)],
  ];
  for (const [type, inText, inBinary] of pairs) {
    const binary = masked('hash', type, 'binary', inBinary)!;
    const read = type === 'integer8' ? binary.readBigInt64BE(0) : BigInt(binary.readIntBE(0, binary.length));
    assert.equal(text('hash', type, inText), String(read));
    assert.notEqual(text('hash', type, '13'), String(read));
  }
  assert.equal(text('hash', 'text', 'ada'), text('hash', 'text', 'ada'));
  assert.match(text('hash', 'text', 'ada') ?? '', /^hash:[a-p]{16}$/);
  assert.notEqual(text('hash', 'text', 'ada'), text('hash', 'text', 'bob'));
  assert.match(
    text('hash', 'uuid', '3f2504e0-4f89-11d3-9a0c-0305e82c3301') ?? '',
    /^[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/,
  );
  assert.match(text('hash', 'date', '2024-02-03') ?? '', /^(?:19[7-9]\d|20[0-6]\d)-\d\d-\d\d$/);
  assert.equal(masked('hash', 'bytea', 'binary', 'AB')?.toString('hex'), text('hash', 'bytea', '\\x4142')?.slice(2));
  assert.equal(text('hash', 'bytea', '\\101B'), text('hash', 'bytea', '\\x4142'));
  const wide = BigInt(text('hash', 'numeric', '1.5') ?? '');
  assert.ok(wide >= 800_000_000_000_000n && wide < 900_000_000_000_000n);
  const date = masked('hash', 'date', 'binary', Buffer.from('00002259', 'hex'))!.readInt32BE(0);
  assert.equal(text('hash', 'date', '2024-01-28'), new Date((date + 10_957) * 86_400_000).toISOString().slice(0, 10));
});

test('null is NULL whatever the type', () => {
  for (const type of [...(Object.keys(OID) as ValueType[]), 'other'] as const) {
    assert.equal(masked('null', type, 'text', '1'), null);
  }
});

test('the structure of JSON stays, with its keys, numbers and escapes', () => {
  const kept = '{"name":"[redacted]","tags":["[redacted]","[redacted]"],"n":{"x":0,"y":0},"ok":false,"z":null}';
  const value = '{"name":"Ad\\u00e4 \\"A\\"","tags":["é","\\\\"],"n":{"x":-1.5e10,"y":0},"ok":true,"z":null}';
  assert.equal(text('redact', 'json', value), kept);
  assert.deepEqual(JSON.parse(text('hash', 'json', '["a","a","b"]') ?? '').slice(0, 2), [
    text('hash', 'text', 'a'),
    text('hash', 'text', 'a'),
  ]);
  assert.equal(text('partial', 'jsonb', '{"card":"4111111111111234"}', 'card'), '{"card":"************1234"}');
});

test('what is no JSON becomes a JSON string', () => {
  for (const broken of ['{"a": ', '{a: 1}', '', '"open', 'Ada', '{"a" 1}']) {
    assert.equal(text('redact', 'json', broken), '"[redacted]"', broken);
  }
});

test('JSON of any depth is masked', () => {
  const deep = `${'['.repeat(100_000)}"x"${']'.repeat(100_000)}`;
  assert.equal(text('redact', 'json', deep), deep.replace('x', '[redacted]'));
});

test('masking what is masked changes nothing, but for hashes', () => {
  const values: readonly (readonly [ValueType, string])[] = [
    ['text', '4111 1111 1111 1234'],
    ['text', 'x'],
    ['integer8', '4111111111111234'],
    ['integer4', '2147483647'],
    ['integer2', '32767'],
    ['numeric', '123456789.00'],
    ['float8', '4111111111111234'],
    ['boolean', 't'],
    ['date', '2024-02-03'],
    ['timestamp', '2024-02-03 04:05:06'],
    ['timestamptz', '2024-02-03 04:05:06+02'],
    ['uuid', '3f2504e0-4f89-11d3-9a0c-0305e82c3301'],
    ['json', '{"a":["Ada Lovelace",1,true,null]}'],
    ['bytea', '\\x00'],
  ];
  for (const kind of ['redact', 'partial'] as const) {
    for (const [type, value] of values) {
      const once = text(kind, type, value, 'card') ?? '';
      assert.equal(text(kind, type, once, 'card'), once, `${kind} ${type}`);
    }
  }
});

test('an array of texts keeps its shape, its bounds and its NULLs', () => {
  assert.equal(
    text('redact', 'textArray', '{ada@home,"a \\"b\\" c",NULL,"NULL"}'),
    '{"[redacted]","[redacted]",NULL,"[redacted]"}',
  );
  assert.equal(text('redact', 'textArray', '{}'), '{}');
  assert.equal(text('redact', 'textArray', '[0:1]={{a},{b}}'), '[0:1]={{"[redacted]"},{"[redacted]"}}');
  assert.equal(text('partial', 'textArray', '{"4111 1111 1111 1111"}'), '{"**** **** **** 1111"}');
  assert.equal(
    text('hash', 'textArray', '{ada,ada}')?.split(',')[0]?.slice(1),
    text('hash', 'textArray', '{ada}')?.slice(1, -1),
  );
});

test('an array of texts keeps its shape in binary, and the driver reads both', () => {
  const header = [0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 25, 0, 0, 0, 2, 0, 0, 0, 1];
  const array = Buffer.from([...header, 0, 0, 0, 3, 97, 100, 97, 255, 255, 255, 255]);
  const read = masked('redact', 'textArray', 'binary', array);
  assert.deepEqual(
    read,
    Buffer.concat([Buffer.from([...header, 0, 0, 0, 10]), Buffer.from('[redacted]'), Buffer.alloc(4, 255)]),
  );
  assert.deepEqual(parserOf(1009, 'text')('{"[redacted]",NULL}'), ['[redacted]', null]);
});

test('what is no array of texts becomes NULL', () => {
  assert.equal(masked('redact', 'textArray', 'text', '{"a'), null);
  assert.equal(masked('redact', 'textArray', 'binary', Buffer.from([0, 0, 0, 1])), null);
  assert.equal(
    masked('redact', 'textArray', 'binary', Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 25, 0, 0, 0, 9])),
    null,
  );
});

test('keys of JSON stay where they look like names of fields', () => {
  assert.equal(
    text('redact', 'json', '{"street": "x", "ada@home": 1, "+44 20": {"a_b": null}, "id1234567": true}'),
    '{"street": "[redacted]", "[redacted]": 0, "[redacted]": {"a_b": null}, "[redacted]": false}',
  );
});
