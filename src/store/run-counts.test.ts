import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onEachStore } from '../../test/support/stores.ts';
import type { RunRow } from './grant-rows.ts';
import { countHours, countNow, countRuns, searchRuns } from './run-counts.ts';
import {
  askToEnd,
  closeSessionRow,
  insertSession,
  movedSessions,
  progressSessions,
  sessionsToEnd,
} from './session-rows.ts';
import type { Store } from './store.ts';

function runRow(id: string, openedAt: string): RunRow {
  return {
    id,
    kind: 'ci',
    demo: 0,
    principal: 'prn_1',
    display: `acme/${id}@refs/heads/main`,
    repository_id: '74',
    repository_uri: 'https://ci.example/acme/100%_shop',
    workload: '{}',
    asserted: '{}',
    token: null,
    token_digest: null,
    jwks_digest: null,
    opened_at: openedAt,
    closed_at: null,
    termination: null,
  };
}

async function filled(store: Store): Promise<void> {
  await store.write(async (db) => {
    await db
      .insertInto('runs')
      .values([runRow('run_1', '2026-03-04T05:00:00.000Z'), runRow('run_2', '2026-03-04T06:30:00.000Z')])
      .execute();
  });
  const session = (id: string, run: string, at: string) =>
    insertSession(store, {
      id,
      run_id: run,
      target: 'shop',
      principal: 'acme',
      repository: null,
      gateway: 'gw',
      opened_at: at,
    });
  await session('ses_1', 'run_1', '2026-03-04T05:01:00.000Z');
  await session('ses_2', 'run_1', '2026-03-04T06:02:00.000Z');
  await session('ses_3', 'run_2', '2026-03-04T06:31:00.000Z');
}

onEachStore('counts of runs and sessions', (fixture) => {
  test('move while sessions run, and stay once they are closed', async () => {
    const store = await fixture.open();
    await filled(store);
    const moved = { id: 'ses_1', permitted: 3, denied: 1, masked: 2 };
    await progressSessions(store, [moved], '2026-03-04T05:02:00.000Z');
    const closing = { closed_at: '2026-03-04T06:03:00.000Z', outcome: 'completed', permitted: 5, denied: 0, masked: 0 };
    await closeSessionRow(store, 'ses_2', closing);
    await progressSessions(store, [{ ...moved, id: 'ses_2', permitted: 4 }], '2026-03-04T06:04:00.000Z');
    const counts = await countRuns(store, ['run_1', 'run_2', 'run_3']);
    assert.deepEqual(counts.get('run_1'), { sessions: 2, permitted: 8, denied: 1, masked: 2, approvals: 0 });
    assert.deepEqual(counts.get('run_3'), { sessions: 0, permitted: 0, denied: 0, masked: 0, approvals: 0 });
    assert.deepEqual(await countHours(store, '2026-03-04T05:30:00.000Z'), [
      { hour: '2026-03-04T06', sessions: 2, permitted: 5, denied: 0, masked: 0 },
    ]);
    const now = { since: '2026-03-04T06:00:00.000Z', now: '2026-03-04T07:00:00.000Z' };
    assert.deepEqual(await countNow(store, now), { liveSessions: 2, waiting: 0, runs: 1, approvals: 0 });
    const since = await movedSessions(store, '2026-03-04T06:00:00.000Z', 10);
    assert.deepEqual(
      since.map(({ id }) => id),
      ['ses_2', 'ses_3'],
    );
  });

  test('runs are found by parts of their names, which mean nothing but themselves', async () => {
    const store = await fixture.open();
    await filled(store);
    const found = async (search: object) => (await searchRuns(store, { limit: 10, ...search })).map(({ id }) => id);
    assert.deepEqual(await found({ who: 'ACME/RUN_2' }), ['run_2']);
    assert.deepEqual(await found({ repository: '100%_shop' }), ['run_2', 'run_1']);
    assert.deepEqual(await found({ repository: '100x' }), []);
    assert.deepEqual(await found({ repository: '74', before: 'run_2' }), ['run_1']);
    assert.deepEqual(await found({ since: '2026-03-04T06:00:00.000Z' }), ['run_2']);
    assert.deepEqual(await found({ until: '2026-03-04T06:00:00.000Z' }), ['run_1']);
  });

  test('a session that is to end is told to its own gateway, for as long as it is open', async () => {
    const store = await fixture.open();
    await filled(store);
    const ending = { by: 'ada', reason: 'wrong branch' };
    assert.equal(await askToEnd(store, 'ses_1', ending), true);
    assert.equal(await askToEnd(store, 'ses_none', ending), false);
    assert.deepEqual(await sessionsToEnd(store, 'gw'), [{ id: 'ses_1', ending }]);
    assert.deepEqual(await sessionsToEnd(store, 'other'), []);
    const closing = { closed_at: '2026-03-04T06:03:00.000Z', outcome: 'revoked', permitted: 0, denied: 0, masked: 0 };
    await closeSessionRow(store, 'ses_1', closing);
    assert.deepEqual(await sessionsToEnd(store, 'gw'), []);
    assert.equal(await askToEnd(store, 'ses_1', ending), false);
  });
});
