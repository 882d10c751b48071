import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileGlob } from './glob.ts';

const CASES: readonly (readonly [pattern: string, separator: string, text: string, matches: boolean])[] = [
  ['refs/heads/main', '/', 'refs/heads/main', true],
  ['refs/heads/main', '/', 'refs/heads/main2', false],
  ['refs/heads/main', '/', 'xrefs/heads/main', false],
  ['refs/heads/*', '/', 'refs/heads/main', true],
  ['refs/heads/*', '/', 'refs/heads/feature/x', false],
  ['refs/heads/**', '/', 'refs/heads/feature/x', true],
  ['refs/heads/release-*', '/', 'refs/heads/release-', true],
  ['pg-*', '', 'pg-prod.eu/1', true],
  ['pg-*', '', 'my-pg-prod', false],
  ['*', '', '', true],
  ['pg.prod', '', 'pgxprod', false],
  ['a+(b)[c]|d', '', 'a+(b)[c]|d', true],
  ['PG-*', '', 'pg-prod', false],
  ['*', '', 'line\nbreak', true],
];

for (const [pattern, separator, text, matches] of CASES) {
  test(`${pattern} ${matches ? 'matches' : 'does not match'} ${JSON.stringify(text)}`, () => {
    assert.equal(compileGlob(pattern, separator)(text), matches);
  });
}
