import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Client } from 'pg';
import { installedVersions } from '../../../test/support/postgres-installation.ts';
import { type PostgresServer, startPostgres } from '../../../test/support/postgres-server.ts';
import { rowsOf } from '../../../test/support/rows-of.ts';
import { Fault } from '../../model/fault.ts';
import { columnOf, resolveRelation } from '../../sql/postgres/catalogue.ts';
import { type CatalogueQuery, loadCatalogue } from './catalogue.ts';
import { CATALOGUE_STATEMENTS } from './catalogue-query.ts';

const SCHEMA = `
  CREATE SCHEMA app;
  CREATE TABLE app.users (id int PRIMARY KEY, gone text, "naïve ""name""" varchar(20));
  ALTER TABLE app.users DROP COLUMN gone;
  CREATE TABLE events (at date, what jsonb) PARTITION BY RANGE (at);
  CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
  CREATE VIEW people AS SELECT id FROM app.users;
  CREATE MATERIALIZED VIEW counted AS SELECT count(*) AS n FROM app.users;
  CREATE SEQUENCE numbers;
  CREATE TYPE pair AS (a int, b int);
  CREATE FUNCTION pure(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
  CREATE FUNCTION pure(text) RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';
  CREATE PROCEDURE act() LANGUAGE sql AS 'SELECT 1';
  CREATE TABLE empty ();`;

for (const version of installedVersions()) {
  describe(`the catalogue of PostgreSQL ${version}`, () => {
    let server: PostgresServer;
    let client: Client;
    let query: CatalogueQuery;
    before(async () => {
      server = await startPostgres({ version, sql: SCHEMA });
      client = new Client({ host: server.socketDirectory, port: server.port, user: server.user });
      await client.connect();
      query = rowsOf(client);
    });
    after(async () => {
      await client.end();
      await server.stop();
    });

    test('names each relation with its kind and its columns, without dropped ones', async () => {
      const catalogue = await loadCatalogue(query);
      const users = resolveRelation(catalogue, 'app', 'users');
      assert.equal(users?.kind, 'table');
      assert.deepEqual(users.columns, [
        { attnum: 1, name: 'id', type: 23 },
        { attnum: 3, name: 'naïve "name"', type: 1043 },
      ]);
      assert.deepEqual(columnOf(catalogue, users.oid, 3), { schema: 'app', table: 'users', column: 'naïve "name"' });
      const kinds = [...(catalogue.relations.get('public')?.values() ?? [])].map(({ name, kind }) => [name, kind]);
      assert.deepEqual(Object.fromEntries(kinds), {
        counted: 'matview',
        empty: 'table',
        events: 'partitioned',
        events_2026: 'table',
        numbers: 'sequence',
        people: 'view',
      });
      assert.deepEqual(resolveRelation(catalogue, '', 'empty')?.columns, []);
    });

    test('tells what a partition belongs to', async () => {
      const catalogue = await loadCatalogue(query);
      const parent = resolveRelation(catalogue, '', 'events');
      assert.deepEqual(resolveRelation(catalogue, '', 'events_2026')?.parents, [parent?.oid]);
      assert.equal(parent?.parents, undefined);
    });

    test('defines views with every table named by its schema, whatever search_path is', async () => {
      await client.query('SET search_path = app, public');
      const catalogue = await loadCatalogue(query);
      assert.match(resolveRelation(catalogue, '', 'people')?.definition ?? '', /FROM app\.users;$/);
      assert.match(resolveRelation(catalogue, '', 'counted')?.definition ?? '', /FROM app\.users;$/);
      await client.query('RESET search_path');
    });

    test('tells the search path as it resolves, with a schema of the user’s that may come, and leaves it as it was, also in a transaction', async () => {
      const searchPath = async () => (await query(['SHOW search_path']))[0]?.[0];
      assert.deepEqual((await loadCatalogue(query)).searchPath, ['postgres', 'public']);
      await client.query('BEGIN; SET LOCAL search_path = app, nowhere, "$user", public');
      assert.deepEqual((await loadCatalogue(query)).searchPath, ['app', 'public']);
      assert.equal(await searchPath(), 'app, nowhere, "$user", public');
      await client.query('COMMIT');
      assert.equal(await searchPath(), '"$user", public');
    });

    test('tells what functions may do, all overloads of them', async () => {
      const { functions } = await loadCatalogue(query);
      const told = (functions.get('pure') ?? []).map(({ volatility, language, kind }) => [volatility, language, kind]);
      assert.deepEqual(told, [
        ['immutable', 'sql', 'function'],
        ['volatile', 'plpgsql', 'function'],
      ]);
      assert.deepEqual(functions.get('act')?.[0]?.kind, 'procedure');
      assert.equal(functions.has('lower'), false);
    });

    test("resolves the server's own relations, and knows nothing of TOAST and temporary ones", async () => {
      await client.query('CREATE TEMP TABLE passing (a text)');
      const catalogue = await loadCatalogue(query);
      await client.query('DROP TABLE passing');
      assert.equal(resolveRelation(catalogue, '', 'pg_class')?.kind, 'table');
      assert.equal(resolveRelation(catalogue, '', 'pg_stats')?.kind, 'view');
      assert.equal(resolveRelation(catalogue, 'information_schema', 'columns')?.definition, undefined);
      const schemas = [...catalogue.relations.keys()].toSorted();
      assert.deepEqual(schemas, ['app', 'information_schema', 'pg_catalog', 'public']);
    });

    test('is the same object until something changes', async () => {
      const first = await loadCatalogue(query);
      assert.equal(await loadCatalogue(query, { previous: first }), first);
      await client.query('ALTER TABLE app.users RENAME id TO number');
      const second = await loadCatalogue(query, { previous: first });
      await client.query('ALTER TABLE app.users RENAME number TO id');
      assert.notEqual(second.version, first.version);
      assert.equal(resolveRelation(second, 'app', 'users')?.columns[0]?.name, 'number');
      assert.equal((await loadCatalogue(query)).version, first.version);
    });

    test('that a session under way reads keeps the search path of those that begin', async () => {
      const previous = await loadCatalogue(query);
      await client.query('BEGIN; SET LOCAL search_path = app');
      assert.equal(await loadCatalogue(query, { previous, keepSearchPath: true }), previous);
      assert.deepEqual((await loadCatalogue(query, { previous })).searchPath, ['app']);
      await client.query('CREATE TABLE app.fresh ()');
      const changed = await loadCatalogue(query, { previous, keepSearchPath: true });
      await client.query('ROLLBACK');
      assert.deepEqual(changed.searchPath, ['postgres', 'public']);
      assert.equal(resolveRelation(changed, 'app', 'fresh')?.kind, 'table');
    });

    test('does not depend on client_encoding', async () => {
      const expected = await loadCatalogue(query);
      await client.query("SET client_encoding = 'latin1'");
      assert.equal((await loadCatalogue(query)).version, expected.version);
      await client.query('RESET client_encoding');
    });

    test("cannot be told lies by a session's own functions and operators", async () => {
      const expected = await loadCatalogue(query);
      await client.query(`BEGIN; CREATE SCHEMA evil;
        CREATE FUNCTION evil.lie(oid, oid) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT false';
        CREATE FUNCTION evil.lie("char", "char") RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT false';
        CREATE FUNCTION evil.lie(int8, int8) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT false';
        CREATE FUNCTION evil.lie(name, text) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT false';
        CREATE OPERATOR evil.= (FUNCTION = evil.lie, LEFTARG = oid, RIGHTARG = oid);
        CREATE OPERATOR evil.= (FUNCTION = evil.lie, LEFTARG = "char", RIGHTARG = "char");
        CREATE OPERATOR evil.<= (FUNCTION = evil.lie, LEFTARG = int8, RIGHTARG = int8);
        CREATE OPERATOR evil.!~ (FUNCTION = evil.lie, LEFTARG = name, RIGHTARG = text);
        CREATE FUNCTION evil.current_schemas(bool) RETURNS name[] LANGUAGE sql AS 'SELECT ARRAY[''lies''::name]';
        CREATE FUNCTION evil.json_build_array(VARIADIC text[]) RETURNS json LANGUAGE sql AS 'SELECT ''[]''::json';
        CREATE FUNCTION evil.pg_get_viewdef(oid) RETURNS text LANGUAGE sql AS 'SELECT ''lies''';
        CREATE TABLE evil.pg_class (oid oid, relkind "char"); CREATE TABLE evil.pg_attribute (attrelid oid);
        CREATE DOMAIN evil.text AS pg_catalog.text; CREATE DOMAIN evil.int8 AS pg_catalog.int8;
        SET LOCAL search_path = evil, pg_catalog, public`);
      assert.deepEqual((await client.query('SELECT 1 FROM pg_class WHERE \'r\'::"char" = \'r\'::"char"')).rows, []);
      const catalogue = await loadCatalogue(query);
      await client.query('ROLLBACK');
      assert.deepEqual(catalogue.searchPath, ['evil', 'pg_catalog', 'public']);
      for (const schema of ['app', 'public']) {
        assert.deepEqual(catalogue.relations.get(schema), expected.relations.get(schema));
      }
    });

    test('is read without compiling the query, and leaves that to the session as it was', async () => {
      const jit = async () => (await client.query<{ jit: string }>('SHOW jit')).rows[0]?.jit;
      for (const value of ['on', 'off']) {
        await client.query(`SET jit = ${value}`);
        await loadCatalogue(query);
        assert.equal(await jit(), value);
        const other = value === 'on' ? 'off' : 'on';
        await client.query(`BEGIN; SET LOCAL jit = ${other}`);
        await loadCatalogue(query);
        assert.equal(await jit(), other);
        await client.query('COMMIT');
        assert.equal(await jit(), value);
      }
      const [first = '', second = ''] = CATALOGUE_STATEMENTS;
      await client.query('BEGIN; SET LOCAL jit = on; SET LOCAL jit_above_cost = 0');
      await client.query(first);
      const plan = await client.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${second}`);
      await client.query('ROLLBACK; RESET jit');
      assert.ok(plan.rows.length > 10);
      assert.ok(!plan.rows.some((row) => row['QUERY PLAN'].startsWith('JIT')));
    });

    test('that is more than the bound is refused, and not sent', async () => {
      const small = CATALOGUE_STATEMENTS.map((sql) => sql.replace('200000::', '100::'));
      let rows = 0;
      const counted: CatalogueQuery = async (statements) => {
        assert.equal(statements, CATALOGUE_STATEMENTS);
        const answer = await query(small);
        rows = answer.length;
        // The size as a real database of that size would tell it.
        const first = Buffer.from(String(answer[0]?.[0]), 'base64')
          .toString()
          .replace(/, \d+, ""\]$/, ', 200001, ""]');
        return [[Buffer.from(first).toString('base64')], ...answer.slice(1)];
      };
      await assert.rejects(loadCatalogue(counted), {
        name: 'Fault',
        message: /more than 200000 columns and functions/,
      });
      assert.equal(rows, 2);
    });

    test('that is not whole is refused', async () => {
      for (const cut of [
        [],
        [['']],
        [['bm90IEpTT04=']],
        [['e30=']],
        [[null]],
        (await query(CATALOGUE_STATEMENTS)).slice(0, -1),
        (await query(CATALOGUE_STATEMENTS)).slice(1),
      ]) {
        await assert.rejects(
          loadCatalogue(async () => cut),
          (error: unknown) => error instanceof Fault && error.code === 'upstream-protocol',
        );
      }
    });
  });
}
