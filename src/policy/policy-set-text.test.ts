import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import { compilePolicies } from './compile-policies.ts';
import { parsePolicies } from './parse-policies.ts';
import { archivedSetText, policySetText } from './policy-set-text.ts';

const YAML = `
policies:
  - { name: writers, principals: any, targets: [shop], operations: [update], effect: deny, reason: 'No: "ever".' }
  - { name: readers, principals: any, targets: any, operations: [read], effect: permit, mask: [email] }
`;

test('the text of a policy set has the digest that its decisions carry', () => {
  const { policies, problems } = parsePolicies([{ path: 'p.yaml', text: YAML }]);
  assert.deepEqual(problems, []);
  assert.equal(hash('sha256', policySetText(policies), 'hex'), compilePolicies(policies).digest);
});

test('a set that was archived as YAML is the same set', () => {
  const { policies } = parsePolicies([{ path: 'p.yaml', text: YAML }]);
  assert.equal(archivedSetText(YAML), policySetText(policies));
  assert.equal(archivedSetText(policySetText(policies)), policySetText(policies));
  assert.equal(archivedSetText('policies: [{ name: 1 }]'), undefined);
});
