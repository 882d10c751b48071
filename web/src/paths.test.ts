import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pathOfId, paths } from './paths.ts';

test('an id as it stands in a message leads to its page', () => {
  assert.equal(pathOfId(' apr_01kanq0000 '), '/approvals/apr_01kanq0000');
  assert.equal(pathOfId('run_01kanq0000'), '/runs/run_01kanq0000');
  assert.equal(pathOfId('ses_01kanq0000'), '/sessions/ses_01kanq0000');
  for (const text of ['', 'approvals', 'psn_01kanq', 'apr_', 'apr_01/../x', 'apr_01?x=1']) {
    assert.equal(pathOfId(text), undefined, text);
  }
});

test('a name cannot leave its place in the address', () => {
  assert.equal(paths.target('../people'), '/targets/..%2Fpeople');
  assert.equal(paths.approval('x?y#z'), '/approvals/x%3Fy%23z');
});
