import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type AnalysedServer, analysedServer } from '../../../test/support/analysed-server.ts';
import { installedVersions } from '../../../test/support/postgres-installation.ts';
import { contextOf, lineOf } from '../../../test/support/shop-catalogue.ts';
import type { Operation } from '../../model/request.ts';
import { analyseOnce } from '../../sql/postgres/analyser.ts';

const SCHEMA = `
  CREATE SCHEMA app; CREATE SCHEMA other;
  CREATE TABLE people (id int PRIMARY KEY, email text);
  CREATE TABLE audit (what text);
  CREATE TABLE orders (id int, person int REFERENCES people ON DELETE CASCADE ON UPDATE CASCADE);
  CREATE TABLE plain (id int, total int);
  CREATE TABLE other.people (id int);
  CREATE SEQUENCE seq;
  INSERT INTO people VALUES (1, 'ada@example.com'); INSERT INTO orders VALUES (1, 1); INSERT INTO plain VALUES (1, 1);
  CREATE FUNCTION reads(k int) RETURNS text LANGUAGE sql AS 'SELECT email FROM public.people WHERE id = k';
  CREATE FUNCTION computes(a int, b int DEFAULT 1) RETURNS int LANGUAGE plpgsql AS
    'DECLARE c int := a; BEGIN IF a > b THEN c := c + b; ELSE RETURN length(lower(''X'')); END IF; RETURN c; END';
  CREATE FUNCTION writes(k int) RETURNS void LANGUAGE plpgsql AS $$
    DECLARE r record;
    BEGIN
      FOR r IN SELECT id FROM public.people LOOP
        IF r.id = k THEN INSERT INTO public.audit VALUES (r.id::text); END IF;
      END LOOP;
    EXCEPTION WHEN others THEN PERFORM pg_notify('failed', SQLERRM);
    END $$;
  CREATE FUNCTION wiping() RETURNS int LANGUAGE sql AS 'DELETE FROM public.audit; SELECT 1';
  CREATE FUNCTION liar() RETURNS int LANGUAGE sql STABLE AS 'SELECT wiping()';
  CREATE FUNCTION constant() RETURNS int LANGUAGE plpgsql AS
    $$ BEGIN EXECUTE 'DELETE FROM ' || 'public.audit'; RETURN 1; END $$;
  CREATE FUNCTION dynamic(t text) RETURNS int LANGUAGE plpgsql AS
    $$ BEGIN EXECUTE format('DELETE FROM %I', t); RETURN 1; END $$;
  CREATE FUNCTION ping(n int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN pong(n - 1); END $$;
  CREATE FUNCTION pong(n int) RETURNS int LANGUAGE plpgsql AS
    $$ BEGIN IF n < 1 THEN INSERT INTO public.audit VALUES ('end'); RETURN 0; END IF; RETURN ping(n - 1); END $$;
  CREATE FUNCTION over(int) RETURNS int LANGUAGE sql AS 'SELECT 1';
  CREATE FUNCTION over(int, int) RETURNS int LANGUAGE sql AS 'DELETE FROM public.audit; SELECT 1';
  CREATE FUNCTION pathless() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM people';
  CREATE FUNCTION pathed() RETURNS bigint LANGUAGE sql SET search_path = other AS 'SELECT count(*) FROM people';
  CREATE FUNCTION moves_path() RETURNS bigint LANGUAGE plpgsql AS
    $$ BEGIN PERFORM set_config('search_path', 'other', true); RETURN (SELECT count(*) FROM people); END $$;
  CREATE FUNCTION trusted() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
  CREATE FUNCTION defines() RETURNS int LANGUAGE sql AS
    'CREATE OR REPLACE FUNCTION over(int) RETURNS int LANGUAGE sql AS ''SELECT 2''; SELECT 1';
  CREATE PROCEDURE does() LANGUAGE plpgsql AS 'BEGIN INSERT INTO public.audit VALUES (''did''); END';
  CREATE FUNCTION logged() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN INSERT INTO public.audit VALUES (TG_OP); RETURN NEW; END';
  CREATE FUNCTION stamped() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.email := lower(NEW.email); RETURN NEW; END';
  CREATE TRIGGER stamps BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION stamped();
  CREATE TRIGGER logs AFTER UPDATE ON people FOR EACH ROW EXECUTE FUNCTION logged();
  CREATE TRIGGER off AFTER INSERT ON people FOR EACH ROW EXECUTE FUNCTION logged();
  ALTER TABLE people DISABLE TRIGGER off;
  CREATE TABLE ruled (id int);
  CREATE RULE kept AS ON INSERT TO ruled DO ALSO DELETE FROM public.audit;
  CREATE VIEW faces AS SELECT id, email FROM people;
  CREATE VIEW sly AS SELECT wiping() AS w, id FROM people;
  CREATE TABLE defaulted (a int DEFAULT wiping(), b text);
  CREATE FUNCTION checks(int) RETURNS bool LANGUAGE sql AS 'DELETE FROM public.audit; SELECT true';
  CREATE DOMAIN small AS int CHECK (checks(VALUE));
  CREATE TABLE typed (a small);
  CREATE FUNCTION joins(int, int) RETURNS int LANGUAGE sql AS 'DELETE FROM public.audit; SELECT 1';
  CREATE OPERATOR <+> (FUNCTION = joins, LEFTARG = int, RIGHTARG = int);
  CREATE TYPE crate AS (v int);
  CREATE FUNCTION boxed(int) RETURNS crate LANGUAGE sql AS 'DELETE FROM public.audit; SELECT ROW($1)::crate';
  CREATE CAST (int AS crate) WITH FUNCTION boxed(int);
  CREATE AGGREGATE gather (int) (SFUNC = joins, STYPE = int, INITCOND = 0);`;

/** Statements with what is said of them, one line for each operation. */
const CASES: readonly (readonly [statement: string, ...lines: string[]])[] = [
  ['select reads(1)', 'select read fn:reads [opaque-source]', 'select read r:public.people fn:reads [in-function]'],
  ['select computes(1), computes(1, 2) from plain', 'select read r:public.plain fn:computes'],
  [
    'select writes(1)',
    'select read fn:writes [notify opaque-source]',
    'function write w:public.audit r:public.people fn:writes [notify]',
    'insert write w:public.audit fn:writes [in-function]',
    'select read r:public.people fn:writes [in-function]',
    'select read fn:writes,pg_notify [notify in-function]',
    'function write fn:writes,pg_notify [notify in-function]',
  ],
  [
    'select liar()',
    'select read fn:liar [opaque-source]',
    'function write w:public.audit fn:liar',
    'select read fn:liar,wiping [in-function]',
    'delete write w:public.audit fn:liar [in-function] unrestrained',
  ],
  [
    'select constant()',
    'select read fn:constant [opaque-source]',
    'function write w:public.audit fn:constant',
    'delete write w:public.audit fn:constant [in-function] unrestrained',
  ],
  [
    "select dynamic('audit')",
    'select read fn:dynamic [dynamic-sql opaque-source]',
    'function unknown fn:dynamic [dynamic-sql]',
  ],
  [
    'select ping(3)',
    'select read fn:ping [opaque-source]',
    'function write w:public.audit fn:ping',
    'select read fn:ping,pong [in-function]',
    'insert write w:public.audit fn:ping [in-function]',
    'select read fn:ping [in-function]',
  ],
  ['select over(1)', 'select read fn:over'],
  [
    'select over(1, 2)',
    'select read fn:over [opaque-source]',
    'function write w:public.audit fn:over',
    'delete write w:public.audit fn:over [in-function] unrestrained',
  ],
  [
    'select pathless(), pathed()',
    'select read fn:pathless,pathed [opaque-source]',
    'select read r:public.people fn:pathless,count [in-function]',
    'select read r:other.people fn:pathed,count [in-function]',
  ],
  ['select trusted()', 'select read fn:trusted [security-definer]'],
  [
    'select defines()',
    'select read fn:defines [create-function opaque-source]',
    'function unknown fn:defines [create-function]',
    'create ddl fn:defines [create-function in-function]',
    'select read fn:defines [opaque-source in-function]',
    'function unknown fn:defines [in-function]',
  ],
  [
    'call does()',
    'call write w:public.audit fn:does [opaque-source]',
    'insert write w:public.audit fn:does [in-function]',
  ],
  [
    "do $$ begin perform nextval('seq'); if false then delete from plain; end if; end $$",
    'do write w:public.plain [do-block]',
    'function write fn:nextval [in-function]',
    'delete write w:public.plain [in-function] unrestrained',
  ],
  [
    'do $$ begin perform count(*) from plain; end $$',
    'do read r:public.plain [do-block]',
    'select read r:public.plain fn:count [in-function]',
  ],
  ["insert into people values (2, 'X')", 'insert write w:public.people [fires-trigger]'],
  [
    "update people set email = 'x'",
    'update write w:public.people [fires-trigger] unrestrained',
    'function write w:public.audit fn:public.logged [in-trigger]',
    'insert write w:public.audit fn:public.logged [in-trigger]',
  ],
  [
    'update people set id = 2 where id = 1',
    'update write w:public.people [fires-trigger]',
    'function write w:public.audit fn:public.logged [in-trigger]',
    'update write w:public.orders [cascades]',
    'insert write w:public.audit fn:public.logged [in-trigger]',
  ],
  [
    'delete from people',
    'delete write w:public.people unrestrained',
    'delete write w:public.orders [cascades] unrestrained',
  ],
  ['truncate people cascade', 'truncate write w:public.people', 'truncate write w:public.orders [cascades]'],
  [
    'insert into ruled values (1)',
    'insert write w:public.ruled [fires-trigger]',
    'function write w:public.audit [in-trigger]',
    'delete write w:public.audit [in-trigger] unrestrained',
  ],
  [
    'delete from faces where id = 1',
    'delete write w:public.faces',
    'delete write w:public.people [through-view]',
    'delete write w:public.orders [cascades]',
  ],
  ['select * from faces', 'select read r:public.faces'],
  [
    'select id from sly',
    'select read r:public.sly',
    'function write w:public.audit',
    'delete write w:public.audit [in-function] unrestrained',
  ],
  [
    "insert into defaulted (b) values ('x')",
    'insert write w:public.defaulted',
    'function write w:public.audit',
    'delete write w:public.audit [in-function] unrestrained',
  ],
  [
    'insert into typed values (1)',
    'insert write w:public.typed',
    'function write w:public.audit',
    'delete write w:public.audit [in-function] unrestrained',
  ],
  [
    'select 1::small',
    'select read',
    'function write w:public.audit',
    'delete write w:public.audit [in-function] unrestrained',
  ],
  [
    'select 1 <+> 2',
    'select read [opaque-source]',
    'function write w:public.audit fn:public.joins',
    'delete write w:public.audit fn:public.joins [in-function] unrestrained',
  ],
  [
    'select 1::crate',
    'select read [opaque-source]',
    'function write w:public.audit fn:public.boxed',
    'delete write w:public.audit fn:public.boxed [in-function] unrestrained',
  ],
  [
    'select gather(id) from plain',
    'select read r:public.plain fn:gather [opaque-source]',
    'function write w:public.audit fn:gather',
    'delete write w:public.audit fn:gather [in-function] unrestrained',
  ],
  ['explain select wiping()', 'explain read [opaque-source]'],
];

for (const version of installedVersions()) {
  describe(`what runs with a statement on PostgreSQL ${version}`, () => {
    let at: AnalysedServer;
    before(async () => {
      at = await analysedServer(version, SCHEMA);
    });
    after(() => at?.[Symbol.asyncDispose]());
    const operationsOf = (sql: string): readonly Operation[] => analyseOnce(sql, contextOf(at.catalogue)).operations;

    for (const [statement, ...lines] of CASES) {
      test(statement, async () => {
        const operations = operationsOf(statement);
        assert.deepEqual(operations.map(lineOf), lines);
        for (const { access, reason } of operations) assert.equal(access === 'unknown', reason !== undefined);
        if (operations.every(({ access }) => access === 'read')) assert.equal(await writes(statement), false);
      });
    }

    /** True where the server gave the transaction an id, as it does to any that writes. */
    async function writes(statement: string): Promise<boolean> {
      await at.client.query('BEGIN');
      try {
        await at.client.query(statement);
        const { rows } = await at.client.query<{ id: string | null }>('SELECT pg_current_xact_id_if_assigned() AS id');
        return rows[0]?.id !== null;
      } finally {
        await at.client.query('ROLLBACK');
      }
    }
  });
}
