import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { Client } from 'pg';
import { PERMIT_ALL, startGateway, type TestGateway, targetFor } from '../../test/support/gateway.ts';
import { installedVersions } from '../../test/support/postgres-installation.ts';
import { type PostgresServer, startPostgres } from '../../test/support/postgres-server.ts';
import { Fault } from '../model/fault.ts';
import { Refused } from '../model/refusal.ts';
import type { Policy } from '../policy/policy.ts';
import { PeerLeft } from '../wire/peer-left.ts';

const SQL = `
CREATE TYPE code AS ENUM ('ask fay@example.com'); CREATE TABLE odd (c code, "a""b; --" text); INSERT INTO odd VALUES ('ask fay@example.com', 'gil@example.com');
CREATE FUNCTION spy(code) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'a cast was run'; END $$;
CREATE CAST (code AS text) WITH FUNCTION spy(code);
CREATE TABLE people (email text, note bytea, tags text[], note2 jsonb); CREATE TABLE places (street text);
INSERT INTO people VALUES ('ada@example.com', 'to ben@example.com', '{cy@example.com}', '{"a":"dee@example.com"}'), (NULL, NULL, NULL, NULL);
COMMENT ON COLUMN people.note IS 'ask eve@example.com';`;
/** No rule of theirs permits anything. */
const NOTHING: readonly Policy[] = [];
const DENY: Policy = {
  name: 'no streets',
  principals: 'any',
  targets: 'any',
  tables: [{ table: 'public.places' }],
  effect: 'deny',
};

for (const version of installedVersions()) {
  describe(`a survey of a target of PostgreSQL ${version}`, () => {
    let server: PostgresServer;
    let gateway: TestGateway;
    before(async () => {
      server = await startPostgres({ version, sql: SQL });
      gateway = await startGateway({ targets: [targetFor(server)], policies: NOTHING });
    });
    after(async () => {
      await gateway?.[Symbol.asyncDispose]();
      await server?.stop();
    });

    test('reads without a rule that permits it, and finds what stands in text, bytes, arrays and JSON', async () => {
      const { relations, complete } = await gateway.survey(await gateway.grant(), 'shop');
      assert.equal(complete, true);
      const people = relations.find(({ relation }) => relation.name === 'people');
      assert.deepEqual(people?.outcome, { status: 'sampled', rows: 2 });
      const hits = [...(people?.evidence ?? [])].map(([name, { values, hits: all }]) => [name, values, all[0]?.any]);
      assert.deepEqual(hits, [
        ['email', 1, 1],
        ['note', 1, 1],
        ['tags', 1, 1],
        ['note2', 1, 1],
      ]);
      assert.deepEqual(gateway.faults, []);
      assert.equal(gateway.live.size, 0);
    });

    test('runs no cast that somebody made, and takes names as they are', async () => {
      const { relations } = await gateway.survey(await gateway.grant(), 'shop');
      const odd = relations.find(({ relation }) => relation.name === 'odd');
      assert.deepEqual(odd?.outcome, { status: 'sampled', rows: 1 });
      assert.deepEqual(
        [...(odd?.evidence ?? [])].map(([name, { hits }]) => [name, hits[0]?.detector]),
        [
          ['c', 'email'],
          ['a"b; --', 'email'],
        ],
      );
    });

    test('of the catalogue, comments are masked by what they hold', async () => {
      const { relations } = await gateway.survey(await gateway.grant(), 'shop');
      const people = relations.find(({ relation }) => relation.name === 'people');
      assert.equal(people?.relation.columns.find(({ name }) => name === 'note')?.comment, 'ask [redacted]');
    });

    test('is denied what a rule denies, and told so', async () => {
      gateway.setPolicies([PERMIT_ALL, DENY]);
      const { relations } = await gateway.survey(await gateway.grant(), 'shop');
      gateway.setPolicies(NOTHING);
      assert.deepEqual(
        relations.map(({ relation, outcome }) => [relation.name, outcome.status === 'sampled' || outcome.code]),
        [
          ['odd', true],
          ['people', true],
          ['places', 'policy-denied'],
        ],
      );
    });

    test('is not begun where whoever asked has gone, and ends in the middle where they go, on the server too', async () => {
      const left = AbortSignal.abort(new PeerLeft('gone'));
      await assert.rejects(gateway.survey(await gateway.grant(), 'shop', left), isRefusedOrFault);
      await using _lock = await locked(server, 'people');
      const leaving = new AbortController();
      const surveyed = gateway.survey(await gateway.grant(), 'shop', leaving.signal);
      await waitFor(server, "wait_event_type = 'Lock'", 1);
      leaving.abort(new PeerLeft('gone'));
      await assert.rejects(surveyed, { name: 'Fault', code: 'deadline' });
      await waitFor(server, 'true', 0);
      assert.equal(gateway.live.size, 0);
    });

    test('leaves tables out once its time is over, and says which', async () => {
      await using hasty = await startGateway({ targets: [targetFor(server)], limits: { classifyMs: -1 } });
      const { relations } = await hasty.survey(await hasty.grant(), 'shop');
      assert.deepEqual(
        relations.map(({ outcome }) => outcome),
        [1, 2, 3].map(() => ({
          status: 'not-sampled',
          code: 'deadline',
          why: 'the time for all tables together was over',
        })),
      );
    });

    test('is not begun where the gateway drains, or cannot record it', async () => {
      const draining = await startGateway({ targets: [targetFor(server)] });
      const grant = await draining.grant();
      await draining.stop();
      await assert.rejects(draining.survey(grant, 'shop'), isRefusal('draining'));
      await draining[Symbol.asyncDispose]();
      await using mute = await startGateway({
        targets: [targetFor(server)],
        wrapLog: (log) => ({
          openRun: (run, evidence) => log.openRun(run, evidence),
          closeRun: (run, why) => log.closeRun(run, why),
          note: (entry) => log.note(entry),
          sync: () => log.sync(),
          openSession: () => Promise.reject(new Fault('log-unavailable', 'the disk is full')),
          [Symbol.asyncDispose]: () => Promise.resolve(),
        }),
      });
      await assert.rejects(mute.survey(await mute.grant(), 'shop'), isRefusal('record-unavailable'));
    });
  });
}

function isRefusal(code: string) {
  return (error: unknown) => error instanceof Refused && error.refusal.code === code;
}

async function locked(server: PostgresServer, table: string): Promise<AsyncDisposable> {
  const client = new Client({ host: server.socketDirectory, port: server.port, user: server.user });
  await client.connect();
  await client.query(`BEGIN; LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
  return { [Symbol.asyncDispose]: () => client.end() };
}

/** Resolves once so many sessions of surveys are as `condition` says. */
async function waitFor(server: PostgresServer, condition: string, sessions: number): Promise<void> {
  for (;;) {
    const [row] = await server.query(
      `SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'chaperone classify' AND ${condition}`,
    );
    if (Number(row?.['n']) === sessions) return;
    await setImmediate();
  }
}

function isRefusedOrFault(error: unknown): boolean {
  return error instanceof Refused || error instanceof Fault;
}
