import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refWords, repositoryWords, workflowWords } from './ci-words.ts';

test('what CI systems say in full is shown as people say it', () => {
  assert.equal(repositoryWords('https://github.com/octo/shop'), 'octo/shop');
  assert.equal(repositoryWords('https://gitlab.example/a/b/c.git'), 'a/b/c');
  assert.equal(repositoryWords('octo/shop'), 'octo/shop');
  assert.equal(repositoryWords('https://ci.example/50%/x'), '50%/x');
  assert.equal(workflowWords('https://github.com/octo/shop/.github/workflows/agent.yml@refs/heads/main'), 'agent.yml');
  assert.equal(workflowWords('octo/shop/.github/workflows/nightly.yaml@refs/tags/v1'), 'nightly.yaml');
  assert.equal(workflowWords('Fix a failing test'), 'Fix a failing test');
  assert.equal(refWords('refs/heads/feature/x'), 'feature/x');
  assert.equal(refWords('refs/pull/12/merge'), 'pull/12/merge');
});
