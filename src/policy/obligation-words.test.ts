import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Decision } from '../model/decision.ts';
import { decisionWords } from './obligation-words.ts';

test('a decision in words says all that makes a difference', () => {
  const approve = { group: 'dba', quorum: 2, withinMs: 1, allowActor: false, measureRows: false, showText: false };
  const permit: Decision = {
    effect: 'permit',
    rules: ['a'],
    policy: '',
    obligations: [
      { kind: 'mask', classes: ['email', 'card'] },
      { kind: 'approve', ...approve },
      { kind: 'limit', budgets: [{ rule: 'a', measure: 'rowsRead', most: 1000, per: 'run', withinMs: 3_600_000 }] },
      { kind: 'session', readOnly: true, statementTimeoutMs: 30_000 },
    ],
  };
  assert.equal(
    decisionWords(permit),
    'permit, mask email, card, approval of 2 of dba, limit 1000 rowsRead per run within 1h, session statementTimeout 30000 ms, readOnly',
  );
});

test('a denial is told by its rules, and by its code where there are none', () => {
  const deny: Decision = { effect: 'deny', code: 'policy-denied', rules: ['a', 'b'], reason: 'No.', policy: '' };
  assert.equal(decisionWords(deny), 'deny (a, b)');
  assert.equal(decisionWords({ ...deny, code: 'policy-no-match', rules: [] }), 'deny (policy-no-match)');
});
