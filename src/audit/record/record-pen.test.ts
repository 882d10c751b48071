import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { canonicalJson } from '../canonical-json.ts';
import { afterText, beforeText, bodyBytes, RECORD, RecordWalk, recordSlab } from '../journal/record-codec.ts';
import { resultBound, writeResult } from './event-json.ts';
import { JSON_CHARACTER_BYTES, RecordPen } from './record-pen.ts';

/** The record that `before` and `after` wrote into. */
function written(
  bytes: number,
  before: (pen: RecordPen) => void,
  after: (pen: RecordPen) => void = () => {},
): RecordWalk {
  const slab = recordSlab(bytes);
  const pen = new RecordPen(slab);
  pen.begin({ kind: RECORD.event, flags: 0, session: 1, exchange: 2, at: 3 }, '');
  before(pen);
  pen.after();
  after(pen);
  pen.saltedBody(new Uint8Array(32).fill(7));
  pen.range(Buffer.from('a body'), 2, 6);
  pen.finish();
  const walk = new RecordWalk(slab.bytes.subarray(0, pen.at));
  assert.ok(walk.next());
  return walk;
}

describe('the pen', () => {
  test('writes whole numbers as JavaScript does, up to the largest that is exact', () => {
    const numbers = [0, 1, 9, 10, 99, 100, 4711, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 9_999_999_999, 2 ** 53 - 1];
    for (const number of numbers) assert.equal(beforeText(written(200, (pen) => pen.decimal(number))), String(number));
    fc.assert(
      fc.property(fc.maxSafeNat(), (number) => {
        assert.equal(beforeText(written(200, (pen) => pen.decimal(number))), String(number));
      }),
      { seed: 1 },
    );
  });

  test('writes a count that is none as it is, and not as another number', () => {
    for (const number of [-1, 1.5, Number.NaN, 2 ** 70]) {
      assert.equal(beforeText(written(200, (pen) => pen.decimal(number))), String(number));
    }
  });

  test('writes any string as canonical JSON does', () => {
    assert.equal(beforeText(written(200, (pen) => pen.json('SELECT 20'))), '"SELECT 20"');
    assert.equal(
      beforeText(written(200, (pen) => pen.json('a "b" \\ \n \u001f é \ud800'))),
      '"a \\"b\\" \\\\ \\n \\u001f é \ufffd"',
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const bytes = 200 + text.length * JSON_CHARACTER_BYTES;
        assert.equal(beforeText(written(bytes, (pen) => pen.json(text))), canonicalJson(text));
      }),
      { seed: 1 },
    );
  });

  test('keeps what stands before and after apart, and puts 0x01 and the salt before a body', () => {
    const record = written(
      200,
      (pen) => pen.text('before'),
      (pen) => pen.bytes(Buffer.from('after')),
    );
    assert.equal(beforeText(record), 'before');
    assert.equal(afterText(record), 'after');
    assert.deepEqual(bodyBytes(record), Buffer.concat([Buffer.of(1), Buffer.alloc(32, 7), Buffer.from('body')]));
  });
});

describe('the result of an exchange', () => {
  test('stands in canonical JSON, with what it has', () => {
    const text = (result: Parameters<typeof writeResult>[1]): string =>
      beforeText(written(1_000, (pen) => writeResult(pen, result)));
    assert.equal(text({ status: 'ok', rows: 0 }), '"result":{"rows":"0","status":"ok"},');
    assert.equal(
      text({ status: 'ok', rows: 21, tags: ['SELECT 20', 'INSERT 0 1'] }),
      '"result":{"rows":"21","status":"ok","tags":["SELECT 20","INSERT 0 1"]},',
    );
    assert.equal(
      text({ status: 'error', rows: 0, code: '42P01', tags: [] }),
      '"result":{"code":"42P01","rows":"0","status":"error","tags":[]},',
    );
  });

  test('takes no more room than was reserved for it', () => {
    const result = {
      status: 'cancelled',
      rows: 2 ** 53 - 1,
      code: '\u0001'.repeat(9),
      tags: ['\u0001', '', '"'],
    } as const;
    const record = written(1_000, (pen) => writeResult(pen, result));
    assert.ok(beforeText(record).length <= resultBound(result));
  });
});
