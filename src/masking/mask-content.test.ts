import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ResultColumn, ValueType } from '../model/reply.ts';
import { isCardNumber } from './detectors/card.ts';
import { createMaskPlan } from './mask-plan.ts';
import type { Masker } from './masker.ts';

const PLAN = createMaskPlan(['pii', 'secret'], { classified: [] }, Buffer.alloc(32))!;
const CARD = '4111111111111111';

function maskerOf(type: ValueType, format: 'text' | 'binary'): Masker {
  const masker = PLAN.masker([]);
  const column: ResultColumn = { name: 'c', sources: [], plain: true, type, format };
  masker.columns([column]);
  return masker;
}

/** The field in the middle of a buffer; asserts that the cheap test let it be looked at when it changed. */
function masked(type: ValueType, format: 'text' | 'binary', value: string | Buffer): Buffer | null | undefined {
  const masker = maskerOf(type, format);
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeInt32BE(bytes.length);
  const wire = Buffer.concat([Buffer.from('D\0\0\0\0\0\x01', 'latin1'), length, bytes, Buffer.from('D')]);
  const result = masker.field(0, wire, 11, 11 + bytes.length);
  if (result !== undefined) assert.equal(masker.passes(wire, 'rows'), false, 'the cheap test hid a finding');
  return result && Buffer.from(result);
}

function text(type: ValueType, value: string): string | null | undefined {
  const result = masked(type, 'text', value);
  return result && result.toString();
}

function numeric(weight: number, scale: number, ...digits: readonly number[]): Buffer {
  return Buffer.from([digits.length, weight, 0, scale, ...digits].flatMap((short) => [short >> 8, short & 255]));
}

function int8(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
}

test('a finding in text is replaced, and the text around it kept', () => {
  assert.equal(text('text', `Ada <ada@example.com> paid ${CARD}`), 'Ada <[redacted]> paid [redacted]');
  assert.equal(text('text', 'Äda: jürgen@example.de ✓'), 'Äda: [redacted] ✓');
  assert.equal(text('text', 'nothing here'), undefined);
  assert.equal(masked('text', 'binary', 'x ada@example.com')?.toString(), 'x [redacted]');
});

test('an escape hides nothing', () => {
  assert.equal(text('text', '"ada\\u0040example.com"'), '"[redacted]"');
  assert.equal(text('json', '{"m":"ada\\u0040example\\u002ecom \\u00e9"}'), '{"m":"[redacted] \\u00e9"}');
  assert.equal(text('json', '{"m":"\\u0041DA@example.com"}'), '{"m":"[redacted]"}');
});

test('a finding in JSON is replaced within its string, and a number becomes 0', () => {
  assert.equal(
    text('jsonb', `{"mail": "to ada@example.com", "card": ${CARD}, "n": 1, "ada@example.com": null}`),
    '{"mail": "to [redacted]", "card": 0, "n": 1, "[redacted]": null}',
  );
  assert.equal(
    masked('jsonb', 'binary', '\x01{"a": "ada@example.com"}')?.toString('latin1'),
    '\x01{"a": "[redacted]"}',
  );
  assert.equal(text('json', '{"a": 1}'), undefined);
  assert.equal(text('json', '{broken ada@example.com'), '"[redacted]"');
});

test('a key of JSON says what its value is', () => {
  const key = ['wJalrXUtnFEMI/K7MDENG', '/bPxRfiCYEXAMPLEKEY'].join('');
  assert.equal(text('jsonb', `{"SecretAccessKey": "${key}"}`), '{"SecretAccessKey": "[redacted]"}');
  assert.equal(
    text('json', '{"password":"c0rrect-horse","x":"password=c0rrect-horse","n":["c0rrect-horse"]}'),
    '{"password":"[redacted]","x":"password=[redacted]","n":["c0rrect-horse"]}',
  );
});

test('a finding does not join two strings of JSON', () => {
  assert.equal(text('json', '["ada@", "example.com"]'), undefined);
  assert.equal(text('json', `["4111 1111", "1111 1111"]`), undefined);
});

test('a card in a number becomes 0, in text and in binary', () => {
  assert.equal(text('integer8', CARD), '0');
  assert.equal(text('numeric', CARD), '0');
  assert.equal(text('numeric', `${CARD}.00`), '0');
  assert.equal(text('numeric', `${CARD}.25`), undefined);
  assert.equal(text('integer8', '4111111111111112'), undefined);
  assert.deepEqual(masked('integer8', 'binary', int8(4111111111111111n)), int8(0n));
  assert.equal(masked('integer8', 'binary', int8(4111111111111112n)), undefined);
  assert.deepEqual(masked('numeric', 'binary', numeric(3, 0, 4111, 1111, 1111, 1111)), numeric(0, 0));
  assert.deepEqual(masked('numeric', 'binary', numeric(3, 2, 4111, 1111, 1111, 1111)), numeric(0, 0));
  assert.equal(masked('numeric', 'binary', numeric(3, 0, 4111, 1111, 1111, 1112)), undefined);
});

test('no card in binary is hidden from the cheap test', () => {
  const prefixes = ['4', '51', '55', '2221', '2720', '34', '37', '36', '38', '39', '3000', '3059', '3528', '3589'];
  const more = ['60', '62', '64', '65', '81', '82', '2200', '2204', '50', '56', '69'];
  const digits = fc.array(fc.nat(9), { minLength: 18, maxLength: 18 });
  fc.assert(
    fc.property(
      fc.constantFrom(...prefixes, ...more),
      fc.integer({ min: 13, max: 19 }),
      digits,
      (prefix, length, rest) => {
        const body = (prefix + rest.join('')).slice(0, length - 1);
        const number = Array.from({ length: 10 }, (_, check) => `${body}${check}`).find(isCardNumber);
        fc.pre(number !== undefined && BigInt(number) < 2n ** 63n);
        assert.deepEqual(masked('integer8', 'binary', int8(BigInt(number ?? 0))), int8(0n));
        const groups = (number ?? '').padStart(Math.ceil(length / 4) * 4, '0').match(/.{4}/g) ?? [];
        const weight = groups.length - 1;
        while (groups.at(-1) === '0000') groups.pop();
        assert.deepEqual(masked('numeric', 'binary', numeric(weight, 0, ...groups.map(Number))), numeric(0, 0));
      },
    ),
    { numRuns: 500 },
  );
});

test('a finding in bytea empties it, in each of its forms', () => {
  assert.equal(text('bytea', `\\x${Buffer.from('x ada@example.com').toString('hex')}`), '\\x');
  assert.equal(text('bytea', 'ada\\100example.com'), '\\x');
  assert.equal(text('bytea', '\\x00ff'), undefined);
  assert.equal(masked('bytea', 'binary', 'ada@example.com')?.length, 0);
});

test('a finding in a type that no mask is known for makes it NULL', () => {
  assert.equal(text('other', '{ada@example.com,x}'), null);
  assert.equal(text('other', '10.1.2.3'), null);
  assert.equal(masked('other', 'binary', Buffer.from('\x00\x01ada@example.com', 'latin1')), null);
  assert.equal(text('other', '{1,2}'), undefined);
});

test('types that hold no text are not looked at', () => {
  assert.equal(text('uuid', '41111111-1111-1111-1111-111111111111'), undefined);
  assert.equal(text('date', '2024-01-01'), undefined);
  assert.equal(text('integer4', '2147483647'), undefined);
  assert.equal(text('float8', '4111111111111111'), undefined);
});

test('rows whose bytes hide text are always looked at', () => {
  assert.equal(maskerOf('bytea', 'text').passes(Buffer.from('\\x6164'), 'rows'), false);
  assert.equal(maskerOf('text', 'text').passes(Buffer.from('\\x6164'), 'rows'), true);
});

const pieces = fc.constantFrom(
  'ada@example.com',
  CARD,
  '4111 1111 1111 1111',
  'DE89370400440532013000',
  '+44 20 7946 0958',
  '415-555-2671',
  '078-05-1120',
  '10.1.2.3',
  '2001:db8::1',
  'postgres://a:b@c',
  ['ghp_', 'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8'].join(''),
  'a',
  '1',
  '.',
  ' ',
  '-',
  '@',
  ':',
  '/',
  '\\u0040',
  'é',
  '"',
);
const texts = fc.array(pieces, { maxLength: 12 }).map((all) => all.join(''));

test('masked text holds no finding, so that masking twice is masking once', () => {
  fc.assert(
    fc.property(texts, (value) => {
      const once = text('text', value);
      if (once !== undefined) assert.equal(text('text', once ?? ''), undefined, `${value} became ${once}`);
    }),
    { numRuns: 3_000 },
  );
});

test('masked JSON is JSON of the same structure, without findings', () => {
  const json = fc.jsonValue({ maxDepth: 3, stringUnit: 'grapheme-ascii' });
  fc.assert(
    fc.property(json, texts, texts, (value, one, two) => {
      const whole = JSON.stringify({ value, [two]: [one, two, { [one]: 4111111111111111 }] });
      const once = text('json', whole);
      assert.ok(typeof once === 'string');
      assert.equal(JSON.parse(once).value === null, value === null);
      assert.equal(text('json', once), undefined);
    }),
    { numRuns: 1_000 },
  );
});

test('what was found is counted by detector', () => {
  const masker = maskerOf('text', 'text');
  for (const value of ['a@b.org, c@d.org', CARD, 'clean']) masker.field(0, Buffer.from(value), 0, value.length);
  assert.deepEqual(masker.counts(), [
    { by: 'detector', name: 'email', count: 2 },
    { by: 'detector', name: 'card', count: 1 },
  ]);
});

/** A field of a column of that name. */
function namedField(
  name: string,
  type: ValueType,
  format: 'text' | 'binary',
  value: string | Buffer,
): string | undefined {
  const masker = PLAN.masker([]);
  masker.columns([{ name, sources: [], plain: true, type, format }]);
  const bytes = Buffer.from(value);
  assert.equal(masker.passes(bytes, 'rows'), false, 'a column that names its values is always looked at');
  const result = masker.field(0, bytes, 0, bytes.length);
  return result === null ? 'NULL' : result && Buffer.from(result).toString('latin1');
}

function int4(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

test('the name of a column says what its digits are, in text and in numbers', () => {
  assert.equal(namedField('bsn', 'text', 'text', '111222333'), '[redacted]');
  assert.equal(namedField('customerBsn', 'integer4', 'text', '111222333'), '0');
  assert.equal(namedField('bsn', 'integer4', 'binary', int4(111222333)), '\0\0\0\0');
  assert.equal(namedField('pesel', 'integer8', 'text', '44051401359'), '0');
  assert.equal(namedField('NHS number', 'numeric', 'text', '9434765919'), '0');
  assert.equal(namedField('bsn', 'integer4', 'text', '111222334'), undefined);
  assert.equal(masked('integer4', 'text', '111222333'), undefined);
  assert.equal(masked('text', 'text', '111222333'), undefined);
});

test('the name of a column says that its values are secrets', () => {
  assert.equal(namedField('db_password', 'text', 'text', 'Tr0ub4dor3'), '[redacted]');
  assert.equal(namedField('client_secret', 'text', 'text', 'abcd1234efgh'), '[redacted]');
  assert.equal(namedField('password', 'text', 'text', 'changed on 2024-01-01'), undefined);
  assert.equal(namedField('password_policy', 'jsonb', 'text', '{"min": 12, "rounds": 10}'), undefined);
});

test('a key of JSON says what its number is', () => {
  assert.equal(text('jsonb', '{"bsn": 111222333, "n": 111222333}'), '{"bsn": 0, "n": 0}');
  assert.equal(text('jsonb', '{"order": 111222333, "done": true}'), undefined);
});

test('an escape of JSON is cut by no mask, and hides no beginning', () => {
  assert.equal(text('json', '{"m":"to:\\nada@example.com\\nok"}'), '{"m":"to:\\n[redacted]\\nok"}');
  assert.equal(text('json', `{"m":"paid\\n${CARD}"}`), '{"m":"paid\\n[redacted]"}');
  assert.equal(text('json', '{"m":"x {\\"bsn\\": \\"111222333\\"} y"}'), '{"m":"x {\\"bsn\\": \\"[redacted]\\"} y"}');
  assert.equal(text('json', '{"m":"m\\u00fcller@example.com"}'), '{"m":"[redacted]"}');
  assert.equal(text('text', `{"m":"a\\\\n${CARD}"}`), '{"m":"a\\\\n[redacted]"}');
});

test('what is masked in JSON leaves JSON', () => {
  const piece = fc.constantFrom(
    '\\n',
    '\\"',
    '\\\\',
    '\\u0040',
    '\\u00e9',
    'ada@example.com',
    CARD,
    'bsn ',
    '111222333',
    ' ',
    'n',
    '/',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const written = `{"a":"${pieces.join('')}","b":1}`;
      const result = text('json', written);
      assert.doesNotThrow(() => JSON.parse(result ?? written), `${written} became ${result}`);
    }),
    { numRuns: 2_000, seed: 7 },
  );
});

test('what a URL writes as percent signs is found, and the rest of the URL stays', () => {
  const masks: readonly (readonly [string, string])[] = [
    ['q=4111%201111%201111%201111&z=1', 'q=[redacted]&z=1'],
    ['x%2C4111111111111111%2Cy', 'x%2C[redacted]%2Cy'],
    ['tel=%2B14155552671', 'tel=[redacted]'],
    ['iban%3DDE75%205121%200800%201245%201261%2099%3B', 'iban%3D[redacted]%3B'],
    ['bsn%3A%20111222333', 'bsn%3A%20[redacted]'],
    ['100%25 of 20%', '100%25 of 20%'],
    ['/a%20b%2Fc%3Fd', '/a%20b%2Fc%3Fd'],
  ];
  for (const [value, expected] of masks) assert.equal(text('text', value) ?? value, expected);
});
