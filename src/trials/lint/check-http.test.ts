import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HttpPattern } from '../../policy/http-pattern.ts';
import type { Policy } from '../../policy/policy.ts';
import { checkHttpNames } from './check-http.ts';
import type { LintTarget } from './finding.ts';

const NONE = { operations: [], templates: [] };
const SHOP: LintTarget = {
  name: 'shop',
  labels: {},
  classes: [],
  document: { operations: ['getCustomer'], templates: ['/customers/{id}'] },
};
const PLAIN: LintTarget = { name: 'plain', labels: {}, classes: [], document: NONE };
const AWS: LintTarget = { name: 'aws', labels: {}, classes: [], document: { ...NONE, dialect: 'aws' } };

function told(http: HttpPattern, targets: readonly LintTarget[]): readonly string[] {
  const policy: Policy = { name: 'r', principals: 'any', targets: 'any', effect: 'deny', http };
  return checkHttpNames(policy, { policies: [policy], targets }).map(
    ({ at, message }) => `${at?.join('.')}: ${message}`,
  );
}

test('names that no document of the targets has, and words that none of them speaks, are told', () => {
  assert.deepEqual(
    told({ operations: ['getCustomer', 'dropCustomer'], templates: ['/customers/{id}', '/x'] }, [SHOP]),
    [
      "http.operations.1: no document of the rule's targets has dropCustomer",
      "http.templates.1: no document of the rule's targets has /x",
    ],
  );
  assert.deepEqual(told({ operations: ['get*'] }, [PLAIN, SHOP]), []);
  assert.deepEqual(told({ declared: true }, [PLAIN]), [
    "http.declared: none of the rule's targets has an OpenAPI document",
  ]);
  assert.deepEqual(told({ declared: false }, [PLAIN]), []);
  assert.deepEqual(told({ actions: ['s3:*'] }, [PLAIN]), ["http.actions: none of the rule's targets speaks AWS"]);
  assert.deepEqual(told({ resources: ['*'] }, [PLAIN, AWS]), []);
  assert.deepEqual(told({ graphql: { types: ['query'] } }, [AWS]), [
    "http.graphql: none of the rule's targets speaks GraphQL",
  ]);
  assert.deepEqual(told({ operations: ['x'] }, [SHOP, { name: 'other', labels: {}, classes: [] }]), []);
  assert.deepEqual(told({ operations: ['x'] }, []), []);
});
