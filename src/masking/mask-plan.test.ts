import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ResultColumn } from '../model/reply.ts';
import type { Operation } from '../model/request.ts';
import { createMaskPlan } from './mask-plan.ts';
import type { Masker } from './masker.ts';

const KEY = Buffer.alloc(32, 7);
const TARGET = {
  classified: [
    { schema: 'public', table: 'users', column: 'name', class: 'name' },
    { schema: 'public', table: 'users', column: 'mail', class: 'email', mask: 'partial' },
    { schema: 'public', table: 'users', column: 'ssn', class: 'us-ssn', mask: 'null' },
  ],
} as const;

function reads(...tables: string[]): Operation {
  return {
    kind: 'select',
    access: 'read',
    tables: tables.map((name) => ({ schema: '', name, use: 'read' as const })),
    functions: [],
    hasWhere: false,
    flags: [],
  };
}

function textColumn(name: string, sources: ResultColumn['sources'] = []): ResultColumn {
  return { name, sources, plain: true, type: 'text', format: 'text' };
}

function field(masker: Masker, column: number, value: string): string | null | undefined {
  const wire = Buffer.from(`(${value})`);
  const masked = masker.field(column, wire, 1, wire.length - 1);
  return masked && Buffer.from(masked).toString();
}

test('a policy that names neither a detector nor a classified column makes no plan', () => {
  assert.equal(createMaskPlan(['salary'], TARGET, KEY), undefined);
  assert.equal(createMaskPlan([], TARGET, KEY), undefined);
});

test('a column is masked by its class and others are left alone', () => {
  const masker = createMaskPlan(['name', 'email'], TARGET, KEY)!.masker([reads('users')]);
  const source = (column: string) => [{ schema: 'public', table: 'users', column }];
  masker.columns([textColumn('id', source('id')), textColumn('n', source('name')), textColumn('m', source('mail'))]);
  assert.equal(masker.passes(Buffer.from('Ada'), 'rows'), false);
  assert.equal(field(masker, 0, '12'), undefined);
  assert.equal(field(masker, 1, 'Ada'), '[redacted]');
  assert.equal(field(masker, 2, 'ada@example.com'), '[redacted]@example.com');
  assert.deepEqual(masker.counts(), [
    { by: 'column', name: 'public.users.name', count: 1 },
    { by: 'column', name: 'public.users.mail', count: 1 },
  ]);
});

test('content is masked in place and counted by detector', () => {
  const masker = createMaskPlan(['email', 'card'], { classified: [] }, KEY)!.masker([reads('notes')]);
  masker.columns([textColumn('body')]);
  assert.equal(masker.passes(Buffer.from('nothing to see in 2024'), 'rows'), true);
  assert.equal(masker.passes(Buffer.from('write to ada@example.com'), 'rows'), false);
  assert.equal(field(masker, 0, 'nothing to see'), undefined);
  assert.equal(field(masker, 0, 'ada@example.com paid with 4111 1111 1111 1111.'), '[redacted] paid with [redacted].');
  assert.deepEqual(masker.counts(), [
    { by: 'detector', name: 'email', count: 1 },
    { by: 'detector', name: 'card', count: 1 },
  ]);
});
