import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DETECTOR_GROUPS, DETECTORS as DETECTOR_LIST } from '../../src/masking/detectors/detectors.ts';
import { SCOPES } from '../../src/model/person.ts';
import { ACCESS_GROUPS, OPERATION_KINDS as KINDS } from '../../src/policy/operation-names.ts';
import { parsePolicies } from '../../src/policy/parse-policies.ts';
import { policySchema } from '../../src/policy/policy-schema.ts';
import { PRINCIPAL_FIELDS as FIELDS } from '../../src/policy/principal-fields.ts';
import {
  DETECTORS,
  OPERATION_GROUPS,
  OPERATION_KINDS,
  PRINCIPAL_FIELDS,
  policyWords,
} from '../../web/src/pages/policies/policy-words.ts';
import { SCOPE_WORDS } from '../../web/src/pages/tokens/scope-words.ts';

const rule = policyWords({ targets: [], groups: ['dba'] }).keys?.['policies']?.keys ?? {};

describe('the words that the policy editor offers', () => {
  test('are the fields of a rule, all of them', () => {
    assert.deepEqual(Object.keys(rule).sort(), Object.keys(policySchema.shape).sort());
  });

  test('are the kinds, groups and fields that the gateway knows', () => {
    assert.deepEqual([...OPERATION_KINDS].sort(), [...KINDS].sort());
    assert.deepEqual(Object.keys(OPERATION_GROUPS).sort(), [...ACCESS_GROUPS, 'any'].sort());
    assert.deepEqual([...PRINCIPAL_FIELDS].sort(), [...FIELDS].sort());
    const detectors = [...DETECTOR_LIST.map(({ name }) => name), ...Object.keys(DETECTOR_GROUPS)];
    assert.deepEqual([...DETECTORS].sort(), detectors.sort());
  });

  test('make a rule that loads, with every key of an approval', () => {
    const keys = { group: 'dba', quorum: 1, within: '30m', allowActor: false, measureRows: false, showText: false };
    assert.deepEqual(Object.keys(rule['approve']?.keys ?? {}).sort(), Object.keys(keys).sort());
    const text = `policies:\n  - name: x\n    principals: any\n    targets: any\n    operations: [ddl]\n    effect: permit\n    approve: ${JSON.stringify(keys)}\n`;
    assert.deepEqual(parsePolicies([{ path: 'x.yaml', text }]).problems, []);
  });
});

test('a token is offered every scope that there is', () => {
  assert.deepEqual(Object.keys(SCOPE_WORDS).sort(), [...SCOPES].sort());
});
