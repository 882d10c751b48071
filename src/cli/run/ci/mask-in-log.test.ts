import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ciSystemOf } from './ci-system.ts';
import { maskCommands } from './mask-in-log.ts';
import { tokenHint } from './token-hint.ts';

test('secrets are hidden by the log’s own command where it has one', () => {
  assert.equal(maskCommands({ GITHUB_ACTIONS: 'true' }, ['a', 'b']), '::add-mask::a\n::add-mask::b\n');
  assert.equal(maskCommands({ TF_BUILD: 'True' }, ['a']), '##vso[task.setsecret]a\n');
  assert.equal(maskCommands({ GITLAB_CI: 'true' }, ['a']), '');
  assert.equal(maskCommands({}, ['a']), '');
});

test('nothing that would be a command of its own, or that would hide everything, is written', () => {
  assert.equal(maskCommands({ GITHUB_ACTIONS: 'true' }, ['', 'a\n::set-output name=x::y', 'b\r::error::']), '');
});

test('each CI system has a hint of its own', () => {
  const marks = [
    'GITHUB_ACTIONS',
    'GITLAB_CI',
    'BUILDKITE',
    'CIRCLECI',
    'TF_BUILD',
    'BITBUCKET_BUILD_NUMBER',
    'JENKINS_URL',
    'TF_VAR_spacelift_run_id',
    'TFC_RUN_ID',
    'KUBERNETES_SERVICE_HOST',
  ];
  const hints = new Set([...marks, 'NONE'].map((mark) => tokenHint({ [mark]: '1' })));
  assert.equal(hints.size, marks.length + 1);
  assert.equal(ciSystemOf({ CI: 'true', GITHUB_ACTIONS: '' }), 'none');
});
