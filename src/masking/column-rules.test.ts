import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ColumnSource, Operation, TableUse } from '../model/request.ts';
import { ColumnRules } from './column-rules.ts';

const RULES = new ColumnRules(
  [
    { schema: 'public', table: 'users', column: 'email', class: 'email', mask: 'partial' },
    { schema: 'public', table: 'users', column: 'name', class: 'name', mask: 'hash' },
    { schema: 'public', table: 'users', column: 'born', class: 'born' },
    { schema: '', table: 'people', column: 'name', class: 'name' },
    { schema: 'hr', table: 'users', column: 'pay', class: 'pay', mask: 'null' },
  ],
  new Set(['email', 'name', 'pay']),
);

function operation(tables: readonly TableUse[], more: Partial<Operation> = {}): Operation {
  return { kind: 'select', access: 'read', tables, functions: [], hasWhere: false, flags: [], ...more };
}

function reading(...names: readonly string[]) {
  return RULES.reading([
    operation(
      names.map((name) => {
        const [schema = '', table = ''] = name.split('.');
        return { schema, name: table, use: 'read' };
      }),
    ),
  ]);
}

function kindOf(
  sources: readonly ColumnSource[] | 'unknown',
  tables: readonly string[] = ['public.users'],
  plain = true,
) {
  return RULES.maskOf({ name: 'result', sources, plain }, reading(...tables))?.kind;
}

test('a value is masked where any of its sources is of a class that the policy names', () => {
  const id = { schema: 'public', table: 'users', column: 'id' };
  const email = { schema: 'public', table: 'users', column: 'email' };
  assert.equal(kindOf([email]), 'partial');
  assert.equal(kindOf([id]), undefined);
  assert.equal(kindOf([id, email]), 'partial');
  assert.equal(kindOf([]), undefined);
  assert.equal(kindOf([{ schema: 'public', table: 'users', column: 'born' }]), undefined);
});

test('a value computed from a column keeps nothing of it, whatever its mask would keep of the whole', () => {
  const email = { schema: 'public', table: 'users', column: 'email' };
  const name = { schema: 'public', table: 'users', column: 'name' };
  const pay = { schema: 'hr', table: 'users', column: 'pay' };
  assert.equal(kindOf([email], ['public.users'], false), 'redact');
  assert.equal(kindOf([name], ['public.users'], false), 'redact');
  assert.equal(kindOf([pay], ['hr.users'], false), 'null');
});

test('the strictest mask of several sources is the value’s', () => {
  const email = { schema: 'public', table: 'users', column: 'email' };
  const name = { schema: 'public', table: 'users', column: 'name' };
  const pay = { schema: 'hr', table: 'users', column: 'pay' };
  const other = { schema: 'x', table: 'people', column: 'name' };
  assert.equal(kindOf([email, name]), 'hash');
  assert.equal(kindOf([email, name, other]), 'redact');
  assert.equal(kindOf([other, pay, email]), 'null');
});

test('a schema is compared where both sides name one, and a class belongs to its table', () => {
  assert.equal(kindOf([{ schema: '', table: 'users', column: 'email' }]), 'partial');
  assert.equal(kindOf([{ schema: 'other', table: 'users', column: 'email' }]), undefined);
  assert.equal(kindOf([{ schema: 'any', table: 'people', column: 'name' }]), 'redact');
  assert.equal(kindOf([{ schema: 'public', table: 'orders', column: 'email' }]), undefined);
});

test('a value of unknown sources is redacted where a classified table is touched', () => {
  assert.equal(kindOf('unknown', ['public.users']), 'redact');
  assert.equal(kindOf('unknown', ['.users']), 'redact');
  assert.equal(kindOf('unknown', ['any.people']), 'redact');
  assert.equal(kindOf('unknown', ['other.users']), undefined);
  assert.equal(kindOf('unknown', ['public.orders']), undefined);
  assert.equal(kindOf('unknown', []), undefined);
});

test('a statement that could not be taken apart reads everything', () => {
  for (const opaque of [operation([], { access: 'unknown' }), operation([], { flags: ['do-block'] })]) {
    const all = RULES.reading([operation([]), opaque]);
    assert.equal(all.opaque, true);
    assert.equal(all.columns.length, 4);
    assert.equal(RULES.maskOf({ name: 'result', sources: 'unknown', plain: false }, all)?.kind, 'redact');
  }
});

test('the answer for one analysis is kept', () => {
  const operations = [operation([])];
  assert.equal(RULES.reading(operations), RULES.reading(operations));
});

test('a column is counted by its whole name', () => {
  const source = { schema: 'x', table: 'people', column: 'name' };
  assert.equal(RULES.maskOf({ name: 'n', sources: [source], plain: true }, reading('x.people'))?.name, 'x.people.name');
  assert.equal(RULES.maskOf({ name: 'n', sources: 'unknown', plain: false }, reading('x.people'))?.name, 'n');
});

test('a class of any column of a table masks each of them', () => {
  const copied = { schema: '', table: 'copied', column: '*', class: 'email' } as const;
  const rules = new ColumnRules([copied], new Set(['email']));
  const read = rules.reading([operation([{ schema: 'public', name: 'copied', use: 'read' }])]);
  const maskOf = (table: string) =>
    rules.maskOf({ name: 'x', sources: [{ schema: 'public', table, column: 'x' }], plain: true }, read)?.class;
  assert.equal(maskOf('copied'), 'email');
  assert.equal(maskOf('users'), undefined);
});
