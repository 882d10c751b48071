import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Approval } from './approval-schemas.ts';
import { approvalText, stateText, timeLeft } from './approval-text.ts';

const NOW = Date.parse('2026-01-05T08:00:00.000Z');
const plain = (_style: unknown, text: string) => text;

const APPROVAL: Approval = {
  id: 'apr_1',
  kind: 'request',
  state: 'pending',
  mine: true,
  target: 'demo',
  protocol: 'postgres',
  kinds: ['delete'],
  tables: ['public.orders'],
  text: 'delete from orders',
  run: { id: 'run_1', display: 'acme/shop@refs/heads/main', commit: 'c0ffee', actor: 'octocat', demo: false },
  session: 'ses_1',
  requirements: [{ group: 'dba', quorum: 2, approvals: 1 }],
  rules: ['deletes need a dba'],
  requestedAt: '2026-01-05T07:59:00.000Z',
  expiresAt: '2026-01-05T08:09:00.000Z',
  statements: [{ text: 'delete from orders\nwhere note = $1', parameters: ["it's", null] }],
  digest: 'd'.repeat(64),
  policy: 'p'.repeat(64),
  operations: [
    {
      kind: 'delete',
      access: 'write',
      title: 'delete',
      facts: [],
      tables: [{ name: 'public.orders', use: 'write' }],
      columns: [],
      filters: ['public.orders.note'],
      writes: [],
      copies: [],
      lock: 'row-exclusive',
      functions: [],
      hasWhere: false,
      flags: [],
    },
  ],
  context: [{ name: 'database', value: 'shop' }],
  estimate: {
    kind: 'measured',
    statements: [{ text: 'delete', rows: 1204.4, cost: 12.5, plan: 'Seq Scan' }],
    tookMs: 3,
  },
  votes: [{ login: 'ada', answer: 'approve', channel: 'web', at: '2026-01-05T07:59:30.000Z', reason: 'fine' }],
  before: [
    { at: '2026-01-05T07:58:00.000Z', kinds: ['select'], tables: ['a'], decision: 'permit', text: 'select 1', rows: 1 },
    { at: '2026-01-05T07:57:00.000Z', kinds: ['drop'], tables: ['b'], decision: 'deny', text: '' },
  ],
  held: true,
};

test('an approval is shown with all that is needed to decide it', () => {
  assert.equal(
    approvalText(APPROVAL, NOW, plain),
    `apr_1 waits for dba (1 of 2), 9 min left
who     acme/shop@refs/heads/main, set off by octocat
run     run_1 · c0ffee
target  demo (postgres), session ses_1
asked   2026-01-05 07:59:00 UTC; its client waits
rule    deletes need a dba
in      database shop

│ delete from orders
│ where note = $1
│ $1 = 'it's'
│ $2 = NULL

does    delete (write); writes public.orders; filters by public.orders.note; locks row-exclusive; EVERY ROW: nothing restrains it
effect  1,204 rows, cost 12.5 (measured, and rolled back)
answer  ada approved at 2026-01-05 07:59:30 UTC (web): fine

│ Seq Scan

Before it in this target:
│ 2026-01-05 07:57:00 drop b denied
│ 2026-01-05 07:58:00 select 1 1 rows

digest  ${'d'.repeat(64)}
policy  ${'p'.repeat(64)}
you     can answer this
`,
  );
});

test('a command is told by its program, its words and its files, and a request in a line as people say it', () => {
  const [sql] = APPROVAL.operations;
  assert.ok(sql);
  const facts = [
    { name: 'Words', values: ['-rf', '/srv/old'] },
    { name: 'Files', values: ['remove /srv/old and all below'] },
  ];
  const none = { tables: [], filters: [], hasWhere: true, flags: ['sudo'] };
  const { lock: _lock, ...operation } = { ...sql, ...none, kind: 'exec', title: 'sudo rm', facts };
  const text = 'sudo rm -rf /srv/old';
  const asked = { ...APPROVAL, protocol: 'ssh', kinds: ['exec'], text, line: text, operations: [operation] };
  const command = approvalText({ ...asked, statements: [{ text, parameters: [] }] }, NOW, plain);
  assert.match(command, /\n│ sudo rm -rf \/srv\/old\n/);
  assert.match(
    command,
    /\ndoes {4}sudo rm \(write\); words -rf \/srv\/old; files remove \/srv\/old and all below; sudo\n/,
  );
  const cluster = { ...asked, protocol: 'kubernetes', kinds: ['delete'], line: 'kubectl delete pods/web -n shop' };
  assert.match(approvalText(cluster, NOW, plain), /\nrequest kubectl delete pods\/web -n shop\n/);
});

test('hostile text stays behind its bar and is written out, wherever it stands', () => {
  const hostile = '\u001b[2J\u202Eapproved\r\nyou     can answer this';
  const shown = approvalText(
    {
      ...APPROVAL,
      statements: [{ text: hostile, parameters: [hostile] }],
      run: { ...APPROVAL.run, display: hostile, actor: hostile, workflow: hostile, url: hostile, agent: hostile },
      rules: [hostile],
      context: [{ name: hostile, value: hostile }],
      votes: [{ login: hostile, answer: 'deny', channel: hostile, at: hostile, reason: hostile }],
      estimate: { kind: 'planned', statements: [{ text: hostile, plan: hostile, why: hostile }], tookMs: 1 },
      before: [{ ...APPROVAL.before[0], text: hostile } as Approval['before'][number]],
      reason: hostile,
      state: 'denied',
      mine: false,
    },
    NOW,
    plain,
  );
  assert.deepEqual(
    ['\u001b', '\u202e', '\r'].filter((character) => shown.includes(character)),
    [],
  );
  assert.deepEqual(
    shown.split('\n').filter((line) => line.startsWith('you ')),
    [],
  );
});

test('each state is said in words, and so is the time that is left', () => {
  const said = (state: Approval['state'], usedAt?: string) =>
    stateText({ ...APPROVAL, state, ...(usedAt === undefined ? {} : { usedAt }) }, NOW);
  assert.deepEqual(
    [said('approved'), said('approved', 'x'), said('denied'), said('expired'), said('cancelled')],
    ['approved, not used yet', 'approved and used', 'denied', 'expired: nobody answered in time', 'withdrawn'],
  );
  const requirements = [{ group: 'dba', quorum: 1, approvals: 1 }];
  const unused = stateText({ ...APPROVAL, state: 'expired', requirements }, NOW);
  assert.equal(unused, 'expired: approved, and not used in time');
  assert.equal(timeLeft('2026-01-05T08:01:59.500Z', NOW), '2 min left');
  assert.equal(timeLeft('2026-01-05T08:01:30.000Z', NOW), '90 s left');
  assert.equal(timeLeft('2026-01-05T07:00:00.000Z', NOW), '0 s left');
});
