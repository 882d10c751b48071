import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Decision, Obligation } from '../model/decision.ts';
import { decisionChange } from './decision-change.ts';

const DENY: Decision = { effect: 'deny', code: 'policy-denied', rules: ['a'], reason: '', policy: '' };
const permit = (...obligations: readonly Obligation[]): Decision => ({
  effect: 'permit',
  rules: ['a'],
  obligations,
  policy: '',
});
const mask = (...classes: readonly string[]): Obligation => ({ kind: 'mask', classes });
const approve = (group: string, quorum = 1, withinMs = 1000): Obligation => {
  return { kind: 'approve', group, quorum, withinMs, allowActor: false, measureRows: false, showText: false };
};
const limit = (most: number): Obligation => {
  return { kind: 'limit', budgets: [{ rule: 'a', measure: 'rowsRead', most, per: 'run' }] };
};

const CASES: readonly [string, Decision, Decision, string][] = [
  ['the same', permit(mask('a')), { ...permit(mask('a')), rules: ['b'] }, 'same'],
  ['two denials', DENY, { ...DENY, code: 'policy-no-match', rules: [] }, 'same'],
  ['denied', permit(), DENY, 'now denied, tightened'],
  ['permitted', DENY, permit(mask('a')), 'now permitted, loosened'],
  ['held', permit(), permit(approve('dba')), 'now held, tightened'],
  ['held no more', permit(approve('dba')), permit(), 'now permitted, loosened'],
  ['held instead of denied', DENY, permit(approve('dba')), 'now held, loosened'],
  ['held, and a mask lost', permit(mask('a')), permit(approve('dba')), 'now held, loosened, tightened'],
  ['a mask lost', permit(mask('a', 'b')), permit(mask('a')), 'masks differ, loosened'],
  ['a mask more', permit(), permit(mask('a')), 'masks differ, tightened'],
  ['other masks', permit(mask('a')), permit(mask('b')), 'masks differ, loosened, tightened'],
  ['a smaller quorum', permit(approve('dba', 2)), permit(approve('dba', 1)), 'approvals differ, loosened'],
  ['a longer wait', permit(approve('dba', 1, 10)), permit(approve('dba', 1, 20)), 'approvals differ, loosened'],
  ['another group', permit(approve('dba')), permit(approve('ops')), 'approvals differ, loosened, tightened'],
  ['a larger budget', permit(limit(5)), permit(limit(6)), 'limits differ, loosened'],
  ['a smaller budget', permit(limit(5)), permit(limit(4)), 'limits differ, tightened'],
  ['no budget any more', permit(limit(5)), permit(), 'limits differ, loosened'],
  ['a timeout', permit(), permit({ kind: 'session', statementTimeoutMs: 5 }), 'session differs, tightened'],
  [
    'a longer timeout',
    permit({ kind: 'session', statementTimeoutMs: 5 }),
    permit({ kind: 'session', statementTimeoutMs: 6 }),
    'session differs, loosened',
  ],
];

for (const [what, before, after, expected] of CASES) {
  test(`${what}: ${expected}`, () => {
    const { kind, loosened, tightened } = decisionChange(before, after);
    assert.equal([kind, ...(loosened ? ['loosened'] : []), ...(tightened ? ['tightened'] : [])].join(', '), expected);
  });
}
