import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { aRun, aSession, auditDirectory, exchange, openLog } from '../../../test/support/audit-log.ts';
import { bundleOf, evidenceOf, unzipStored } from '../../../test/support/bundles.ts';
import { keptTokens } from '../../../test/support/kept-tokens.ts';
import { onEachStore } from '../../../test/support/stores.ts';
import type { RunManifest } from '../../audit/bundle/manifest.ts';
import { archivePolicySet } from '../../store/configuration-rows.ts';
import { insertSession } from '../../store/session-rows.ts';
import type { Store } from '../../store/store.ts';
import { evidenceFacts } from './evidence-facts.ts';

const AT = '2026-03-04T05:06:07.008Z';
const GATEWAYS = ['one.example/log', 'two.example/log'] as const;

async function aRunRow(store: Store): Promise<void> {
  const { workload, asserted } = aRun('run_1');
  const row = {
    id: 'run_1',
    kind: 'ci' as const,
    demo: 0,
    principal: 'prn_1',
    display: 'acme/shop',
    repository_id: null,
    repository_uri: null,
    workload: JSON.stringify(workload),
    asserted: JSON.stringify(asserted),
    token: null,
    token_digest: null,
    jwks_digest: null,
    opened_at: AT,
    closed_at: AT,
    termination: 'completed',
  };
  await store.write((db) => db.insertInto('runs').values(row).execute());
}

onEachStore('what a store knows for evidence', (fixture) => {
  test('a run that went through two gateways has a bundle from each, which names the sessions of the other', async () => {
    const store = await fixture.open();
    await aRunRow(store);
    for (const [index, gateway] of GATEWAYS.entries()) {
      const session = { id: `ses_${index}`, run_id: 'run_1', target: 'shop', principal: 'acme/shop', repository: null };
      await insertSession(store, { ...session, gateway, opened_at: AT });
    }
    const named: unknown[] = [];
    for (const [index, gateway] of GATEWAYS.entries()) {
      await using log = await openLog(auditDirectory(after), { origin: gateway });
      const facts = evidenceFacts({ store, tokens: keptTokens(store), gateway, nowMs: () => Date.parse(AT) });
      await using evidence = evidenceOf(log, { origin: gateway, facts });
      const run = aRun('run_1');
      await log.openRun(run, {});
      const session = await aSession(log, run, `ses_${index}`);
      await exchange(session, 1, 'select 1', 'one');
      await session.close('completed');
      await log.closeRun(run.id, 'completed');
      const files = unzipStored(await bundleOf(evidence, 'run_1'));
      const manifest = JSON.parse(String(files.get('run-manifest.json'))) as RunManifest;
      named.push([manifest.sessions.map(({ id }) => id), manifest.elsewhere, manifest.complete]);
    }
    assert.deepEqual(named, [
      [['ses_0'], [{ gateway: 'two.example/log', session: 'ses_1' }], false],
      [['ses_1'], [{ gateway: 'one.example/log', session: 'ses_0' }], false],
    ]);
  });

  test('a policy set is the text of its digest, also where an older release kept it as YAML', async () => {
    const store = await fixture.open();
    const facts = evidenceFacts({ store, tokens: keptTokens(store), gateway: GATEWAYS[0], nowMs: () => 0 });
    await archivePolicySet(store, { digest: 'aa', text: '[]', now: AT });
    await archivePolicySet(store, { digest: 'bb', text: 'policies: []\n', now: AT });
    assert.deepEqual(
      [await facts.policy('aa'), await facts.policy('bb'), await facts.policy('cc')],
      ['[]', '[]', undefined],
    );
    assert.equal(await facts.facts('run_none'), undefined);
  });
});
