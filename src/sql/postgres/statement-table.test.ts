import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { STATEMENTS } from './statement-table.ts';

/** The statement nodes in the parser's own declaration of its trees. */
function tagsOfParser(): string[] {
  const library = createRequire(import.meta.url).resolve('libpg-query/package.json');
  const types = join(createRequire(library).resolve('@pgsql/types'), '..', 'types.d.ts');
  return [...readFileSync(types, 'utf8').matchAll(/^export interface (\w+Stmt) /gm)].map((match) => match[1] ?? '');
}

test('every statement node that the parser can make is classified, and nothing else is', () => {
  const tags = tagsOfParser();
  assert.equal(tags.length, 117);
  assert.deepEqual([...STATEMENTS.keys()].sort(), tags.sort());
});

test('only nodes that are no statement of their own, DO and CALL are unknown by their tag', () => {
  const unknown = [...STATEMENTS].filter(([, one]) => one.access === 'unknown').map(([tag]) => tag);
  assert.deepEqual(unknown.sort(), [
    'CallStmt',
    'DoStmt',
    'PLAssignStmt',
    'RawStmt',
    'ReplicaIdentityStmt',
    'ReturnStmt',
    'SetOperationStmt',
  ]);
});
