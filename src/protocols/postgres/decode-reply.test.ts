import assert from 'node:assert/strict';
import { test } from 'node:test';
import { postgresReplyDecoder } from './decode-reply.ts';
import { BACKEND, cstring, errorResponse, int16, int32, message, noticeResponse, readyForQuery } from './messages.ts';

const column = (name: string, type: number, format = 0) => [
  cstring(name),
  int32(0),
  int16(0),
  int32(type),
  int16(-1),
  int32(-1),
  int16(format),
];
const shape = (...columns: (readonly Buffer[])[]) =>
  message(BACKEND.rowDescription, int16(columns.length), ...columns.flat());
const field = (value: Buffer | null) => (value === null ? [int32(-1)] : [int32(value.length), value]);
const row = (...values: (Buffer | null)[]) => message(BACKEND.dataRow, int16(values.length), ...values.flatMap(field));
const complete = (tag: string) => message(BACKEND.commandComplete, cstring(tag));

test('each statement of a reply is a table, with the names and types of its columns and what the server said', () => {
  const wire = Buffer.concat([
    shape(column('id', 23), column('data', 17, 1)),
    row(Buffer.from('1'), Buffer.from('dead', 'hex')),
    row(Buffer.from('2'), null),
    complete('SELECT 2'),
    complete('CREATE TABLE'),
    readyForQuery('I'),
  ]);
  assert.deepEqual(postgresReplyDecoder().decode(wire), {
    results: [
      {
        columns: [
          { name: 'id', type: 'integer' },
          { name: 'data', type: 'bytea' },
        ],
        rows: [
          ['1', { hex: 'dead' }],
          ['2', null],
        ],
        moreRows: 0,
        tag: 'SELECT 2',
      },
      { columns: [], rows: [], moreRows: 0, tag: 'CREATE TABLE' },
    ],
    notices: [],
  });
});

test('rows that were described in an earlier reply keep its columns', () => {
  const decoder = postgresReplyDecoder();
  decoder.decode(shape(column('name', 25)));
  assert.deepEqual(decoder.decode(Buffer.concat([row(Buffer.from('Ada')), complete('SELECT 1')])).results, [
    { columns: [{ name: 'name', type: 'text' }], rows: [['Ada']], moreRows: 0, tag: 'SELECT 1' },
  ]);
});

test('a text that begins like bytes stays a text, and bytes that are no text are bytes', () => {
  const wire = Buffer.concat([
    shape(column('a', 25), column('b', 25)),
    row(Buffer.from('\\xdead'), Buffer.from('ff00', 'hex')),
    complete('SELECT 1'),
  ]);
  assert.deepEqual(postgresReplyDecoder().decode(wire).results[0]?.rows, [['\\xdead', { hex: 'ff00' }]]);
});

test('of many rows the first thousand are shown, and the rest are counted', () => {
  const rows = Array.from({ length: 1_003 }, (_, index) => row(Buffer.from(String(index))));
  const [result] = postgresReplyDecoder().decode(Buffer.concat([shape(column('n', 23)), ...rows])).results;
  assert.deepEqual([result?.rows.length, result?.moreRows, result?.tag], [1_000, 3, undefined]);
});

test('errors and notices stand beside the tables, and a reply that was cut says so', () => {
  const wire = Buffer.concat([
    noticeResponse({ severity: 'NOTICE', code: '00000', message: 'slow', hint: 'wait' }),
    errorResponse({ severity: 'ERROR', code: '42501', message: 'no' }),
    shape(column('n', 23)).subarray(0, 10),
  ]);
  assert.deepEqual(postgresReplyDecoder().decode(wire).notices, [
    { severity: 'NOTICE', message: 'slow', code: '00000', hint: 'wait' },
    { severity: 'ERROR', message: 'no', code: '42501' },
    { severity: 'CUT', message: '10 bytes more that were not kept, or cannot be read' },
  ]);
});
