import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ColumnUse, Operation } from '../../model/request.ts';
import { parseEvent } from '../audit-event.ts';
import { canonicalJson } from '../canonical-json.ts';
import { packOperation, unpackOperation } from './recorded-operations.ts';

const email = { schema: 'public', table: 'people', column: 'email' };
const use = (column: string, how: ColumnUse['use'], table = 'people'): ColumnUse => ({
  schema: 'public',
  table,
  column,
  use: how,
});
const INSERT: Operation = {
  kind: 'insert',
  access: 'write',
  tables: [],
  functions: [],
  hasWhere: true,
  flags: [],
  columns: [use('email', 'output'), use('email', 'filter'), use('id', 'filter'), use('address', 'write', 'mailing')],
  copies: [{ into: { schema: 'public', table: 'mailing', column: 'address' }, from: [email] }],
  lock: 'row-exclusive',
  outputs: [{ name: 'email', sources: [email], plain: true }],
};

const said = (operation: Operation) => canonicalJson(packOperation(operation));
const line = (op: string) =>
  Buffer.from(`{"at":"","kind":"request","op":[${op}],"prev":"","run":"run_1","seq":1,"session":"ses_1","v":1}`);

test('a line names each table once, and of its columns the uses by a letter', () => {
  assert.equal(
    said(INSERT),
    '{"access":"write","columns":[["public","people",{"email":"of","id":"f"}],["public","mailing",{"address":"w"}]],' +
      '"copies":[{"from":[{"column":"email","schema":"public","table":"people"}],"into":{"column":"address","schema":"public","table":"mailing"}}],' +
      '"flags":[],"functions":[],"hasWhere":true,"kind":"insert","lock":"row-exclusive","tables":[]}',
  );
});

test('what is read from a line is what was judged, but for the lineage of its result', () => {
  const { outputs: _, ...judged } = INSERT;
  assert.deepEqual(parseEvent(line(said(INSERT)))?.op, [judged]);
});

test('columns that cannot be told stay so, and an operation without any has none', () => {
  assert.deepEqual(unpackOperation(JSON.parse(said({ ...INSERT, columns: 'unknown' })))?.columns, 'unknown');
  const { columns: _, ...without } = INSERT;
  assert.equal(said(without).includes('columns'), false);
});

test('names that a program would take for its own come back as they were', () => {
  const columns = ['__proto__', 'constructor', 'a.b', '"', '\u0000'].map((name) => use(name, 'write', name));
  assert.deepEqual(unpackOperation(JSON.parse(said({ ...INSERT, columns })))?.columns, columns);
});

test('a line whose columns or copies were altered into something else is no event', () => {
  for (const altered of [
    '"columns":7',
    '"columns":[["public","people"]]',
    '"columns":[["public","people",{"email":7}]]',
    '"columns":[["public","people",{"email":"ox"}]]',
    '"columns":[[1,"people",{"email":"o"}]]',
    '"copies":[{"from":[7],"into":{"column":"a","schema":"","table":"t"}}]',
    '"copies":[{"from":"unknown"}]',
    '"lock":1',
  ]) {
    const op = `{"access":"read","flags":[],"functions":[],"hasWhere":true,"kind":"select","tables":[],${altered}}`;
    assert.equal(parseEvent(line(op)), undefined, altered);
  }
});
