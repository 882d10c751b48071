import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jobOf, operationOf, targetNamed } from '../../test/support/subjects.ts';
import { explainDecision } from './explain-decision.ts';
import type { Policy } from './policy.ts';

const POLICIES: readonly Policy[] = [
  { name: 'reads', principals: 'any', targets: 'any', operations: ['read'], effect: 'permit' },
  { name: 'elsewhere', principals: 'any', targets: { names: ['prod'] }, operations: ['read'], effect: 'permit' },
  { name: 'others', principals: [{ 'run.actor': ['x'] }], targets: 'any', operations: ['read'], effect: 'permit' },
  { name: 'flagged', principals: 'any', targets: 'any', flags: ['into'], effect: 'deny' },
  {
    name: 'app',
    principals: 'any',
    targets: 'any',
    operations: ['read'],
    tables: [{ table: 'app.*' }],
    effect: 'permit',
  },
  {
    name: 'public',
    principals: 'any',
    targets: 'any',
    operations: ['any'],
    tables: [{ table: 'public.*' }],
    effect: 'permit',
  },
  { name: 'when', principals: 'any', targets: 'any', when: 'operation.kind == "drop"', effect: 'deny' },
  { name: 'broken', principals: 'any', targets: 'any', operations: ['read'], when: '1 / 0 == 1', effect: 'permit' },
  { name: 'ddl', principals: 'any', targets: 'any', operations: ['ddl'], effect: 'permit' },
];

test('every rule is listed with why it matched or not, and the decision is the one that counts', () => {
  const operation = operationOf('select', 'read', {
    tables: [
      { schema: 'public', name: 'users', use: 'read' },
      { schema: 'other', name: 'notes', use: 'read' },
    ],
  });
  const { decision, operations } = explainDecision(POLICIES, jobOf(), targetNamed('demo'), { operations: [operation] });
  assert.equal(decision.effect === 'deny' && decision.code, 'policy-error');
  assert.deepEqual(operations, [
    {
      operation,
      name: 'select on public.users, other.notes',
      outcome: 'policy-error',
      columns: { reads: [], filters: [], writes: [], copies: [], known: true },
      rules: [
        { name: 'app', effect: 'permit', result: 'not-matched', why: 'it touches none of the tables of the rule' },
        { name: 'broken', effect: 'permit', result: 'error', why: 'division by zero' },
        { name: 'ddl', effect: 'permit', result: 'not-matched', why: 'the rule is about ddl' },
        { name: 'elsewhere', effect: 'permit', result: 'not-matched', why: 'the target is another one' },
        { name: 'flagged', effect: 'deny', result: 'not-matched', why: 'it has none of the flags into' },
        { name: 'others', effect: 'permit', result: 'not-matched', why: 'the principal is another one' },
        { name: 'public', effect: 'permit', result: 'binds', why: 'it touches tables outside of the rule' },
        { name: 'reads', effect: 'permit', result: 'matched' },
        { name: 'when', effect: 'deny', result: 'not-matched', why: '`when` is false' },
      ],
    },
  ]);
});

test('an unknown operation says that no rule names it', () => {
  const { operations } = explainDecision(POLICIES, jobOf(), targetNamed('demo'), {
    operations: [operationOf('do', 'unknown')],
  });
  assert.equal(operations[0]?.outcome, 'request-unknown');
  assert.deepEqual(operations[0]?.rules[7], {
    name: 'reads',
    effect: 'permit',
    result: 'not-matched',
    why: 'what the operation does is unknown, and the rule does not say `unknown`',
  });
});
