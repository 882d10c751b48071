import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jobOf, operationOf, targetNamed } from '../../test/support/subjects.ts';
import type { Operation } from '../model/request.ts';
import { compilePolicies } from '../policy/compile-policies.ts';
import type { Policy } from '../policy/policy.ts';
import { readingPolicies } from './reading-policies.ts';

const SELECT = operationOf('select', 'read');
const decide = (rules: readonly Policy[], ...operations: readonly Operation[]) => {
  const set = readingPolicies(compilePolicies(rules), 'targets classify');
  const decision = set.decider(jobOf(), targetNamed('demo'))({ operations });
  return decision.effect === 'permit' ? 'permit' : decision.code;
};
const rule = (more: Partial<Policy>): Policy => ({
  name: 'a rule',
  principals: 'any',
  targets: 'any',
  operations: ['any'],
  effect: 'permit',
  ...more,
});

test('reads, settings of the session and transactions need no rule', () => {
  const settings = operationOf('set', 'session');
  assert.equal(decide([], operationOf('begin', 'transaction'), settings, SELECT), 'permit');
});

test('nothing else is permitted, whatever the rules permit', () => {
  for (const access of ['write', 'ddl', 'admin'] as const) {
    assert.equal(decide([rule({})], SELECT, operationOf('update', access)), 'policy-no-match');
  }
  assert.equal(decide([rule({ operations: ['any', 'unknown'] })], operationOf('do', 'unknown')), 'policy-no-match');
  assert.equal(decide([], operationOf('do', 'unknown')), 'request-unknown');
});

test('what a rule denies is denied, and so is what a rule cannot be asked about', () => {
  assert.equal(decide([rule({}), rule({ name: 'no', effect: 'deny' })], SELECT), 'policy-denied');
  assert.equal(decide([rule({ name: 'odd', when: 'target.labels.tier == "prod"' })], SELECT), 'policy-error');
});

test('a permit names what decided, obliges to nothing, and stands under the digest of the policies in force', () => {
  const inForce = compilePolicies([rule({ mask: ['email'] })]);
  const decision = readingPolicies(inForce, 'targets classify').decider(
    jobOf(),
    targetNamed('demo'),
  )({
    operations: [SELECT],
  });
  assert.deepEqual(decision, {
    effect: 'permit',
    rules: ['targets classify'],
    obligations: [],
    policy: inForce.digest,
  });
});
