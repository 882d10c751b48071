import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { ExchangeResult, FieldMasker, ResultColumn } from '../../model/reply.ts';
import { ClientState } from './client-state.ts';
import { BACKEND, cstring, errorResponse, int16, int32, message, parameterStatus, readyForQuery } from './messages.ts';
import { PassingReader, type ReplyReader, WholeReader } from './reply-reader.ts';
import { ReplyRewriter } from './reply-rewriter.ts';
import { ReplyState } from './reply-state.ts';
import type { Action, PostgresRequest } from './request.ts';
import type { PostgresUpstream } from './upstream.ts';

const TEXT_OID = 25;

function rowDescription(...names: readonly string[]): Buffer {
  const columns = names.flatMap((name) => [
    cstring(name),
    int32(0),
    int16(0),
    int32(TEXT_OID),
    int16(-1),
    int32(-1),
    int16(0),
  ]);
  return message(BACKEND.rowDescription, int16(names.length), ...columns);
}

function dataRow(...values: readonly (string | null)[]): Buffer {
  const fields = values.flatMap((value) =>
    value === null ? [int32(-1)] : [int32(Buffer.byteLength(value)), Buffer.from(value)],
  );
  return message(BACKEND.dataRow, int16(values.length), ...fields);
}

const SIMPLE_REPLY = Buffer.concat([
  rowDescription('id', 'email'),
  dataRow('1', 'ada@example.com'),
  dataRow('2', null),
  message(BACKEND.notice, Buffer.from('SNOTICE\0Mmail to ada@example.com\0\0')),
  dataRow('3', 'x'.repeat(300)),
  message(BACKEND.commandComplete, cstring('SELECT 3')),
  parameterStatus('TimeZone', 'UTC'),
  readyForQuery('T'),
]);

interface Outcome {
  readonly wire: string;
  readonly result: ExchangeResult | undefined;
  readonly rest: string;
  readonly status: string;
}

/** Masks the second column whole, and the address in free text. */
const MASKER: FieldMasker = {
  columns: (columns: readonly ResultColumn[]) =>
    assert.deepEqual(
      columns.map(({ name }) => name),
      ['id', 'email'],
    ),
  passes: () => false,
  field: (column) => (column === 1 ? Buffer.from('***') : undefined),
  text: (wire, start, end) => {
    const text = wire.toString('utf8', start, end);
    return text.includes('@') ? Buffer.from(text.replace('ada@example.com', '***')) : undefined;
  },
};

function read(
  chunks: readonly Buffer[],
  options: {
    readonly whole: boolean;
    readonly barrier?: PostgresRequest['barrier'];
    readonly actions?: readonly Action[];
  },
): Outcome {
  const upstream = { status: 'I', unsynced: false, parameters: new Map() } as unknown as PostgresUpstream;
  const actions = options.actions ?? [{ kind: 'statement', statement: undefined }];
  const state = new ReplyState(
    { barrier: options.barrier ?? 'query' },
    actions,
    new ClientState(() => undefined),
    upstream,
  );
  const reader: ReplyReader = options.whole
    ? new WholeReader(state, new ReplyRewriter(actions, undefined))
    : new PassingReader(state);
  const wire: Buffer[] = [];
  let result: ExchangeResult | undefined;
  for (const chunk of chunks) {
    if (state.done) break;
    const part = reader.take(chunk);
    if (part === undefined) continue;
    wire.push(Buffer.from(options.whole ? part.rewrite(MASKER).wire : part.wire));
    result = part.result;
  }
  return {
    wire: Buffer.concat(wire).toString('latin1'),
    result,
    rest: reader.rest?.toString('latin1') ?? '',
    status: upstream.status,
  };
}

function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] as number;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

const OK: ExchangeResult = { status: 'ok', rows: 3, tags: ['SELECT 3'] };
const MASKED = Buffer.concat([
  rowDescription('id', 'email'),
  dataRow('1', '***'),
  dataRow('2', null),
  message(BACKEND.notice, Buffer.from('SNOTICE\0Mmail to ***\0\0')),
  dataRow('3', '***'),
  message(BACKEND.commandComplete, cstring('SELECT 3')),
  parameterStatus('TimeZone', 'UTC'),
  readyForQuery('T'),
]).toString('latin1');

describe('a reply', () => {
  it('passes as it came, whole and byte by byte', () => {
    for (const sizes of [[SIMPLE_REPLY.length], [1]]) {
      const outcome = read(cut(SIMPLE_REPLY, sizes), { whole: false });
      assert.deepEqual(outcome, { wire: SIMPLE_REPLY.toString('latin1'), result: OK, rest: '', status: 'T' });
    }
  });

  it('is masked the same, whole and byte by byte', () => {
    for (const sizes of [[SIMPLE_REPLY.length], [1]]) {
      assert.deepEqual(read(cut(SIMPLE_REPLY, sizes), { whole: true }), {
        wire: MASKED,
        result: OK,
        rest: '',
        status: 'T',
      });
    }
  });

  it('is the same however it is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 120 }), { minLength: 1, maxLength: 12 }), (sizes) => {
        assert.equal(read(cut(SIMPLE_REPLY, sizes), { whole: false }).wire, SIMPLE_REPLY.toString('latin1'));
        assert.equal(read(cut(SIMPLE_REPLY, sizes), { whole: true }).wire, MASKED);
      }),
    );
  });

  it('ends at ReadyForQuery, and leaves what follows for the session', () => {
    const notification = message(BACKEND.notification, int32(7), cstring('jobs'), cstring('next'));
    for (const whole of [true, false]) {
      const outcome = read([Buffer.concat([SIMPLE_REPLY, notification])], { whole });
      assert.equal(outcome.rest, notification.toString('latin1'));
      assert.deepEqual(outcome.result, OK);
    }
  });

  it('tells the code of an error', () => {
    const failed = Buffer.concat([
      errorResponse({ severity: 'ERROR', code: '22012', message: 'division by zero' }),
      readyForQuery('I'),
    ]);
    for (const whole of [true, false]) {
      assert.deepEqual(read(cut(failed, [3]), { whole }).result, { status: 'error', code: '22012', rows: 0 });
    }
  });

  it('to a Flush ends when everything was answered', () => {
    const statement = {
      text: 'select 1',
      analysis: { operations: [], statements: [] },
      parameterTypes: [],
      description: undefined as Buffer | 'none' | undefined,
    };
    const actions: Action[] = [
      { kind: 'parse', name: 's', statement },
      { kind: 'describe', statement, portal: undefined, hidden: false },
    ];
    const answers = Buffer.concat([
      message(BACKEND.parseComplete),
      message(BACKEND.parameterDescription, int16(0)),
      rowDescription('one'),
    ]);
    const outcome = read(cut(answers, [2]), { whole: false, barrier: 'flush', actions });
    assert.deepEqual(outcome.result, { status: 'ok', rows: 0 });
    assert.equal(Buffer.isBuffer(statement.description), true);
  });

  it('of which a row is too long to be masked is refused', () => {
    const header = Buffer.from([BACKEND.dataRow, 0x3f, 0xff, 0xff, 0xff, 0, 1]);
    assert.throws(() => read([rowDescription('id', 'email'), header], { whole: true }), { name: 'Refused' });
  });

  it('with a row that its description does not fit is refused', () => {
    assert.throws(() => read([rowDescription('id', 'email'), dataRow('1')], { whole: true }), { name: 'Refused' });
  });

  it('with rows that nothing described is refused', () => {
    assert.throws(() => read([dataRow('1', '2')], { whole: true }), { name: 'Refused' });
  });

  it('of a wrong length is a fault of the server', () => {
    assert.throws(() => read([Buffer.from([BACKEND.dataRow, 0, 0, 0, 2])], { whole: false }), {
      code: 'upstream-protocol',
    });
  });
});
