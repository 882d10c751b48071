import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BACKEND, cstring, errorResponse, int16, int32, message, readyForQuery } from './messages.ts';
import { type ReplayEvent, replayReply } from './replay.ts';
import { displayValue } from './replay-values.ts';

const column = (name: string, type: number, format = 0) => [
  cstring(name),
  int32(0),
  int16(0),
  int32(type),
  int16(-1),
  int32(-1),
  int16(format),
];
const value = (text: string | null) =>
  text === null ? [int32(-1)] : [int32(Buffer.byteLength(text)), Buffer.from(text)];
const shape = message(BACKEND.rowDescription, int16(2), ...column('id', 23), ...column('name', 25));
const row = (...values: (string | null)[]) => message(BACKEND.dataRow, int16(values.length), ...values.flatMap(value));
const complete = message(BACKEND.commandComplete, cstring('SELECT 2'));
const events = (...parts: Buffer[]): readonly ReplayEvent[] => [...replayReply(Buffer.concat(parts))];

test('a recorded reply is shown as columns, rows, tag and state', () => {
  assert.deepEqual(events(shape, row('1', 'Ada'), row('2', null), complete, readyForQuery('I')), [
    {
      kind: 'columns',
      columns: [
        { name: 'id', typeId: 23, format: 'text', align: 'right' },
        { name: 'name', typeId: 25, format: 'text', align: 'left' },
      ],
    },
    { kind: 'row', values: ['1', 'Ada'], hex: [] },
    { kind: 'row', values: ['2', null], hex: [] },
    { kind: 'complete', tag: 'SELECT 2' },
    { kind: 'ready', status: 'I' },
  ]);
});

test('an error is shown with its code and hint', () => {
  const wire = errorResponse({ severity: 'ERROR', code: '42501', message: 'no', hint: 'ask' });
  assert.deepEqual(events(wire), [
    { kind: 'error', fields: { severity: 'ERROR', code: '42501', message: 'no', hint: 'ask' } },
  ]);
});

test('a reply that was capped in the middle of a message ends in a cut, at every place', () => {
  const whole = Buffer.concat([shape, row('1', 'Ada')]);
  for (let kept = shape.length + 1; kept < whole.length; kept++) {
    const last = [...replayReply(whole.subarray(0, kept))].at(-1);
    assert.deepEqual(last, { kind: 'cut', bytes: kept - shape.length });
  }
});

test('bytes that are not the protocol end in a cut and not in an exception', () => {
  assert.deepEqual(events(Buffer.from('D\0\0\0\x01garbage', 'latin1')), [{ kind: 'cut', bytes: 12 }]);
});

test('binary values are shown as psql shows them', () => {
  const shown = (type: number, bytes: string) => displayValue(Buffer.from(bytes, 'hex'), type, 'binary');
  assert.equal(shown(23, 'ffffffff'), '-1');
  assert.equal(shown(20, '7fffffffffffffff'), '9223372036854775807');
  assert.equal(shown(16, '01'), 't');
  assert.equal(shown(701, '3ff8000000000000'), '1.5');
  assert.equal(shown(1082, '00000001'), '2000-01-02');
  assert.equal(shown(1114, '00000000000f4241'), '2000-01-01 00:00:01.000001');
  assert.equal(shown(1114, 'ffffffffffffffff'), '1999-12-31 23:59:59.999999');
  assert.equal(shown(1184, '7fffffffffffffff'), 'infinity');
  assert.equal(shown(1700, '000200004000000200011388'), '-1.50');
  assert.equal(shown(1700, '0001ffff0000000400c8'), '0.0200');
  assert.equal(shown(1700, '00010001000000000001'), '10000');
  assert.equal(shown(2950, '00112233445566778899aabbccddeeff'), '00112233-4455-6677-8899-aabbccddeeff');
  assert.equal(shown(17, 'dead'), '\\xdead');
  assert.equal(shown(25, 'ff00'), '\\xff00');
  assert.equal(shown(23, 'ff'), '\\xff');
});
