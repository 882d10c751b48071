import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onEachStore } from '../../test/support/stores.ts';
import {
  archivePolicySet,
  findPolicySet,
  policyDocument,
  readDeclarations,
  writeDeclarations,
} from './configuration-rows.ts';
import {
  extendGrant,
  findGrant,
  insertGrant,
  listGrants,
  type NewGrant,
  revokedGrants,
  revokeGrants,
} from './grant-rows.ts';
import { archiveJwks, findJwks } from './jwks-rows.ts';
import { findOperatorToken } from './operator-rows.ts';
import { closeRunRow, findRun, listRuns } from './run-rows.ts';
import { closeSessionRow, findSession, insertSession, listSessions, type SessionFilter } from './session-rows.ts';
import type { Store } from './store.ts';

const at = (minute: number) => `2026-01-02T03:${String(minute).padStart(2, '0')}:00.000Z`;

function newGrant(n: number, repository = 'acme/shop'): NewGrant {
  return {
    now: at(n),
    run: {
      id: `run_${n}`,
      kind: 'ci',
      demo: 0,
      principal: 'wrk_1',
      display: `${repository}@refs/heads/main`,
      repository_id: String(n % 2),
      repository_uri: `https://github.com/${repository}`,
      workload: '{}',
      asserted: '{}',
      token: null,
      token_digest: null,
      jwks_digest: null,
      opened_at: at(n),
      closed_at: null,
      termination: null,
    },
    grant: {
      id: `grt_${n}`,
      run_id: `run_${n}`,
      targets: '[]',
      rules: '[]',
      secret_hash: 'h',
      scram_salt: 's',
      scram_iterations: 4096,
      scram_stored_key: 'k',
      scram_server_key: 'v',
      key_thumbprint: null,
      resource: null,
      lifetime_seconds: 600,
      issued_at: at(n),
      expires_at: at(n + 10),
      renewable_until: at(n + 20),
      revoked_at: null,
      revoked_because: null,
    },
  };
}

onEachStore('the rows', (stores) => {
  test('runs are listed newest first, by page, by repository and by state, and close once', async () => {
    const store = await stores.open();
    for (let n = 1; n <= 5; n++) await insertGrant(store, newGrant(n));
    const ids = async (filter: Omit<Parameters<typeof listRuns>[1], 'limit'>, limit = 10) =>
      (await listRuns(store, { ...filter, limit })).map(({ id }) => id);
    assert.deepEqual(await ids({}, 2), ['run_5', 'run_4']);
    assert.deepEqual(await ids({ before: 'run_4' }, 2), ['run_3', 'run_2']);
    assert.deepEqual(await ids({ repositoryId: '0' }), ['run_4', 'run_2']);
    assert.equal(await closeRunRow(store, 'run_3', 'completed', at(30)), true);
    assert.equal(await closeRunRow(store, 'run_3', 'clientLost', at(31)), false);
    assert.equal(await closeRunRow(store, 'run_9', 'completed', at(30)), false);
    assert.deepEqual(await ids({ open: false }), ['run_3']);
    assert.deepEqual(await ids({ open: true }), ['run_5', 'run_4', 'run_2', 'run_1']);
    const closed = await findRun(store, 'run_3');
    assert.deepEqual([closed?.closed_at, closed?.termination], [at(30), 'completed']);
    assert.equal(await findRun(store, 'run_9'), undefined);
  });

  test('a grant is extended while it lives, and revoked alone or with its run', async () => {
    const store = await stores.open();
    for (let n = 1; n <= 3; n++) await insertGrant(store, newGrant(n));
    assert.equal(await extendGrant(store, 'grt_1', at(40), at(5)), true);
    assert.equal((await findGrant(store, 'grt_1'))?.grant.expires_at, at(40));
    assert.equal(await extendGrant(store, 'grt_2', at(40), at(12)), false);
    assert.deepEqual(await revokeGrants(store, { id: 'grt_1' }, 'operator', at(6)), ['grt_1']);
    assert.deepEqual(await revokeGrants(store, { run: 'run_1' }, 'run closed', at(7)), []);
    assert.equal(await extendGrant(store, 'grt_1', at(50), at(8)), false);
    assert.deepEqual(await revokeGrants(store, { run: 'run_3' }, 'run closed', at(9)), ['grt_3']);
    assert.deepEqual([...(await revokedGrants(store, at(0)))].sort(), ['grt_1', 'grt_3']);
    assert.deepEqual(await revokedGrants(store, at(20)), ['grt_1']);
    const active = await listGrants(store, { activeAt: at(11), limit: 10 });
    assert.deepEqual(
      active.map(({ id, display }) => [id, display]),
      [['grt_2', 'acme/shop@refs/heads/main']],
    );
    assert.deepEqual(
      (await listGrants(store, { run: 'run_3', limit: 10 })).map(({ id }) => id),
      ['grt_3'],
    );
  });

  test('sessions are found by whose they are, where, when and in which state', async () => {
    const store = await stores.open();
    await openSessions(store);
    const ids = async (filter: Omit<SessionFilter, 'limit'>) =>
      (await listSessions(store, { ...filter, limit: 10 })).map(({ id }) => id);
    assert.deepEqual(await ids({}), ['ses_4', 'ses_3', 'ses_2', 'ses_1']);
    assert.deepEqual(await ids({ run: 'run_1' }), ['ses_3', 'ses_1']);
    assert.deepEqual(await ids({ target: 'pg-2' }), ['ses_2']);
    assert.deepEqual(await ids({ principal: 'ACME/shop' }), ['ses_3', 'ses_1']);
    assert.deepEqual(await ids({ repository: 'acme/100%_sure' }), ['ses_4', 'ses_2']);
    assert.deepEqual(await ids({ repository: '%' }), ['ses_4', 'ses_2']);
    assert.deepEqual(await ids({ repository: 'p_' }), []);
    assert.deepEqual(await ids({ since: at(2), until: at(4) }), ['ses_3', 'ses_2']);
    assert.deepEqual(await ids({ before: 'ses_3' }), ['ses_2', 'ses_1']);
    const closing = { closed_at: at(9), outcome: 'clientLeft', permitted: 3, denied: 2, masked: 1 };
    await closeSessionRow(store, 'ses_2', closing);
    await closeSessionRow(store, 'ses_2', { ...closing, outcome: 'drained' });
    assert.deepEqual(await ids({ open: false }), ['ses_2']);
    const closed = await findSession(store, 'ses_2');
    assert.deepEqual([closed?.outcome, closed?.permitted, closed?.denied, closed?.masked], ['clientLeft', 3, 2, 1]);
  });

  test('key sets and policy sets are kept by their digests, as they were first seen', async () => {
    const store = await stores.open();
    for (const now of [at(1), at(2)]) {
      await archiveJwks(store, { digest: 'd', issuer: 'i', document: '{"keys":[]}', now });
      await archivePolicySet(store, { digest: 'p', text: 'policies: []\n', now });
    }
    assert.deepEqual(await findJwks(store, 'd'), { document: '{"keys":[]}' });
    assert.deepEqual(await findPolicySet(store, 'p'), { text: 'policies: []\n' });
    assert.deepEqual([await findJwks(store, 'x'), await findPolicySet(store, 'x')], [undefined, undefined]);
    assert.equal(await findOperatorToken(store, 'x'), undefined);
  });

  test('declarations are written all together, and only over the version that they were made for', async () => {
    const store = await stores.open();
    const issuer = { table: 'issuers', name: 'github', declaration: '{}' } as const;
    await writeDeclarations(store, [issuer], { version: 0, now: at(1) });
    assert.equal((await readDeclarations(store)).version, 1);
    const policy = { table: 'policies', name: 'p', policy: { text: '- name: p\n', digest: 'x' } } as const;
    await assert.rejects(writeDeclarations(store, [policy], { version: 0, now: at(2) }), { code: 'config-invalid' });
    const credential = { sealed: 's', fingerprint: 'f' };
    const target = {
      table: 'targets',
      name: 't',
      target: { protocol: 'postgres', declaration: '{}', credential },
    } as const;
    await writeDeclarations(store, [target, policy], { version: 1, now: at(2) });
    const read = await readDeclarations(store);
    assert.deepEqual(
      [read.version, read.credentials.length, policyDocument(read.policies)],
      [2, 1, 'policies:\n- name: p\n'],
    );
    assert.equal(policyDocument([]), 'policies: []\n');
  });
});

async function openSessions(store: Store): Promise<void> {
  await insertGrant(store, newGrant(1));
  await insertGrant(store, newGrant(2, 'acme/100%_Sure'));
  for (let n = 1; n <= 4; n++) {
    const { run } = newGrant(n % 2 === 1 ? 1 : 2, n % 2 === 1 ? 'acme/shop' : 'acme/100%_Sure');
    await insertSession(store, {
      id: `ses_${n}`,
      run_id: run.id,
      target: `pg-${n}`,
      principal: run.display,
      repository: run.repository_uri,
      gateway: null,
      opened_at: at(n),
    });
  }
}
