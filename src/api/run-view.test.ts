import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jobUrl } from './run-view.ts';

const GITHUB = 'https://token.actions.githubusercontent.com';

test('the page of a job is a link where it is https on the CI system’s own host', () => {
  const page = 'https://github.com/acme/shop/actions/runs/1/attempts/1';
  assert.equal(jobUrl({ issuer: GITHUB, runInvocationUri: page }), page);
  const ghe = 'https://acme.ghe.com/shop/actions/runs/1';
  assert.equal(jobUrl({ issuer: 'https://token.actions.acme.ghe.com', runInvocationUri: ghe }), ghe);
  const gitlab = 'https://gitlab.example:8443/acme/shop/-/jobs/1';
  assert.equal(jobUrl({ issuer: 'https://gitlab.example:8443', runInvocationUri: gitlab }), gitlab);
});

test('anything else is no link: other hosts, other schemes, a host in disguise', () => {
  for (const page of [
    'https://evil.example/acme/shop',
    'http://github.com/acme/shop',
    'javascript:alert(1)//github.com',
    'https://github.com.evil.example/acme',
    'https://github.com@evil.example/acme',
    'https://user:pass@github.com/acme',
    'https://github.com:444/acme',
    'github.com/acme',
    '',
  ]) {
    assert.equal(jobUrl({ issuer: GITHUB, runInvocationUri: page }), undefined, page);
  }
  assert.equal(jobUrl({ issuer: GITHUB }), undefined);
  assert.equal(jobUrl({ issuer: 'no address', runInvocationUri: 'https://github.com/a' }), undefined);
});
