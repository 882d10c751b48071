import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { processOutput } from '../../output.ts';
import { compareReplies } from './compare-replies.ts';
import type { RecordedExchange } from './recorded-run.ts';
import { planReplay } from './replay-plan.ts';
import type { ReplayedExchange } from './replay-run.ts';
import { mergeReplays } from './replay-twice.ts';
import type { ReplyContent } from './reply-content.ts';
import { makeReport, showReport } from './report.ts';

type Rows = readonly (readonly (string | null)[])[];

function rows(values: Rows, more: { readonly suspended?: boolean; readonly cutBytes?: number } = {}): ReplyContent {
  const { suspended = false, cutBytes = 0 } = more;
  const columns = [{ name: 'v', typeId: 25 }];
  const tag = suspended || cutBytes > 0 ? {} : { tag: `SELECT ${values.length}` };
  return { results: [{ columns, rows: values, suspended, ...tag }], cutBytes };
}

describe('two replies', () => {
  test('with the same rows in another order are the same', () => {
    const { differences, reordered } = compareReplies(rows([['a'], ['b']]), rows([['b'], ['a']]), false);
    assert.deepEqual([differences, reordered], [[], true]);
  });

  test('of which one was fetched in part, or kept in part, are compared as far as it goes', () => {
    const whole = rows([['a'], ['b'], ['c']]);
    assert.deepEqual(compareReplies(rows([['a'], ['b']], { suspended: true }), whole, false).differences, []);
    const cut = compareReplies(rows([['a'], ['x']], { cutBytes: 9 }), whole, false);
    assert.deepEqual(cut.differences, [{ kind: 'value', result: 0, row: 2, column: 'v', was: 'x', is: 'b' }]);
    assert.equal(cut.partial, true);
  });

  test('differ in what a key of each run masked, which is counted and not compared', () => {
    const [was, is] = [rows([['hash:abcdefghijklmnop']]), rows([['hash:ponmlkjihgfedcba']])];
    const masked = compareReplies(was, is, true);
    assert.deepEqual([masked.differences, masked.maskedValues], [[], 1]);
    assert.equal(compareReplies(was, is, false).differences.length, 1, 'where nothing was masked it is a value');
  });

  test('differ in no value that is masked in one of the two alone, which is counted', () => {
    const [hidden, clear] = [rows([['[redacted]'], ['a']]), rows([['ada@example.com'], ['b']])];
    const { differences, maskedOnce } = compareReplies(hidden, clear, true);
    assert.deepEqual([differences.length, maskedOnce], [1, 1]);
    assert.deepEqual(differences[0], { kind: 'value', result: 0, row: 2, column: 'v', was: 'a', is: 'b' });
    assert.equal(compareReplies(clear, hidden, true).maskedOnce, 1);
    assert.equal(compareReplies(clear, hidden, false).maskedOnce, 0);
  });

  test('tell NULL from an empty text, an error from an answer, and one error from another', () => {
    assert.equal(compareReplies(rows([[null]]), rows([['']]), false).differences.length, 1);
    const failed = (code: string): ReplyContent => ({ results: [], cutBytes: 0, error: { code, message: 'no' } });
    assert.deepEqual(compareReplies(rows([]), failed('42501'), false).differences, [
      { kind: 'outcome', was: 'ok', is: 'error 42501: no' },
    ]);
    assert.equal(compareReplies(failed('42P01'), failed('42501'), false).differences.length, 1);
    assert.deepEqual(compareReplies(failed('42501'), failed('42501'), false).differences, []);
  });

  test('that differ in many values are listed up to a bound', () => {
    const many = (value: string): Rows => Array.from({ length: 50 }, (_, index) => [`${value}${index}`]);
    const { differences, moreValues } = compareReplies(rows(many('a')), rows(many('b')), false);
    assert.deepEqual([differences.length, moreValues], [20, 30]);
  });
});

function asked(text: string, more: Partial<RecordedExchange> & { readonly access?: string } = {}): RecordedExchange {
  const { access = 'read', ...rest } = more;
  const at = { atMs: 0, mono: 0 };
  return {
    session: 'ses_1',
    exchange: 1,
    began: at,
    ended: at,
    media: 'application/sql',
    masked: [],
    request: { bytes: Buffer.from(text) },
    operations: [{ kind: 'select', access, functions: [], flags: [] }],
    input: undefined,
    reply: { bytes: Buffer.alloc(0) },
    refusal: undefined,
    ...rest,
  };
}

describe('what is sent again', () => {
  const reason = (exchange: RecordedExchange, writes = false): string => {
    const [step] = planReplay([exchange], { writes });
    return step?.kind === 'skip' ? step.reason : 'sent';
  };
  const calls = (name: string) => [{ kind: 'function', access: 'read', functions: [name], flags: [] }];

  for (const [what, exchange, expected] of [
    ['what reads', asked('select 1'), 'sent'],
    ['nothing that writes', asked('delete from t', { access: 'write' }), 'writes'],
    ['nothing that is not understood', asked('???', { access: 'unknown' }), 'writes'],
    ['nothing that would let a session write', asked('begin read  write', { access: 'transaction' }), 'writes'],
    ['nothing that the gateway refused', asked('select 1', { refusal: 'policy-denied' }), 'refused'],
    ['nothing of which nothing is left', asked('', { request: { missing: 'erased' } }), 'not-recorded'],
    ['no copy without its rows', asked('copy', { input: { missing: '1 of 2 bytes were kept' } }), 'copy-input'],
    [
      'no number of another session',
      asked('x', { operations: calls('pg_catalog.pg_cancel_backend') }),
      'session-bound',
    ],
    ['no number of a large object', asked('x', { operations: calls('lo_get') }), 'large-object'],
    ['nothing that is no record of ours', asked('{"a":1}', { media: 'application/json' }), 'unreadable'],
  ] as const) {
    test(what, () => assert.equal(reason(exchange), expected));
  }

  test('what writes, where somebody says so', () => {
    assert.equal(reason(asked('delete from t', { access: 'write' }), true), 'sent');
  });
});

describe('what a replay says', () => {
  test('does nothing to a terminal, whatever was asked or answered', () => {
    let shown = '';
    const comparison = compareReplies(rows([['\u001b[2J']]), rows([['\u202e']]), false);
    const one = {
      session: 'ses_1',
      exchange: 1,
      text: 'select \u001b]0;owned\u0007',
      outcome: 'different',
      comparison,
    } as const;
    const report = makeReport({ run: 'run_1', target: 'x\u001b[0m', replay: 'run_2', readOnly: true }, [one]);
    const plain = { paint: (_: unknown, text: string) => text, say: () => undefined, terminal: false };
    showReport(report, { ...processOutput({ json: false }), ...plain, write: (text) => void (shown += text) });
    assert.match(shown, /1 different/);
    // oxlint-disable-next-line no-control-regex -- they are what must not be there
    assert.doesNotMatch(shown, /[\u0000-\u0009\u000b-\u001f\u202a-\u202e]/);
  });

  test('leaves out what two replays say differently in the same place', () => {
    const different = (was: Rows, is: Rows): ReplayedExchange => {
      const comparison = compareReplies(rows(was), rows(is), false);
      return { session: 'ses_1', exchange: 1, text: 'select f()', outcome: 'different', comparison };
    };
    const [unstable] = mergeReplays([different([['1']], [['2']])], [different([['1']], [['3']])]);
    assert.deepEqual([unstable?.outcome, unstable?.unstable], ['unstable', 'differs-from-itself']);
    const [changed] = mergeReplays([different([['1']], [['2']])], [different([['1']], [['2']])]);
    assert.equal(changed?.outcome, 'different');
  });
});
