import assert from 'node:assert/strict';
import { test } from 'node:test';
import { operationOf } from '../../test/support/subjects.ts';
import type { ColumnSource } from '../model/request.ts';
import { detectorsOf, previewColumns } from './column-preview.ts';

const EMAIL = { schema: 'public', table: 'users', column: 'email', class: 'email', mask: 'partial' } as const;
const READ = [operationOf('select', 'read', { tables: [{ schema: 'public', name: 'users', use: 'read' }] })];
const email: ColumnSource = { schema: 'public', table: 'users', column: 'email' };

function preview(classes: readonly string[], sources: readonly ColumnSource[] | 'unknown', plain = true): string {
  const [column] = previewColumns(classes, [EMAIL], READ, [{ name: 'x', sources, plain }]);
  return column?.mask === undefined ? 'clear' : `${column.mask.kind} ${column.mask.name} (${column.mask.class})`;
}

test('says of each column how it would come', () => {
  assert.equal(preview(['email'], [email]), 'partial public.users.email (email)');
  assert.equal(preview(['pii'], [email]), 'partial public.users.email (email)');
  assert.equal(preview(['email'], [email], false), 'redact public.users.email (email)');
  assert.equal(preview(['card'], [email]), 'clear');
  assert.equal(preview(['email'], [{ ...email, column: 'id' }]), 'clear');
  assert.equal(preview(['email'], 'unknown'), 'redact x (unknown)');
});

test('names the detectors that classes set to work', () => {
  assert.deepEqual(detectorsOf(['email', 'salary', 'jwt']), ['jwt', 'email']);
  assert.deepEqual(detectorsOf([]), []);
});
