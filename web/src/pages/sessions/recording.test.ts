import assert from 'node:assert/strict';
import { test } from 'node:test';
import { densityOf } from './density.ts';
import { countMarks, jumpTarget } from './jump.ts';
import { MARKS, Recording } from './recording.ts';
import { readRecording } from './recording-reader.ts';
import { requestHead, requestText } from './request-text.ts';
import { LineSplitter } from './split-lines.ts';
import { sqlLines } from './sql-download.ts';
import { Timeline } from './timeline.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (line: Uint8Array) => new TextDecoder().decode(line);
const event = (seq: number, ms: number, kind: string, more: object = {}) => ({
  kind,
  seq,
  at: new Date(Date.UTC(2026, 10, 22, 18) + ms).toISOString(),
  mono: String(5_000_000 + ms * 1000),
  ...more,
});
const sql = (statement: string) => ({
  body: { media: 'application/sql', bytes: statement.length, base64: btoa(statement) },
});
const permit = { decision: { effect: 'permit', rules: ['r'] } };
const ok = { result: { status: 'ok', rows: '3' } };

/** Four exchanges: a read, a masked write that was held for ten minutes, a refusal, an error. */
const EVENTS = [
  event(0, 0, 'session.open'),
  event(1, 100, 'request', { exchange: 1, ...permit, ...sql('select 1'), op: [{ kind: 'select', access: 'read' }] }),
  event(2, 110, 'reply', { exchange: 1, ...ok }),
  event(3, 200, 'request', {
    exchange: 2,
    ...permit,
    ...sql('update t set a = 1'),
    op: [{ kind: 'update', access: 'write' }],
  }),
  event(4, 600_200, 'approval', {
    exchange: 2,
    held: { id: 'apr_1', state: 'used', votes: [], waitedMs: 600_000 },
  }),
  event(5, 600_210, 'reply', { exchange: 2, ...ok, masked: [{ by: 'column', name: 't.a', count: 2 }] }),
  event(6, 600_300, 'request', {
    exchange: 3,
    decision: { effect: 'deny', rules: ['never'], code: 'policy-denied' },
    ...sql('drop table t'),
    op: [{ kind: 'drop', access: 'ddl' }],
  }),
  event(7, 600_301, 'refusal', { exchange: 3, refusal: { code: 'policy-denied', message: 'No.' } }),
  event(8, 600_400, 'request', {
    exchange: 4,
    ...permit,
    ...sql('selec 1'),
    op: [{ kind: 'unknown', access: 'unknown' }],
  }),
  event(9, 600_410, 'reply', { exchange: 4, result: { status: 'error', code: '42601', rows: '0' } }),
  event(10, 600_500, 'session.close', { closing: { outcome: 'completed' } }),
];

function recorded(events: readonly object[] = EVENTS): Recording {
  const recording = new Recording();
  for (const one of events) recording.append(bytes(JSON.stringify(one)));
  return recording;
}

test('lines are the same however the stream is cut', () => {
  const whole = bytes('one\ntwo is longer\n\nfour');
  for (let size = 1; size <= whole.length; size++) {
    const splitter = new LineSplitter();
    const lines: string[] = [];
    for (let at = 0; at < whole.length; at += size)
      lines.push(...splitter.push(whole.subarray(at, at + size)).map(text));
    lines.push(text(splitter.end()));
    assert.deepEqual(lines, ['one', 'two is longer', '', 'four'], `in pieces of ${size} bytes`);
  }
});

test('a request and all that came of it are one row', () => {
  const rows = recorded().entries.map(({ kind, exchange, head, decision, status, events }) => [
    kind,
    exchange,
    head,
    decision,
    status,
    events.length,
  ]);
  assert.deepEqual(rows, [
    ['open', undefined, '', undefined, undefined, 1],
    ['exchange', 1, 'select 1', 'permit', 'ok', 2],
    ['exchange', 2, 'update t set a = 1', 'permit', 'ok', 3],
    ['exchange', 3, 'drop table t', 'deny', 'policy-denied', 2],
    ['exchange', 4, 'selec 1', 'permit', 'error', 2],
    ['close', undefined, '', undefined, undefined, 1],
  ]);
});

test('rows stand out by refusals, errors, writes, approvals and masks', () => {
  const { entries } = recorded();
  assert.deepEqual(
    entries.map(({ marks }) => marks),
    [0, 0, MARKS.write | MARKS.approval | MARKS.mask, MARKS.refusal | MARKS.write, MARKS.error, 0],
  );
  assert.deepEqual(countMarks(entries), { refusal: 1, error: 1, write: 2, approval: 1, mask: 1 });
  assert.equal(jumpTarget(entries, -1, 1, ['refusal']), 3);
  assert.equal(jumpTarget(entries, 3, 1, ['refusal']), undefined);
  assert.equal(jumpTarget(entries, 3, -1, ['write']), 2);
  assert.equal(jumpTarget(entries, 0, 1, ['error', 'refusal']), 3);
});

test('a reply that a refusal cut off is a refusal, with the rows that came', () => {
  const result = { status: 'refused', code: 'budget-exceeded', rows: '3' };
  const refusal = { code: 'budget-exceeded', message: 'a budget is used up' };
  const [, entry] = recorded([
    event(0, 0, 'session.open'),
    event(1, 100, 'request', { exchange: 1, ...permit, ...sql('select 1'), op: [{ kind: 'select', access: 'read' }] }),
    event(2, 110, 'reply', { exchange: 1, result, refusal }),
  ]).entries;
  assert.equal(entry?.status, 'budget-exceeded');
  assert.equal(entry?.rows, 3);
  assert.equal((entry?.marks ?? 0) & MARKS.refusal, MARKS.refusal);
});

test('an event is read back as it came', () => {
  const recording = recorded();
  const refused = recording.entries[3];
  assert.ok(refused);
  assert.deepEqual(recording.eventsOf(refused), [EVENTS[6], EVENTS[7]]);
  assert.equal(recording.eventCount, 11);
});

test('time is the gateway’s own clock, even where the calendar was set back', () => {
  const recording = recorded([
    event(0, 0, 'session.open'),
    { ...event(1, 2000, 'request', { exchange: 1 }), at: '2026-11-22T17:00:00.000Z' },
    { ...event(2, 0, 'reply', { exchange: 1 }), mono: undefined, at: '2026-11-22T17:00:01.000Z' },
  ]);
  assert.deepEqual(
    recording.entries.map(({ startMs, answeredMs }) => [startMs, answeredMs]),
    [
      [0, undefined],
      [2000, 2000],
    ],
  );
});

test('bodies beyond what a page may hold are left out, and said to be so', () => {
  const recording = new Recording(600);
  for (const one of EVENTS) recording.append(bytes(JSON.stringify(one)));
  const refused = recording.entries[3];
  assert.ok(refused);
  assert.ok(recording.dropped > 0);
  const [request] = recording.eventsOf(refused);
  assert.ok(request);
  assert.deepEqual(requestText(request), {
    statements: [],
    withheld: 'too much for this page; download the recording',
  });
  assert.equal(refused.head, 'drop table t');
});

test('a line that is no event is counted, not shown', () => {
  const recording = new Recording();
  for (const line of ['{"kind":', '7', 'null', '']) recording.append(bytes(line));
  assert.equal(recording.unreadable, 3);
  assert.equal(recording.entries.length, 0);
});

test('a stream is taken in with turns for the page in between', async () => {
  const recording = new Recording();
  let clock = 0;
  let turns = 0;
  const chunks = EVENTS.map((one) => bytes(`${JSON.stringify(one)}\n`));
  await readRecording(
    recording,
    (async function* () {
      yield* chunks;
    })(),
    {
      sliceMs: 8,
      now: () => (clock += 4),
      turn: async () => {
        turns += 1;
      },
      progress: () => undefined,
      signal: new AbortController().signal,
    },
  );
  assert.equal(recording.eventCount, 11);
  assert.ok(turns >= 4);
});

test('a batch is shown statement by statement with its parameters', () => {
  const batch = JSON.stringify([{ text: 'select $1', parameters: ["a'b", null, 7] }, { sync: true }]);
  const request = { ...event(0, 0, 'request'), body: { media: 'application/json', bytes: 1, base64: btoa(batch) } };
  assert.deepEqual(requestText(request), { statements: [{ text: 'select $1', parameters: ["a'b", null, '7'] }] });
  assert.equal(requestHead(request), 'select $1');
});

test('the head of a long statement is read without the rest of it', () => {
  const long = `select\n\t'${'é'.repeat(100_000)}'`;
  const base64 = Buffer.from(long).toString('base64');
  const head = requestHead({
    ...event(0, 0, 'request'),
    body: { media: 'application/sql', bytes: long.length, base64 },
  });
  assert.match(head, /^select 'é{200,240}.?…?$/);
});

test('time passes as it did, and where idle time is skipped no pause is too long to wait for or too short to read in', () => {
  const { entries } = recorded();
  const real = new Timeline(entries, false);
  assert.equal(real.durationMs, 600_500);
  assert.equal(real.startOf(2), 200);
  assert.equal(real.answerOf(2), 600_210);
  const skipped = new Timeline(entries, true);
  assert.equal(skipped.startOf(2), 900);
  assert.equal(skipped.answerOf(2), 1700);
  assert.equal(skipped.durationMs, 3100);
});

test('a moment belongs to the last exchange that has begun', () => {
  const timeline = new Timeline(recorded().entries, false);
  assert.deepEqual(
    [-1, 0, 99, 100, 599_999, 600_300, 9e9].map((ms) => timeline.entryAt(ms)),
    [-1, 0, 0, 1, 2, 3, 5],
  );
});

test('the density of a span counts what lies within it and joins its marks', () => {
  const moments = [
    { ms: 0, marks: 0 },
    { ms: 1, marks: 1 },
    { ms: 10, marks: 4 },
    { ms: 11, marks: 2 },
  ];
  const { counts, marks, most } = densityOf(moments, 0, 10, 2);
  assert.deepEqual([...counts], [2, 1]);
  assert.deepEqual([...marks], [1, 4]);
  assert.equal(most, 2);
});

test('the download of statements keeps what was refused in comments, and no text can leave a comment', () => {
  const hostile = [
    { ...EVENTS[1] },
    { ...EVENTS[2] },
    { ...EVENTS[6], ...sql('drop table t;\ndrop table u'), at: '2026\n; drop table v;' },
    { ...EVENTS[7] },
  ];
  assert.equal(
    [...sqlLines(recorded(hostile), 'ses_1\n;')].join(''),
    [
      '-- Session ses_1 ;: what was asked, in order. To be read, not to be run.',
      '',
      '-- 1  2026-11-22T18:00:00.100Z  permit  ok',
      'select 1',
      ';',
      '',
      '-- 3  2026 ; drop table v;  deny  policy-denied',
      '-- drop table t;',
      '-- drop table u',
      '',
    ].join('\n'),
  );
});
