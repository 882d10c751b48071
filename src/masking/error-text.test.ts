import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Told } from '../model/reply.ts';
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
const OPAQUE: Operation = { ...READS, access: 'unknown', tables: [] };

interface Saying {
  readonly code?: string;
  readonly part?: Told['part'];
  readonly atRequest?: boolean;
  readonly ofServer?: boolean;
  readonly said?: string;
  readonly operation?: Operation;
}

/** What the client reads of a text that the server said while a statement ran over a classified table. */
function heard(text: string, saying: Saying = {}): string {
  const { code = '', part = 'message', atRequest = false, ofServer = true, said, operation = READS } = saying;
  const masker = PLAN.masker([operation], said === undefined ? undefined : () => Buffer.from(said));
  const wire = Buffer.from(`M${text}\0`);
  assert.equal(masker.passes(wire, 'text'), false);
  const masked = masker.text(wire, 1, wire.length - 1, { part, code, atRequest, ofServer });
  return masked === undefined ? text : Buffer.from(masked).toString();
}

const detail = (text: string, saying: Saying = {}) => heard(text, { ...saying, part: 'detail' });
const context = (text: string) => heard(text, { part: 'context' });

test('what points into the request stays, whatever it says: no row had been read', () => {
  assert.equal(
    heard('relation "usres" does not exist', { code: '42P01', atRequest: true, operation: OPAQUE }),
    'relation "usres" does not exist',
  );
  assert.equal(
    heard('invalid input syntax for type integer: "Ada"', { code: '22P02', atRequest: true }),
    'invalid input syntax for type integer: "Ada"',
  );
  assert.equal(
    heard('Perhaps you meant to reference the column "users.email".', { part: 'hint', atRequest: true }),
    'Perhaps you meant to reference the column "users.email".',
  );
});

test('what a function of the database, or another server, says is replaced, whatever it looks like', () => {
  const saying = { ofServer: false };
  assert.equal(heard('ada@home', { ...saying, code: 'P0001' }), '[redacted]');
  assert.equal(
    heard('duplicate key value violates unique constraint "ada@home"', { ...saying, code: '23505' }),
    '[redacted]',
  );
  assert.equal(detail('Key (id)=(ada@home) already exists.', saying), '[redacted]');
  assert.equal(heard('division by zero', { ...saying, code: '22012' }), '[redacted]');
  assert.equal(heard('ada_home', { ...saying, part: 'name' }), '[redacted]');
});

test('the fixed texts of the server stay', () => {
  for (const [code, text] of [
    ['22012', 'division by zero'],
    ['25P02', 'current transaction is aborted, commands ignored until end of transaction block'],
    ['25006', 'cannot execute INSERT in a read-only transaction'],
    ['57014', 'canceling statement due to statement timeout'],
    ['40001', 'could not serialize access due to concurrent update'],
    ['42501', 'permission denied for table users'],
    ['22003', 'integer out of range'],
    ['21000', 'more than one row returned by a subquery used as an expression'],
  ] as const) {
    assert.equal(heard(text, { code }), text);
  }
});

test('names of the catalogue in the server’s texts stay', () => {
  for (const [code, text] of [
    ['23505', 'duplicate key value violates unique constraint "users_email_key"'],
    ['23502', 'null value in column "email" of relation "users" violates not-null constraint'],
    ['23503', 'update or delete on table "users" violates foreign key constraint "o_fk" on table "orders"'],
    ['23514', 'new row for relation "users" violates check constraint "users_email_check"'],
    ['42501', 'new row violates row-level security policy for table "users"'],
  ] as const) {
    assert.equal(heard(text, { code }), text);
  }
  assert.equal(heard('users_email_key', { part: 'name', code: '23505' }), 'users_email_key');
});

test('a text of the server stands under its own code alone', () => {
  assert.equal(heard('division by zero', { code: '22P02' }), '[redacted]');
  assert.equal(heard('duplicate key value violates unique constraint "k"', { code: 'XX000' }), '[redacted]');
  assert.equal(heard('division by zero: 7', { code: '22012' }), '[redacted]');
});

test('values in the server’s texts are replaced', () => {
  assert.equal(
    heard('invalid input syntax for type integer: "Ada "A" B"', { code: '22P02' }),
    'invalid input syntax for type integer: "[redacted]"',
  );
  assert.equal(
    heard('value "8123456789" is out of range for type integer', { code: '22003' }),
    'value "[redacted]" is out of range for type integer',
  );
  assert.equal(
    heard('date/time field value out of range: "1987-13-01"', { code: '22008' }),
    'date/time field value out of range: "[redacted]"',
  );
  assert.equal(
    heard('invalid input value for enum mood: "Ada\nLovelace"', { code: '22P02' }),
    'invalid input value for enum mood: "[redacted]"',
  );
});

test('numbers and words that the server writes without quotes are replaced with all of the text', () => {
  for (const [code, text] of [
    ['22003', 'setval: value 97100 is out of bounds for sequence "s" (1..10)'],
    ['54000', 'requested character too large for encoding: 1114209'],
    ['22021', 'invalid byte sequence for encoding "UTF8": 0xff 0x61 0x64'],
    ['42883', 'operator does not exist: ada'],
    ['22P05', 'character with byte sequence 0xc4 0x80 in encoding "UTF8" has no equivalent in encoding "LATIN1"'],
  ] as const) {
    assert.equal(heard(text, { code }), '[redacted]');
  }
  assert.equal(detail("line 1: Start tag expected, '<' not found\nada@home\n^", { code: '2200N' }), '[redacted]');
  assert.equal(detail('Token "ada" is invalid.', { code: '22P02' }), '[redacted]');
});

test('the values of a key are replaced, its names kept', () => {
  assert.equal(detail('Key (email)=(ada at home) already exists.'), 'Key (email)=([redacted]) already exists.');
  assert.equal(detail('Key (id, email)=(7, a) b) already exists.'), 'Key (id, email)=([redacted]) already exists.');
  assert.equal(
    detail('Key (lower(email))=(x) is still referenced from table "orders".'),
    'Key (lower(email))=([redacted]) is still referenced from table "orders".',
  );
  assert.equal(detail('Key (email)=(a) conflicts with existing key (email)=(b).'), 'Key (email)=([redacted]).');
  assert.equal(
    detail('Partition key of the failing row contains (name) = (Ada).'),
    'Partition key of the failing row contains (name) = ([redacted]).',
  );
});

test('a key of columns that are not classified is kept, unless the statement could not be taken apart', () => {
  assert.equal(detail('Key (id)=(7) already exists.'), 'Key (id)=(7) already exists.');
  assert.equal(detail('Key (id)=(7) already exists.', { operation: OPAQUE }), 'Key (id)=([redacted]) already exists.');
});

test('a whole failing row is replaced', () => {
  assert.equal(detail('Failing row contains (1, ada@home, Ada (the first)).'), 'Failing row contains ([redacted]).');
  assert.equal(detail('Failing row contains (Ada).'), 'Failing row contains ([redacted]).');
});

test('a text in another language than English is replaced', () => {
  assert.equal(heard('Division durch Null', { code: '22012' }), '[redacted]');
  assert.equal(detail('Fehlgeschlagene Zeile enthält (1, Ada).'), '[redacted]');
});

test('a name that may be a value stays where the client said it', () => {
  const text = 'relation "orders_2025" does not exist';
  assert.equal(heard(text, { code: '42P01', said: 'truncate orders_2025' }), text);
  assert.equal(
    heard('relation "Ada" does not exist', { code: '42P01', said: 'select name::regclass from users' }),
    'relation "[redacted]" does not exist',
  );
});

test('a name does not stay for being short, or one of everything that a long request holds', () => {
  const hidden = 'relation "[redacted]" does not exist';
  assert.equal(heard('relation "a" does not exist', { code: '42P01', said: 'select' }), hidden);
  assert.equal(heard('relation "ada" does not exist', { code: '42P01', said: `ada ${'x'.repeat(2_000)}` }), hidden);
});

test('where a function was stays; what is quoted of its statement or its data goes', () => {
  assert.equal(
    context('PL/pgSQL function check_user(text) line 3 at assignment'),
    'PL/pgSQL function check_user(text) line 3 at assignment',
  );
  assert.equal(context('COPY users, line 3: "7\tAda"'), 'COPY users, line 3: "[redacted]"');
  assert.equal(context('SQL statement "SELECT \'Ada\'"\nPL/pgSQL function f() line 3 at EXECUTE'), '[redacted]');
  assert.equal(context('JSON data, line 1: {"name": Ada'), '[redacted]');
  assert.equal(heard("SELECT 'Ada'", { part: 'statement' }), '[redacted]');
});

test('texts of errors are left alone where no classified table is read; payloads are not', () => {
  const operation = {
    ...READS,
    tables: [{ schema: 'public', name: 'orders', use: 'read' }],
    runsPrograms: true,
  } as const;
  assert.equal(heard('Ada', { operation }), 'Ada');
  assert.equal(heard('Ada', { ofServer: false, operation }), 'Ada');
  assert.equal(heard('Ada', { part: 'payload', ofServer: false, operation }), '[redacted]');
});

test('what a function says where none was known to run goes: nobody knows what it read', () => {
  const operation = { ...READS, kind: 'commit', access: 'transaction', tables: [], columns: [] } as const;
  assert.equal(heard('Ada', { ofServer: false, operation }), '[redacted]');
  assert.equal(heard('there is no transaction in progress', { operation }), 'there is no transaction in progress');
});

test('what was replaced is counted, by column where it is known', () => {
  const masker = PLAN.masker([READS]);
  for (const text of ['Key (email)=(ada) already exists.', 'Failing row contains (1, Ada).']) {
    const told = { part: 'detail', code: '23505', atRequest: false, ofServer: true } as const;
    masker.text(Buffer.from(text), 0, text.length, told);
  }
  assert.deepEqual(masker.counts(), [
    { by: 'column', name: 'public.users.email', count: 1 },
    { by: 'column', name: 'unknown', count: 1 },
  ]);
});
