import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Client } from 'pg';
import { type PostgresServer, startPostgres } from '../../../../test/support/postgres-server.ts';
import { rowsOf } from '../../../../test/support/rows-of.ts';
import { contextOf, lineOf, outputsLine } from '../../../../test/support/shop-catalogue.ts';
import { loadCatalogue } from '../../../protocols/postgres/catalogue.ts';
import { analyseOnce } from '../analyser.ts';
import type { Catalogue } from '../catalogue.ts';
import { loadPostgresParser } from '../parser.ts';
import { SchemaText } from './schema-text.ts';

before(loadPostgresParser);

const SCHEMA = `
CREATE SCHEMA app;
CREATE TABLE users (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text NOT NULL, born date, "odd ""name""" int[]);
CREATE TABLE app.notes (id serial, what text, author bigint REFERENCES users, gone text, shout text GENERATED ALWAYS AS (upper((what))) STORED);
ALTER TABLE app.notes DROP COLUMN gone, ADD COLUMN "when" timestamptz;
ALTER TABLE app.notes RENAME COLUMN "when" TO since;
CREATE TABLE events (at date, who text) PARTITION BY RANGE (at);
CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE base (a int);
CREATE TABLE child (b text) INHERITS (base);
CREATE TABLE twin (LIKE users, extra int);
CREATE VIEW mails (number, mail) AS SELECT id, lower(email) FROM users WHERE email <> ' as ' WITH CHECK OPTION;
CREATE VIEW app.both AS WITH users AS (SELECT 1 AS one) SELECT n.what, u.one, m.mail FROM app.notes n, users u, mails m;
CREATE MATERIALIZED VIEW counted AS SELECT count(*) AS n, max(email) AS last FROM public.users;
CREATE TABLE copied AS SELECT email AS e, 1 AS x FROM users;
CREATE SEQUENCE numbers;
CREATE FUNCTION pure(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE FUNCTION act(text) RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';
CREATE TABLE away (i int); DROP TABLE away;
CREATE TABLE old (i int); ALTER TABLE old RENAME TO fresh; ALTER TABLE fresh SET SCHEMA app;
CREATE FUNCTION mail_of(bigint) RETURNS text LANGUAGE sql STABLE AS 'SELECT email FROM public.users WHERE id = $1';
CREATE FUNCTION people() RETURNS SETOF users LANGUAGE sql STABLE AS 'SELECT * FROM public.users';
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO app.notes (what) VALUES (NEW.email); RETURN NEW; END';
CREATE TRIGGER noted AFTER UPDATE ON users FOR EACH ROW EXECUTE FUNCTION note();
CREATE TABLE letters (id int PRIMARY KEY, who bigint REFERENCES users ON DELETE CASCADE, body text);
ALTER TABLE letters ADD CONSTRAINT again FOREIGN KEY (who) REFERENCES users (id) ON DELETE SET NULL;
CREATE INDEX ON users (email);
COMMENT ON TABLE users IS 'people';
INSERT INTO base VALUES (1);
`;

function schemaOf(text: string): SchemaText {
  const schema = new SchemaText();
  schema.add(text);
  return schema;
}

/** `table id email`: kind and columns of every relation of a database's own, by name. */
function shape(catalogue: Catalogue): Record<string, string> {
  const own = ['public', 'app'].flatMap((schema) => [...(catalogue.relations.get(schema)?.values() ?? [])]);
  return Object.fromEntries(
    own
      .filter(({ kind }) => kind !== 'sequence')
      .map(({ schema, name, kind, columns, parents }) => [
        `${schema}.${name}`,
        `${kind} ${columns.map((column) => column.name + (column.generated ? '*' : '')).join(' ')}${parents ? ' <' : ''}`,
      ])
      .toSorted(([one = ''], [other = '']) => (one < other ? -1 : 1)),
  );
}

const STATEMENTS = [
  'SELECT * FROM mails',
  'SELECT * FROM app.both',
  'SELECT * FROM counted',
  'SELECT u FROM users u',
  'SELECT act(email) FROM users',
  'SELECT pure(1), who FROM events_2026',
  'UPDATE app.notes SET what = email FROM users',
  'SELECT relname, nspname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace',
  'SELECT * FROM information_schema.tables',
  'SELECT most_common_vals FROM pg_stats',
  'SELECT * FROM nowhere',
  'SELECT * FROM copied, child',
  'SELECT mail_of(1)',
  'SELECT mail_of(1, 2)',
  'SELECT email FROM people()',
  "UPDATE users SET email = 'x' WHERE id = 1",
  'DELETE FROM users WHERE id = 1',
  'SELECT shout FROM app.notes',
];

describe("a schema's text", () => {
  let server: PostgresServer;
  let client: Client;
  let real: Catalogue;
  before(async () => {
    server = await startPostgres({ sql: SCHEMA });
    client = new Client({ host: server.socketDirectory, port: server.port, user: server.user });
    await client.connect();
    real = await loadCatalogue(rowsOf(client));
  });
  after(async () => {
    await client?.end();
    await server?.stop();
  });

  test('makes the relations and columns that a server makes of it', () => {
    const schema = schemaOf(SCHEMA);
    assert.deepEqual(schema.problems, []);
    assert.deepEqual(shape(schema.catalogue), shape(real));
  });

  for (const statement of STATEMENTS) {
    test(`gives the analysis that the server's own catalogue gives: ${statement}`, () => {
      const read = (catalogue: Catalogue): readonly string[] => {
        const { operations, statements } = analyseOnce(statement, contextOf(catalogue));
        return [...operations.map(lineOf), outputsLine(statements[0]?.outputs)];
      };
      assert.deepEqual(read(schemaOf(SCHEMA).catalogue), read(real));
    });
  }

  test('knows the relations of pg_catalog and information_schema as the server has them', () => {
    const { catalogue } = schemaOf('');
    for (const schema of ['pg_catalog', 'information_schema']) {
      const listed = [...(catalogue.relations.get(schema)?.keys() ?? [])].toSorted();
      assert.deepEqual(listed, [...(real.relations.get(schema)?.keys() ?? [])].toSorted());
    }
  });
});

test('what a text cannot tell is told with its line', () => {
  const { problems } = schemaOf(
    'create table a (i int);\n\ncreate view v as\n  select * from elsewhere;\ndo $$ begin end $$;\ncreate trigger t after insert on a for each row execute function f();',
  );
  assert.deepEqual(problems, [
    { line: 3, message: 'the columns of public.v cannot be told' },
    { line: 5, message: 'what a DO block makes is not known here' },
    { line: 6, message: 'the table or the function of the trigger t is not known' },
  ]);
  const [problem] = schemaOf('create tabel a (i int)').problems;
  assert.match(problem?.message ?? '', /syntax error/);
});

test('definitions that are added count after those before, and a path ends with its text', () => {
  const schema = schemaOf(
    'create table app.users (id int, email text); set search_path = app; create view v as select email from users;',
  );
  const before = schema.catalogue;
  assert.equal(schema.catalogue, before);
  const outputs = () =>
    outputsLine(analyseOnce('select * from app.v', contextOf(schema.catalogue)).statements[0]?.outputs);
  assert.equal(outputs(), 'email=app.v.email+app.users.email!');
  schema.add('create or replace view app.v as select id from app.users');
  assert.equal(outputs(), 'id=app.v.id+app.users.id!');
  assert.notEqual(schema.catalogue, before);
});

test('a temporary table is in no catalogue, as in the one that a gateway reads', () => {
  const { catalogue } = schemaOf('create temp table passing (i int)');
  assert.deepEqual(shape(catalogue), {});
});

test("a dump's own lines for psql change nothing", () => {
  const dump =
    "\\restrict x\nSET search_path = app;\nSELECT pg_catalog.set_config('search_path', '', false);\nCREATE TABLE app.t (i int);\n\\unrestrict x\n";
  const schema = schemaOf(dump);
  assert.deepEqual(schema.problems, []);
  assert.deepEqual(Object.keys(shape(schema.catalogue)), ['app.t']);
});
