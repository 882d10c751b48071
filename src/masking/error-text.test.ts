import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Operation } from '../model/request.ts';
import { createMaskPlan } from './mask-plan.ts';

const TARGET = {
  classified: [
    { schema: 'public', table: 'users', column: 'email', class: 'email' },
    { schema: 'public', table: 'users', column: 'name', class: 'name' },
  ],
} as const;
const PLAN = createMaskPlan(['name', 'email'], TARGET, Buffer.alloc(32))!;
const READS: Operation = {
  kind: 'insert',
  access: 'write',
  tables: [{ schema: 'public', name: 'users', use: 'write' }],
  functions: [],
  hasWhere: true,
  flags: [],
};

function masked(text: string, said?: string, operation: Operation = READS): string | undefined {
  const masker = PLAN.masker([operation], said === undefined ? undefined : () => Buffer.from(said));
  const wire = Buffer.from(`M${text}\0`);
  assert.equal(masker.passes(wire, 'text'), false);
  const result = masker.text(wire, 1, wire.length - 1);
  return result && Buffer.from(result).toString();
}

test('the values of a key are replaced, its names kept', () => {
  assert.equal(masked('Key (email)=(ada at home) already exists.'), 'Key (email)=([redacted]) already exists.');
  assert.equal(masked('Key (id, email)=(7, a) b) already exists.'), 'Key (id, email)=([redacted]) already exists.');
  assert.equal(
    masked('Key (lower(email))=(x) is still referenced from table "orders".', 'DELETE FROM orders'),
    'Key (lower(email))=([redacted]) is still referenced from table "orders".',
  );
  assert.equal(masked('La clé « (email)=(ada) » existe déjà.'), 'La clé «[redacted]» existe déjà.');
  assert.equal(masked('Key (email)=(a) conflicts with existing key (email)=(b).'), 'Key (email)=([redacted]).');
  assert.equal(
    masked('Partition key of the failing row contains (name) = (Ada).'),
    'Partition key of the failing row contains (name) = ([redacted]).',
  );
});

test('a key of columns that are not classified is kept', () => {
  assert.equal(masked('Key (id)=(7) already exists.'), undefined);
});

test('a whole failing row is replaced, in whatever language', () => {
  assert.equal(masked('Failing row contains (1, ada@home, Ada (the first)).'), 'Failing row contains ([redacted]).');
  assert.equal(masked('Failing row contains (Ada).'), 'Failing row contains ([redacted]).');
  assert.equal(masked('Fehlgeschlagene Zeile enthält (1, Ada).'), 'Fehlgeschlagene Zeile enthält ([redacted]).');
  assert.equal(masked('失敗した行は(1, Ada)を含みます'), '失敗した行は([redacted])を含みます');
});

test('a quoted value is replaced', () => {
  assert.equal(
    masked('invalid input syntax for type integer: "Ada"'),
    'invalid input syntax for type integer: "[redacted]"',
  );
  assert.equal(masked('value "Ada "A" B" is out of range'), 'value "[redacted]" is out of range');
  assert.equal(masked('COPY users, line 3: "7\tAda"'), 'COPY users, line 3: "[redacted]"');
  assert.equal(masked('ungültige Eingabe: »Ada«'), 'ungültige Eingabe: »[redacted]«');
  assert.equal(masked('valeur invalide : « Ada »'), 'valeur invalide : «[redacted]»');
  assert.equal(masked('nieprawidłowa wartość: „Ada”'), 'nieprawidłowa wartość: „[redacted]”');
  assert.equal(masked('JSON data, line 1: {"name": Ada'), 'JSON data, line 1: [redacted]');
});

test('a name that a cast turned data into is replaced', () => {
  assert.equal(
    masked('relation "Ada" does not exist', 'SELECT name::regclass'),
    'relation "[redacted]" does not exist',
  );
  assert.equal(masked('syntax error at or near "Ada"'), 'syntax error at or near "[redacted]"');
});

test('a statement that a function made of data is replaced whole', () => {
  assert.equal(masked("SELECT 1 FROM orders WHERE who = 'Ada'"), '[redacted]');
  assert.equal(masked("SELECT 'x'", "SELECT 'x'"), undefined);
  assert.equal(
    masked('update or delete on table "users" violates foreign key constraint "orders_fkey"', 'DELETE FROM users'),
    undefined,
  );
});

test('what the client said itself, and constraints, are kept', () => {
  assert.equal(masked('column "emial" does not exist', 'SELECT emial FROM users'), undefined);
  assert.equal(masked('duplicate key value violates unique constraint "users_email_key"'), undefined);
  assert.equal(masked('division by zero'), undefined);
  assert.equal(masked('ERROR'), undefined);
  assert.equal(masked('42P01'), undefined);
});

test('what is short enough to stand in any statement by chance is not kept for it', () => {
  assert.equal(
    masked('invalid input syntax for type integer: "e"', 'SELECT'),
    'invalid input syntax for type integer: "[redacted]"',
  );
});

test('the free text of a statement that could not be taken apart is replaced whole', () => {
  const opaque: Operation = { ...READS, access: 'unknown', tables: [] };
  assert.equal(masked('Ada Lovelace was here', 'DO', opaque), '[redacted]');
  assert.equal(masked('Ada', 'DO', { ...READS, tables: [], flags: ['do-block'] }), '[redacted]');
});

test('texts are left alone where no classified table is read', () => {
  const masker = PLAN.masker([{ ...READS, tables: [{ schema: 'public', name: 'orders', use: 'read' }] }]);
  const wire = Buffer.from('invalid input syntax for type integer: "Ada"');
  assert.equal(masker.text(wire, 0, wire.length), undefined);
});

test('what was replaced is counted, by column where it is known', () => {
  const masker = PLAN.masker([READS]);
  for (const text of ['Key (email)=(ada) already exists.', 'Failing row contains (1, Ada).']) {
    masker.text(Buffer.from(text), 0, text.length);
  }
  assert.deepEqual(masker.counts(), [
    { by: 'column', name: 'public.users.email', count: 1 },
    { by: 'column', name: 'unknown', count: 1 },
  ]);
});
