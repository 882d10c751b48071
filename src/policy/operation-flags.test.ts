import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { OPERATION_FLAGS } from './operation-flags.ts';

test('the flags are those that docs/reference/policy.md explains', () => {
  const text = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'reference', 'policy.md'), 'utf8');
  const section = text.slice(text.indexOf('### flags'), text.indexOf('### when'));
  const rows = section.split('\n').filter((line) => line.startsWith('| `'));
  const told = rows.flatMap((row) =>
    [...(row.split('|')[1] ?? '').matchAll(/`([a-z-]+)`/g)].map((match) => match[1] ?? ''),
  );
  assert.deepEqual([...new Set(told)].toSorted(), [...OPERATION_FLAGS].toSorted());
});
