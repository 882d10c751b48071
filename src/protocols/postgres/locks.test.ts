import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type AnalysedServer, analysedServer } from '../../../test/support/analysed-server.ts';
import { installedVersions } from '../../../test/support/postgres-installation.ts';
import { contextOf } from '../../../test/support/shop-catalogue.ts';
import type { LockMode } from '../../model/request.ts';
import { analyseOnce } from '../../sql/postgres/analyser.ts';

const SCHEMA = `
  CREATE TABLE t (id int PRIMARY KEY, a int CHECK (a > 0), b text);
  ALTER TABLE t ADD CONSTRAINT late CHECK (a > 1) NOT VALID;
  CREATE TABLE u (id int PRIMARY KEY, t int);
  CREATE TABLE parted (id int) PARTITION BY RANGE (id);
  CREATE TABLE part (id int);
  CREATE VIEW v AS SELECT id FROM t;
  CREATE MATERIALIZED VIEW m AS SELECT id FROM t;
  CREATE UNIQUE INDEX ON m (id);
  CREATE INDEX tb ON t (b);
  CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
  CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();`;

/** Statements that may run in a transaction, with the strongest lock that they take on what they name. */
const CASES: readonly (readonly [statement: string, lock: LockMode | undefined])[] = [
  ['select * from t', 'access-share'],
  ['select 1', undefined],
  ['select pg_advisory_xact_lock(1)', undefined],
  ['select * from t for update', 'row-share'],
  ['select * from t for key share', 'row-share'],
  ['copy t to stdout', 'access-share'],
  ["insert into t values (1, 2, 'x')", 'row-exclusive'],
  ['update t set a = 1', 'row-exclusive'],
  ['delete from t', 'row-exclusive'],
  ['truncate u', 'access-exclusive'],
  ['lock table t in access share mode', 'access-share'],
  ['lock table t in share row exclusive mode', 'share-row-exclusive'],
  ['lock table t', 'access-exclusive'],
  ['create index on t (a)', 'share'],
  ['reindex table t', 'access-exclusive'],
  ['analyze t', 'share-update-exclusive'],
  ['comment on table t is null', 'share-update-exclusive'],
  ['create trigger tr2 before insert on t for each row execute function f()', 'share-row-exclusive'],
  ['drop trigger tr on t', 'access-exclusive'],
  ['drop table u', 'access-exclusive'],
  ['create rule r as on insert to t do also nothing', 'access-exclusive'],
  ['alter table t add column c int', 'access-exclusive'],
  ['alter table t rename column b to c', 'access-exclusive'],
  ['alter table t alter column a set statistics 5', 'share-update-exclusive'],
  ['alter table t validate constraint late', 'share-update-exclusive'],
  ['alter table t disable trigger tr', 'share-row-exclusive'],
  ['alter table u add foreign key (t) references t', 'share-row-exclusive'],
  ['alter table t alter column a set statistics 5, add column c int', 'access-exclusive'],
  ['alter table parted attach partition part for values from (1) to (2)', 'access-exclusive'],
  ['alter index tb rename to tb2', 'share-update-exclusive'],
  ['create table w (id int references t)', 'share-row-exclusive'],
  ['create table w () inherits (t)', 'share-update-exclusive'],
  ['create table w partition of parted default', 'access-exclusive'],
  ['create policy p on t', 'access-exclusive'],
  ['refresh materialized view m', 'access-exclusive'],
  ['refresh materialized view concurrently m', 'exclusive'],
  ['create or replace view v as select id, a from t', 'access-exclusive'],
  ['explain select * from t', 'access-share'],
];
/** Statements that no transaction may hold, by the manual. */
const ALONE: readonly (readonly [statement: string, lock: LockMode])[] = [
  ['vacuum t', 'share-update-exclusive'],
  ['vacuum (full) t', 'access-exclusive'],
  ['vacuum (full false) t', 'share-update-exclusive'],
  ['create index concurrently on t (a)', 'share-update-exclusive'],
  ['drop index concurrently tb', 'share-update-exclusive'],
  ['reindex table concurrently t', 'share-update-exclusive'],
  ['cluster t using tb', 'access-exclusive'],
];

for (const version of installedVersions()) {
  describe(`locks on PostgreSQL ${version}`, () => {
    let at: AnalysedServer;
    before(async () => {
      at = await analysedServer(version, SCHEMA);
    });
    after(() => at?.[Symbol.asyncDispose]());
    const said = (sql: string): LockMode | undefined => analyseOnce(sql, contextOf(at.catalogue)).operations[0]?.lock;

    for (const [statement, lock] of CASES) {
      test(`${statement}: ${lock ?? 'none'}`, async () => {
        assert.equal(said(statement), lock);
        assert.equal(await taken(statement), lock);
      });
    }

    test('statements that stand alone have theirs by the manual', () => {
      assert.deepEqual(
        ALONE.map(([statement]) => said(statement)),
        ALONE.map(([, lock]) => lock),
      );
    });

    /** The strongest lock that the server holds on what was there before the statement. */
    async function taken(statement: string): Promise<string | undefined> {
      await at.client.query('BEGIN');
      try {
        const { rows: before } = await at.client.query<{ oid: number }>(
          `SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace`,
        );
        if (statement.startsWith('copy'))
          await at.client.query(statement.replace('copy t to stdout', 'select * from t'));
        else await at.client.query(statement);
        const { rows } = await at.client.query<{ mode: string }>(
          `SELECT mode FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation' AND relation = ANY ($1)`,
          [before.map(({ oid }) => oid)],
        );
        const modes = new Set(
          rows.map(({ mode }) =>
            mode
              .replace(/Lock$/, '')
              .replaceAll(/\B[A-Z]/g, '-$&')
              .toLowerCase(),
          ),
        );
        return ORDER.findLast((mode) => modes.has(mode));
      } finally {
        await at.client.query('ROLLBACK');
      }
    }
  });
}

const ORDER = [
  'access-share',
  'row-share',
  'row-exclusive',
  'share-update-exclusive',
  'share',
  'share-row-exclusive',
  'exclusive',
  'access-exclusive',
];
