import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { jobOf, operationOf } from '../../test/support/subjects.ts';
import type { AuditEvent } from '../audit/audit-event.ts';
import type { RecordedBody, RecordedEvent } from '../audit/read/read-session.ts';
import type { Decision } from '../model/decision.ts';
import type { Operation } from '../model/request.ts';
import { compilePolicies } from '../policy/compile-policies.ts';
import type { Policy } from '../policy/policy.ts';
import { askedTarget } from './asked-target.ts';
import { Replay, type ReplayParts } from './replay.ts';

const READ: Policy = {
  name: 'reads',
  principals: 'any',
  targets: 'any',
  operations: ['read'],
  effect: 'permit',
  session: { readOnly: false },
};
const MORNING: Policy = { ...READ, timezone: 'UTC', when: 'time.hour < 12' };
const DENIED: Decision = { effect: 'deny', code: 'policy-no-match', rules: [], reason: '', policy: '' };
const PERMITTED: Decision = { effect: 'permit', rules: ['reads'], obligations: [], policy: '' };
const SELECT = operationOf('select', 'read', { tables: [{ schema: 'public', name: 'users', use: 'read' }] });
const DELETE = operationOf('delete', 'write');

function recorded(event: Partial<AuditEvent>, body: RecordedBody): RecordedEvent {
  const whole = {
    v: 1,
    run: 'run_1',
    session: 'ses_1',
    seq: 0,
    prev: '',
    at: '2026-11-23T10:00:00.000Z',
    kind: 'request',
    ...event,
  } as AuditEvent;
  return { event: whole, line: Buffer.alloc(0), end: 0, body: () => body };
}

const bytes = (text: string): RecordedBody => ({ kind: 'bytes', bytes: Buffer.from(text), complete: true });
const opened = (target = 'shop'): RecordedEvent =>
  recorded({ kind: 'session.open' }, bytes(JSON.stringify({ principal: jobOf(), target: { name: target } })));

function request(
  exchange: number,
  operation: Operation,
  decision: Decision,
  at = '2026-11-23T10:00:00.000Z',
): RecordedEvent {
  return recorded({ exchange, op: [operation], decision, at }, bytes(`statement ${exchange}`));
}

async function replayOf(
  policies: readonly Policy[],
  events: readonly RecordedEvent[],
  more: Partial<ReplayParts> = {},
) {
  const replay = new Replay({
    before: 'recorded',
    after: compilePolicies(policies),
    target: ({ name }) => (name === 'gone' ? undefined : askedTarget({ name })),
    examples: 1,
    texts: true,
    ...more,
  });
  for (const event of events) await replay.add(event);
  return replay.report();
}

describe('a replay', () => {
  test('groups what would change, with examples, the largest group first', async () => {
    const report = await replayOf(
      [
        { ...READ, mask: ['email'] },
        { ...READ, name: 'deletes', operations: ['delete'] },
      ],
      [opened(), request(1, DELETE, DENIED), request(2, SELECT, PERMITTED), request(3, SELECT, PERMITTED)],
    );
    assert.deepEqual([report.sessions, report.looked, report.same, report.loosened, report.tightened], [1, 3, 0, 1, 2]);
    assert.deepEqual(
      report.groups.map(({ kind, before, after, count, examples }) => [kind, before, after, count, examples.length]),
      [
        ['masks differ', 'permit', 'permit, mask email', 2, 1],
        ['now permitted', 'deny (policy-no-match)', 'permit', 1, 1],
      ],
    );
    assert.deepEqual(report.groups[0]?.examples[0], {
      session: 'ses_1',
      exchange: 2,
      at: '2026-11-23T10:00:00.000Z',
      target: 'shop',
      principal: 'octo-shop/storefront@refs/heads/main',
      kinds: ['select'],
      tables: ['public.users'],
      text: 'statement 2',
    });
  });

  test('judges each request at its own time', async () => {
    const events = [opened(), request(1, SELECT, PERMITTED), request(2, SELECT, PERMITTED, '2026-11-23T13:00:00.000Z')];
    const { same, groups } = await replayOf([MORNING], events);
    assert.deepEqual([same, groups[0]?.kind, groups[0]?.examples[0]?.exchange], [1, 'now denied', 2]);
  });

  test('compares with other policies where they are given', async () => {
    const before = compilePolicies([READ]);
    const { same } = await replayOf([READ], [opened(), request(1, SELECT, DENIED)], { before });
    assert.equal(same, 1);
  });

  test('shows no text to who may not see it', async () => {
    const { groups } = await replayOf([], [opened(), request(1, SELECT, PERMITTED)], { texts: false });
    assert.equal(groups[0]?.examples[0]?.text, undefined);
  });

  test('counts what it cannot judge: erased, without a target, refused whatever policy says', async () => {
    const erased = recorded({ kind: 'session.open' }, { kind: 'withheld' });
    const unsupported: Decision = { ...DENIED, code: 'protocol-unsupported' };
    const report = await replayOf(
      [READ],
      [
        erased,
        request(1, SELECT, PERMITTED),
        opened('gone'),
        request(1, SELECT, PERMITTED),
        request(2, SELECT, PERMITTED),
        opened(),
        request(1, SELECT, unsupported),
        request(2, SELECT, PERMITTED),
      ],
    );
    assert.deepEqual(
      [report.unread, report.looked, report.same, report.sessions],
      [{ withheld: 1, withoutTarget: 2, unsupported: 1 }, 1, 1, 3],
    );
  });
});
