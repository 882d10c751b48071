import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { ExchangeResult, Part, ReplyCount } from '../../model/reply.ts';
import { ClientState } from './client-state.ts';
import { BACKEND, cstring, errorResponse, int16, int32, message, noticeResponse, readyForQuery } from './messages.ts';
import { MeteredReader } from './metered-reader.ts';
import { PassedPart } from './reply-reader.ts';
import { ReplyState } from './reply-state.ts';
import type { PostgresUpstream } from './upstream.ts';

const row = (text: string): Buffer =>
  message(BACKEND.dataRow, int16(1), int32(Buffer.byteLength(text)), Buffer.from(text));
const tag = (text: string): Buffer => message(BACKEND.commandComplete, cstring(text));
const notice = noticeResponse({ severity: 'NOTICE', code: '00000', message: 'hello' });
const copied = (text: string): Buffer => message(BACKEND.copyData, Buffer.from(text));

/** A read, a change, a table made, copies out and in, a portal in two pieces, an error. */
const REPLY = Buffer.concat([
  row('one'),
  row('two'),
  notice,
  row('x'.repeat(300)),
  tag('SELECT 3'),
  tag('UPDATE 7'),
  tag('SELECT 5'),
  message(BACKEND.copyOut, Buffer.from([0, 0, 0])),
  copied('a\n'),
  copied('b\n'),
  message(BACKEND.copyDone),
  tag('COPY 2'),
  message(BACKEND.copyIn, Buffer.from([0, 0, 0])),
  tag('COPY 4'),
  row('three'),
  message(BACKEND.portalSuspended),
  row('four'),
  tag('SELECT 1'),
  errorResponse({ severity: 'ERROR', code: '22012', message: 'division by zero' }),
  readyForQuery('I'),
]);

const LENGTHS = { row: [row('one').length, row('two').length, row('x'.repeat(300)).length], notice: notice.length };
const ERROR_BYTES = errorResponse({ severity: 'ERROR', code: '22012', message: 'division by zero' }).length;

interface Taken {
  readonly wire: Buffer;
  /** `statement: rowsRead rowsChanged bytes`, summed over the parts. */
  readonly counts: readonly string[];
  readonly result: ExchangeResult | undefined;
  readonly rest: string;
}

function reader(whole: boolean): MeteredReader {
  const upstream = { status: 'I', parameters: new Map() } as unknown as PostgresUpstream;
  const state = new ReplyState({ barrier: 'query' }, [], new ClientState(() => undefined), upstream);
  return new MeteredReader(state, (wire, result) => new PassedPart(wire, result), whole);
}

function take(chunks: readonly Buffer[], whole: boolean): Taken {
  const metered = reader(whole);
  const parts = chunks.flatMap((chunk) => {
    const part = metered.take(chunk);
    return part === undefined ? [] : [part];
  });
  return {
    wire: Buffer.concat(parts.map(({ wire }) => wire)),
    counts: summed(parts.flatMap(({ counts }) => counts)),
    result: parts.at(-1)?.result,
    rest: (metered.rest ?? Buffer.alloc(0)).toString('latin1'),
  };
}

function summed(counts: readonly ReplyCount[]): readonly string[] {
  const sums = new Map<number, [number, number, number]>();
  for (const { statement, rowsRead, rowsChanged, bytes } of counts) {
    const [read, changed, size] = sums.get(statement) ?? [0, 0, 0];
    sums.set(statement, [read + rowsRead, changed + rowsChanged, size + bytes]);
  }
  return [...sums].map(([statement, sum]) => `${statement}: ${sum.join(' ')}`);
}

/** Releases rows until so many are out, as a meter does that has no more; what went out, and what was left. */
function cutAfter(parts: readonly Part[], rows: number): { readonly head: Buffer; readonly rest: Buffer } {
  const out: Buffer[] = [];
  let left = rows;
  for (const [index, part] of parts.entries()) {
    const cut = part.cut?.(({ rowsRead }) => {
      left -= rowsRead;
      return left >= 0;
    });
    if (cut?.head !== undefined) out.push(cut.head.wire);
    if (cut?.rest === undefined) continue;
    const rest = [cut.rest.wire, ...parts.slice(index + 1).map(({ wire }) => wire)];
    return { head: Buffer.concat(out), rest: Buffer.concat(rest) };
  }
  return { head: Buffer.concat(out), rest: Buffer.alloc(0) };
}

const COUNTS = [
  `0: 3 0 ${LENGTHS.row.reduce((sum, one) => sum + one, 0) + LENGTHS.notice}`,
  '1: 0 7 0',
  '2: 0 5 0',
  `3: 2 0 ${2 * copied('a\n').length}`,
  '4: 0 4 0',
  `5: 1 0 ${row('three').length}`,
  `6: 1 0 ${row('four').length}`,
  `7: 0 0 ${ERROR_BYTES}`,
];

describe('a reply that is metered', () => {
  for (const whole of [false, true]) {
    const how = whole ? 'in whole messages' : 'in whatever pieces';
    it(`is counted statement by statement, and passes as it came, ${how}`, () => {
      const taken = take([Buffer.concat([REPLY, Buffer.from('next')])], whole);
      assert.ok(taken.wire.equals(REPLY));
      assert.deepEqual(taken.counts, COUNTS);
      assert.equal(taken.rest, 'next');
      assert.equal(taken.result?.code, '22012');
    });

    it(`is counted the same byte by byte, ${how}`, () => {
      const taken = take(
        Array.from(REPLY, (byte) => Buffer.from([byte])),
        whole,
      );
      assert.ok(taken.wire.equals(REPLY));
      assert.deepEqual(taken.counts, COUNTS);
    });

    it(`is counted the same and cut at the same row wherever it is split, ${how}`, () => {
      const chunks = fc.array(fc.nat(REPLY.length), { maxLength: 8 }).map((ends) => {
        const sorted = [...ends].sort((a, b) => a - b);
        return [...sorted, REPLY.length].map((end, i) => REPLY.subarray(sorted[i - 1] ?? 0, end));
      });
      fc.assert(
        fc.property(chunks, fc.nat(8), (pieces, rows) => {
          const taken = take(pieces, whole);
          assert.ok(taken.wire.equals(REPLY));
          assert.deepEqual(taken.counts, COUNTS);
          const metered = reader(whole);
          const parts = pieces.flatMap((piece) => metered.take(Buffer.from(piece)) ?? []);
          const { head, rest } = cutAfter(parts, rows);
          assert.ok(Buffer.concat([head, rest]).equals(REPLY));
          assert.equal(head.length, CUTS[rows] ?? REPLY.length);
        }),
        { numRuns: 300, seed: 20_261_123 },
      );
    });
  }

  it('is cut before a row that is longer than what has come of it', () => {
    const metered = reader(false);
    const long = row('y'.repeat(10_000));
    const part = metered.take(Buffer.concat([row('one'), long.subarray(0, 100)])) ?? assert.fail('no part');
    assert.equal(metered.isTorn, true);
    assert.deepEqual(summed(part.counts), [`0: 2 0 ${row('one').length + long.length}`]);
    const { head, rest } = part.cut(({ bytes }) => bytes < 1_000);
    assert.ok(head?.wire.equals(row('one')));
    assert.ok(rest?.wire.equals(long.subarray(0, 100)));
    // The rest of the row begins nothing, so it cannot be cut and counts nothing.
    const next = metered.take(long.subarray(100, 5_000)) ?? assert.fail('no part');
    assert.deepEqual(next.counts, []);
    assert.equal(next.cut(() => false).rest, undefined);
  });

  it('is cut again where it was cut, and counts what is left', () => {
    const part = reader(false).take(REPLY) ?? assert.fail('no part');
    let rows = 0;
    const first = part.cut(({ rowsRead }) => (rows += rowsRead) <= 1);
    const rest = first.rest ?? assert.fail('nothing was left');
    assert.deepEqual(summed(rest.counts ?? []), [
      `0: 2 0 ${sizeOf(1) + sizeOf(2) + LENGTHS.notice}`,
      ...COUNTS.slice(1),
    ]);
    const second = rest.cut?.(({ rowsChanged }) => rowsChanged === 0);
    assert.equal(second?.rest?.wire.toString('latin1', 5, 13), 'UPDATE 7');
    assert.equal(second?.rest?.result?.code, '22012');
    assert.equal(second?.head?.result, undefined);
  });
});

function sizeOf(index: number): number {
  return LENGTHS.row[index] ?? 0;
}

/** Where the nth row begins: what goes out where so many rows may. */
const CUTS: readonly number[] = starts(REPLY);

function starts(wire: Buffer): readonly number[] {
  const found: number[] = [];
  for (let at = 0; at < wire.length; at += 1 + wire.readInt32BE(at + 1)) {
    if (wire[at] === BACKEND.dataRow || wire[at] === BACKEND.copyData) found.push(at);
  }
  return found;
}
