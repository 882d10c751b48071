import assert from 'node:assert/strict';
import { test } from 'node:test';
import { yamlField } from './yaml-field.ts';

const TEXT = `policies:
  - name: reads # of all
    principals:
      run.sourceRepositoryId: "74"
    targets: [shop, "pg-*"]
    operations:
    - read
    - write
    approve: { group: dba, within: 30m }
    when: operation.kind == "drop"
`;

test('words of lists in brackets, in braces, on lines of their own and at the column of their key', () => {
  assert.deepEqual(yamlField(TEXT, 'targets'), ['shop', 'pg-*']);
  assert.deepEqual(yamlField(TEXT, 'operations'), ['read', 'write']);
  assert.deepEqual(yamlField(TEXT, 'approve'), ['group: dba', 'within: 30m']);
  assert.deepEqual(yamlField(TEXT, 'principals'), ['run.sourceRepositoryId: 74']);
  assert.deepEqual(yamlField(TEXT, 'name'), ['reads']);
});

test('nothing where the key is not there', () => {
  assert.deepEqual(yamlField(TEXT, 'mask'), []);
});
