import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Client } from 'pg';
import { installedVersions } from '../../../test/support/postgres-installation.ts';
import { type PostgresServer, startPostgres } from '../../../test/support/postgres-server.ts';
import { rowsOf } from '../../../test/support/rows-of.ts';
import { type Catalogue, resolveRelation } from '../../sql/postgres/catalogue.ts';
import type { CatalogueFunction } from '../../sql/postgres/programs.ts';
import { type CatalogueQuery, loadCatalogue, readCatalogue } from './catalogue.ts';

const SCHEMA = `
  CREATE SCHEMA app;
  CREATE TABLE app.users (id int PRIMARY KEY, email text);
  CREATE TABLE app.orders (id serial, user_id int REFERENCES app.users ON DELETE CASCADE ON UPDATE CASCADE,
    stamp timestamptz DEFAULT clock_timestamp(), total int CHECK (total > 0));
  CREATE FUNCTION app.ok(int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1 > 0';
  CREATE TABLE app.checked (a int CHECK (app.ok(a)), b text);
  CREATE INDEX ON app.checked ((app.ok(a)));
  CREATE FUNCTION app.defaults(a int, b int DEFAULT 2, c int DEFAULT 3) RETURNS int LANGUAGE sql AS 'SELECT 1';
  CREATE FUNCTION app.many(a int, VARIADIC b text[]) RETURNS int LANGUAGE sql AS 'SELECT 1';
  CREATE FUNCTION app.two(OUT x int, OUT y text) LANGUAGE sql AS 'SELECT 1, NULL::text';
  CREATE FUNCTION app.people() RETURNS SETOF app.users LANGUAGE sql STABLE AS 'SELECT * FROM app.users';
  CREATE FUNCTION app.listed() RETURNS TABLE (who text) LANGUAGE plpgsql SECURITY DEFINER SET search_path = app AS
    'BEGIN RETURN QUERY SELECT email FROM users; END';
  CREATE FUNCTION app.stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
  CREATE FUNCTION app.told() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
  CREATE TRIGGER stamped BEFORE INSERT OR UPDATE ON app.users FOR EACH ROW EXECUTE FUNCTION app.stamp();
  CREATE TRIGGER picky AFTER DELETE ON app.users FOR EACH ROW WHEN (app.ok(OLD.id)) EXECUTE FUNCTION app.stamp();
  CREATE TRIGGER off AFTER DELETE ON app.users FOR EACH ROW EXECUTE FUNCTION app.stamp();
  ALTER TABLE app.users DISABLE TRIGGER off;
  ALTER TABLE app.users ENABLE ALWAYS TRIGGER picky;
  CREATE TRIGGER sweeping AFTER TRUNCATE ON app.users FOR EACH STATEMENT EXECUTE FUNCTION app.stamp();
  CREATE RULE noted AS ON DELETE TO app.orders DO ALSO INSERT INTO app.checked VALUES (1, 'gone');
  CREATE FUNCTION app.sum_of(int, int) RETURNS int LANGUAGE sql AS 'SELECT $1 + $2';
  CREATE OPERATOR app.<+> (FUNCTION = app.sum_of, LEFTARG = int, RIGHTARG = int);
  CREATE AGGREGATE app.total (int) (SFUNC = app.sum_of, STYPE = int);
  CREATE TYPE app.box AS (v int);
  CREATE FUNCTION app.boxed(int) RETURNS app.box LANGUAGE sql AS 'SELECT ROW($1)::app.box';
  CREATE CAST (int AS app.box) WITH FUNCTION app.boxed(int) AS ASSIGNMENT;
  CREATE DOMAIN app.positive AS int CHECK (app.ok(VALUE));
  ALTER TABLE app.checked ENABLE ROW LEVEL SECURITY;
  CREATE POLICY seen ON app.checked USING (app.ok(a));
  CREATE FOREIGN DATA WRAPPER nowhere;
  CREATE SERVER elsewhere FOREIGN DATA WRAPPER nowhere;
  CREATE FOREIGN TABLE app.afar (a int) SERVER elsewhere;
  CREATE EVENT TRIGGER watching ON ddl_command_end EXECUTE FUNCTION app.told();`;

for (const version of installedVersions()) {
  describe(`what runs in a database of PostgreSQL ${version}`, () => {
    let server: PostgresServer;
    let client: Client;
    let query: CatalogueQuery;
    let catalogue: Catalogue;
    before(async () => {
      server = await startPostgres({ version, sql: SCHEMA });
      client = new Client({ host: server.socketDirectory, port: server.port, user: server.user });
      await client.connect();
      query = rowsOf(client);
      catalogue = await loadCatalogue(query);
    });
    after(async () => {
      await client.end();
      await server.stop();
    });
    const only = (name: string): CatalogueFunction => {
      const [one, ...more] = catalogue.functions.get(name) ?? [];
      assert.ok(one !== undefined && more.length === 0);
      return one;
    };
    const oidOf = (name: string): number => resolveRelation(catalogue, 'app', name)?.oid ?? 0;

    test('functions have their arguments, their result and whose rights they have', () => {
      assert.deepEqual(only('defaults').arguments, { min: 1, max: 3 });
      assert.deepEqual(only('many').arguments, { min: 1, max: Infinity });
      assert.deepEqual(only('two').resultColumns, ['x', 'y']);
      assert.deepEqual(only('people').resultColumns, ['id', 'email']);
      assert.equal(only('people').returnsSet, true);
      assert.deepEqual(only('listed').resultColumns, ['who']);
      assert.equal(only('listed').securityDefiner, true);
      assert.equal(only('two').securityDefiner, undefined);
    });

    test('functions have their definition with their own settings', () => {
      assert.match(only('listed').definition ?? '', /SET search_path TO 'app'\nAS /);
      assert.match(only('listed').definition ?? '', /SELECT email FROM users/);
    });

    test('a body in the standard form names everything with its schema', { skip: version < 14 }, async () => {
      await client.query('BEGIN; SET LOCAL search_path = app');
      await client.query('CREATE FUNCTION fresh() RETURNS int BEGIN ATOMIC SELECT id FROM users; END');
      const { functions } = await loadCatalogue(query);
      await client.query('ROLLBACK');
      assert.match(functions.get('fresh')?.[0]?.definition ?? '', /FROM app\.users/);
    });

    test('aggregates, operators and casts name the functions behind them', () => {
      assert.deepEqual(
        only('total').calls?.map(({ schema, name }) => [schema, name]),
        [['app', 'sum_of']],
      );
      const operators = [...catalogue.programs.operators.values()].flat();
      assert.deepEqual(
        operators.map((one) => [one.schema, one.name, one.function.name]),
        [['app', '<+>', 'sum_of']],
      );
      assert.deepEqual(
        catalogue.programs.silentCasts.map((one) => [one.target, one.context, one.function.name]),
        [['box', 'assignment', 'boxed']],
      );
    });

    test('triggers that are enabled have their events, their time and their function', () => {
      const told = (catalogue.programs.triggers.get(oidOf('users')) ?? []).map((one) => ({
        ...one,
        function: one.function.name,
        definition: one.definition?.replace(/.*WHEN/, 'WHEN'),
      }));
      const common = { table: oidOf('users'), function: 'stamp', definition: undefined };
      assert.deepEqual(
        told.sort((one, other) => (one.name < other.name ? -1 : 1)),
        [
          {
            ...common,
            name: 'picky',
            events: ['delete'],
            timing: 'after',
            enabled: 'always',
            definition: 'WHEN (app.ok(old.id)) EXECUTE FUNCTION app.stamp()',
          },
          { ...common, name: 'stamped', events: ['insert', 'update'], timing: 'before', enabled: 'origin' },
          { ...common, name: 'sweeping', events: ['truncate'], timing: 'after', enabled: 'origin' },
        ],
      );
      assert.deepEqual(
        catalogue.programs.eventTriggers.map((one) => one.name),
        ['told'],
      );
    });

    test('rules, keys that cascade, foreign servers and row security are told', () => {
      const [rule] = catalogue.programs.rules.get(oidOf('orders')) ?? [];
      assert.match(rule?.definition ?? '', /ON DELETE TO app\.orders DO\s+INSERT INTO app\.checked/);
      assert.deepEqual(catalogue.programs.references.get(oidOf('users')), [
        {
          from: oidOf('orders'),
          to: oidOf('users'),
          columns: ['id'],
          referring: ['user_id'],
          onDelete: 'delete',
          onUpdate: 'update',
        },
      ]);
      assert.equal(resolveRelation(catalogue, 'app', 'afar')?.server, 'elsewhere');
      assert.equal(resolveRelation(catalogue, 'app', 'checked')?.rowSecurity, true);
      assert.equal(resolveRelation(catalogue, 'app', 'users')?.rowSecurity, undefined);
    });

    test('expressions that call something are told, and plain ones are not', () => {
      const { expressions, domains } = catalogue.programs;
      assert.deepEqual(
        expressions.get(oidOf('checked'))?.map(({ runsOn, text }) => [runsOn, text]),
        [
          ['use', 'app.ok(a)'],
          ['write', 'app.ok(a)'],
          ['write', 'app.ok(a)'],
        ],
      );
      assert.deepEqual(
        expressions.get(oidOf('orders'))?.map(({ text }) => text),
        ['clock_timestamp()'],
      );
      assert.deepEqual(
        [...domains.values()].map(({ name, texts }) => [name, texts]),
        [['positive', ['app.ok(VALUE)']]],
      );
    });

    test('a body that is longer than the bound is left out, and that is told', async () => {
      const { definition, ...rest } = only('two');
      assert.match(definition ?? '', /SELECT 1/);
      const tight: CatalogueQuery = (all) => query(all.map((sql) => sql.replaceAll(' 262144', ' 20')));
      const { functions } = await loadCatalogue(tight);
      assert.deepEqual(functions.get('two'), [{ ...rest, isTooLong: true }]);
    });

    test('bodies are read in order of their OIDs until the bound on all of them', async () => {
      const read = [...catalogue.programs.functionsByOid.values()].map((one) =>
        Buffer.byteLength(one.definition ?? ''),
      );
      const half = read.slice(0, -8).reduce((sum, bytes) => sum + bytes, 0);
      const tight: CatalogueQuery = (all) => query(all.map((sql) => sql.replaceAll(' 8388608::', ` ${half}::`)));
      const cut = [...(await loadCatalogue(tight)).programs.functionsByOid.values()];
      assert.deepEqual(
        cut.map((one) => one.isTooLong === true).filter((isCut, i) => isCut !== i >= cut.length - 8),
        cut.slice(-8).flatMap((one) => (one.kind === 'aggregate' ? [false] : [])),
      );
    });

    test('a change of anything that runs is another version', async () => {
      const seen = new Set([catalogue.version]);
      for (const change of [
        `CREATE OR REPLACE FUNCTION app.ok(int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT true'`,
        'ALTER FUNCTION app.ok(int) SECURITY DEFINER',
        "ALTER FUNCTION app.ok(int) SET work_mem = '1MB'",
        'ALTER TABLE app.users ENABLE TRIGGER off',
        'ALTER TABLE app.orders ALTER stamp SET DEFAULT now()',
        'DROP RULE noted ON app.orders',
        'DROP OPERATOR app.<+> (int, int)',
        'DROP CAST (int AS app.box)',
        'ALTER TABLE app.checked DISABLE ROW LEVEL SECURITY',
        'DROP EVENT TRIGGER watching',
      ]) {
        await client.query(`BEGIN; ${change}`);
        const { version: changed } = await loadCatalogue(query);
        await client.query('ROLLBACK');
        assert.equal(seen.has(changed), false, change);
        seen.add(changed);
      }
      assert.equal((await loadCatalogue(query)).version, catalogue.version);
    });

    test("the reading session's temporary relations are told beside it, and change no version", async () => {
      await client.query('CREATE TEMP TABLE users (a text); CREATE TEMP VIEW passing AS SELECT 1');
      const reading = await readCatalogue(query, { previous: catalogue });
      await client.query('DISCARD TEMP');
      assert.deepEqual([...reading.temporaries], ['users', 'passing']);
      assert.equal(reading.catalogue, catalogue);
      assert.deepEqual([...(await readCatalogue(query)).temporaries], []);
    });
  });
}
