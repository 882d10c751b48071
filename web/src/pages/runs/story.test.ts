import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApprovalSummary, Run, SessionView, StatementView } from '../../api/types.ts';
import { MARKS } from '../sessions/recording.ts';
import { commitText, jobUrl, refText, workflowText } from './run-words.ts';
import { bySession, storyOf, storyWithin } from './story.ts';

const at = (seconds: number) => new Date(Date.UTC(2026, 10, 22, 18, 0, seconds)).toISOString();
const session = (id: string, opened: number, closed: number) =>
  ({ id, target: id, openedAt: at(opened), closedAt: at(closed), outcome: 'completed' }) as SessionView;
const statement = (of: string, exchange: number, seconds: number, more: Partial<StatementView> = {}) =>
  ({
    session: of,
    exchange,
    at: at(seconds),
    kinds: ['select'],
    decision: 'permit',
    status: 'ok',
    ...more,
  }) as StatementView;
const approval = (id: string, of: string, seconds: number) =>
  ({ id, session: of, requestedAt: at(seconds), state: 'pending' }) as ApprovalSummary;

/** Two sessions side by side; one approval that a statement names, one that waits. */
const RUN = {
  openedAt: at(0),
  closedAt: at(60),
  sessionList: [session('b', 5, 50), session('a', 1, 30)],
  holds: [],
  approvalList: [approval('apr_1', 'a', 10), approval('apr_2', 'b', 40)],
} as unknown as Run;
const STATEMENTS = [
  statement('b', 1, 20, { decision: 'deny', kinds: ['drop'], status: 'policy-denied' }),
  statement('a', 1, 2),
  statement('a', 2, 10, { approval: 'apr_1', kinds: ['alter'], masked: 3 }),
];

test('a run is told in the order in which it happened, an approval once', () => {
  const { rows, lanes, fromMs, toMs } = storyOf(RUN, STATEMENTS, 0);
  assert.deepEqual(
    rows.map(({ kind, ms }) => `${kind} ${ms / 1000}`),
    ['session 1', 'statement 2', 'session 5', 'statement 10', 'statement 20', 'end 30', 'approval 40', 'end 50'],
  );
  assert.deepEqual(
    lanes.map(({ session: { id }, moments }) => [id, moments.map(({ marks }) => marks)]),
    [
      ['a', [0, MARKS.write | MARKS.approval | MARKS.mask]],
      ['b', [MARKS.refusal | MARKS.write, MARKS.approval]],
    ],
  );
  assert.deepEqual([fromMs, toMs], [0, 60_000]);
});

test('a stretch or a session alone is a part of it, and the sessions can stand one after the other', () => {
  const story = storyOf(RUN, STATEMENTS, 0);
  assert.deepEqual(
    storyWithin(story, 0, 15_000, 'a').map(({ kind }) => kind),
    ['session', 'statement', 'statement'],
  );
  assert.deepEqual(
    bySession(story.rows, story.lanes).map(({ kind }) => kind),
    ['session', 'statement', 'statement', 'end', 'session', 'statement', 'approval', 'end'],
  );
});

test('a run that goes on lasts until now', () => {
  const { closedAt: _closedAt, ...open } = RUN;
  assert.equal(storyOf(open, [], Date.parse(at(90))).toMs, 90_000);
});

test('refs, commits and workflows are said as people say them', () => {
  assert.equal(refText('refs/heads/main'), 'main');
  assert.equal(refText('refs/pull/812/merge'), '#812');
  assert.equal(commitText('336b7bd9796c3cdb56db0a88008c420dadad4b73'), '336b7bd9');
  assert.equal(commitText('HEAD'), 'HEAD');
  assert.equal(workflowText('https://github.com/a/b/.github/workflows/ci.yml@refs/heads/main'), 'ci.yml');
});

test('a job is linked to only where that is a page', () => {
  assert.equal(jobUrl({ url: 'https://github.com/a/b/actions/runs/1' }), 'https://github.com/a/b/actions/runs/1');
  assert.equal(jobUrl({ url: 'javascript:alert(1)' }), undefined);
  assert.equal(jobUrl({ url: 'http://ci.example/1' }), undefined);
  assert.equal(jobUrl({}), undefined);
});
