import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ColumnCopy, ColumnSource, Operation } from '../model/request.ts';
import type { ClassifiedColumn } from '../model/target.ts';
import { inheritedColumns } from './inherited-columns.ts';

const CLASSIFIED: readonly ClassifiedColumn[] = [
  { schema: 'public', table: 'users', column: 'email', class: 'email', mask: 'partial' },
  { schema: 'public', table: 'users', column: 'phone', class: 'phone', mask: 'hash' },
  { schema: 'hr', table: 'people', column: 'pay', class: 'pay', mask: 'null' },
  { schema: '', table: 'keys', column: 'value', class: 'secret' },
];

function column(name: string): ColumnSource {
  const [schema = '', table = '', of = ''] = name.split('.');
  return { schema, table, column: of };
}

function copy(into: string, from: readonly string[] | 'unknown', temporary = false): ColumnCopy {
  return {
    into: column(into),
    from: from === 'unknown' ? 'unknown' : from.map(column),
    ...(temporary && { temporary: true }),
  };
}

function operation(copies: readonly ColumnCopy[], more: Partial<Operation> = {}): Operation {
  return { kind: 'insert', access: 'write', tables: [], functions: [], hasWhere: true, flags: [], copies, ...more };
}

/** Each as `schema.table.column class mask < sources`. */
function inherited(...operations: readonly Operation[]) {
  const found = inheritedColumns(operations, CLASSIFIED);
  const told = found?.stored.map(
    (one) => `${one.schema}.${one.table}.${one.column} ${one.class} ${one.mask ?? 'redact'} < ${one.from.join(' ')}`,
  );
  return found && { stored: told, temporary: found.temporary.map(({ table, column: of }) => `${table}.${of}`) };
}

test('a column that a classified one is copied into has its class', () => {
  assert.deepEqual(inherited(operation([copy('public.mailing.address', ['public.users.email'])])), {
    stored: ['public.mailing.address email redact < public.users.email'],
    temporary: [],
  });
});

test('a copy is masked whole where its source keeps a part or a token, and is null where that is', () => {
  const copies = [
    copy('public.a.x', ['public.users.phone']),
    copy('public.a.y', ['hr.people.pay', 'public.users.id']),
    copy('public.a.z', ['other.keys.value']),
  ];
  assert.deepEqual(inherited(operation(copies))?.stored, [
    'public.a.x phone redact < public.users.phone',
    'public.a.y pay null < hr.people.pay',
    'public.a.z secret redact < .keys.value',
  ]);
});

test('a value of several classes gives the column each of them', () => {
  assert.deepEqual(inherited(operation([copy('public.a.x', ['public.users.phone', 'public.users.email'])]))?.stored, [
    'public.a.x email redact < public.users.email',
    'public.a.x phone redact < public.users.phone',
  ]);
});

test('copies of what is not classified, and requests that copy nothing, leave everything as it is', () => {
  assert.equal(inherited(operation([copy('public.a.x', ['public.users.id'])])), undefined);
  assert.equal(inherited(operation([])), undefined);
  assert.equal(inheritedColumns([operation([copy('public.a.x', 'unknown')])], []), undefined);
});

test('a copy of unknown lineage has the classes of all that the request reads', () => {
  const tables = [{ schema: 'public', name: 'users', use: 'read' }] as const;
  assert.deepEqual(inherited(operation([copy('public.a.x', 'unknown')], { tables }))?.stored, [
    'public.a.x email redact < public.users.email',
    'public.a.x phone redact < public.users.phone',
  ]);
});

test('a copy of unknown lineage in a request that cannot be taken apart has every class of the target', () => {
  const opaque = operation([], { access: 'unknown' });
  assert.deepEqual(inherited(operation([copy('public.a.x', 'unknown')]), opaque)?.stored, [
    'public.a.x email redact < public.users.email',
    'public.a.x phone redact < public.users.phone',
    'public.a.x pay null < hr.people.pay',
    'public.a.x secret redact < .keys.value',
  ]);
});

test('a copy of a copy inherits within one request, in whatever order they stand', () => {
  const copies = [copy('public.b.y', ['public.a.x']), copy('public.a.x', ['public.users.email'])];
  assert.deepEqual(inherited(operation(copies))?.stored, [
    'public.a.x email redact < public.users.email',
    'public.b.y email redact < public.a.x',
  ]);
});

test('copies that go in a circle come to an end', () => {
  const copies = [copy('public.a.x', ['public.b.y', 'public.users.email']), copy('public.b.y', ['public.a.x'])];
  assert.equal(inherited(operation(copies))?.stored?.length, 2);
});

test('what a temporary table inherits is told apart, and holds in whatever schema that table is', () => {
  const found = inheritedColumns([operation([copy('pg_temp_3.t.x', ['public.users.email'], true)])], CLASSIFIED);
  assert.deepEqual(found, {
    stored: [],
    temporary: [{ schema: '', table: 't', column: 'x', class: 'email', from: ['public.users.email'] }],
  });
});

test('a stored copy of a temporary copy is kept', () => {
  const copies = [copy('pg_temp.t.x', ['public.users.email'], true), copy('public.kept.x', ['pg_temp.t.x'])];
  assert.deepEqual(inherited(operation(copies)), {
    stored: ['public.kept.x email redact < .t.x'],
    temporary: ['t.x'],
  });
});

test('a column that was written from its own value loses what its mask would keep of the whole', () => {
  const self = copy('public.users.email', ['public.users.email']);
  assert.deepEqual(inherited(operation([self]))?.stored, ['public.users.email email redact < public.users.email']);
  assert.equal(inherited(operation([copy('hr.people.pay', ['hr.people.pay'])])), undefined);
});

test('a column that has the class by a mask as strict is left alone', () => {
  const known: readonly ClassifiedColumn[] = [
    ...CLASSIFIED,
    { schema: 'public', table: 'a', column: 'x', class: 'email' },
  ];
  const copies = [copy('public.a.x', ['public.users.email'])];
  assert.equal(inheritedColumns([operation(copies)], known), undefined);
});
