import assert from 'node:assert/strict';
import { test } from 'node:test';
import { httpUrl } from './http-url.ts';

test('only web addresses become links', () => {
  assert.equal(httpUrl('https://ci.example/run/1'), 'https://ci.example/run/1');
  for (const text of [
    undefined,
    '',
    'ci.example',
    'javascript:alert(1)',
    ' JavaScript:alert(1)',
    'data:text/html,x',
    '/v1/logout',
  ]) {
    assert.equal(httpUrl(text), undefined, text);
  }
});
