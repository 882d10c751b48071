import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { deliveriesOf, webhookTo } from '../../../test/support/channels.ts';
import { gatewayAt, heldRequest } from '../../../test/support/held-requests.ts';
import { onEachStore } from '../../../test/support/stores.ts';
import { until } from '../../../test/support/until.ts';
import { startWebhookReceiver } from '../../../test/support/webhook-receiver.ts';
import { decideDefinition, keepMetDefinitions, markLogged } from '../../store/definition-rows.ts';
import { listDeliveries } from '../../store/delivery-rows.ts';
import type { Store } from '../../store/store.ts';
import { type DefinitionNotice, fileDefinitionNotices } from './definition-notice.ts';
import { definitionMessage } from './email-message.ts';
import { definitionBlocks } from './slack-message.ts';

/** As the control plane keeps what was met. */
async function meet(store: Store, name: string, text: string, atMs: number, findings: readonly object[] = []) {
  const digest = createHash('sha256').update(text).digest('hex');
  const [definition, at] = [`def_${name}`, new Date(atMs).toISOString()];
  const id = `${definition}_${digest}`;
  const met = { first_met_at: at, first_run: 'run_1', first_session: 'ses_1', met_at: at, met_run: 'run_1' };
  const undecided = { decided_at: null, decided_by: null, decided_name: null, reason: null };
  const form = { id, definition, digest, target: 'tracker', kind: 'tool', name: JSON.stringify(name), text };
  const fresh = [
    {
      ...form,
      ...met,
      ...undecided,
      findings: JSON.stringify(findings),
      standing: 'waiting' as const,
      listed: 1,
      logged: 0,
    },
  ];
  const listing = { target: 'tracker', kind: 'tool', run: 'run_1', at, fresh, met: [], gone: [] };
  await keepMetDefinitions(store, { ...listing, acceptFirst: false, most: 100, mostWaiting: 20 });
  await markLogged(store, [{ id, standing: 'waiting' }]);
  return id;
}

async function accept(store: Store, id: string): Promise<void> {
  const decision = { decided_at: new Date().toISOString(), decided_by: 'psn_a', decided_name: 'a', reason: null };
  await decideDefinition(store, { id, target: 'tracker', standing: 'accepted', ...decision });
  await markLogged(store, [{ id, standing: 'accepted' }]);
}

onEachStore('notices of definitions', (stores) => {
  test('what waits is told once to channels that serve everybody, and what follows soon is told together later', async () => {
    await using all = await startWebhookReceiver();
    await using dba = await startWebhookReceiver();
    await using gateway = await gatewayAt(await stores.place());
    const { store } = gateway;
    let passedMs = 0;
    const nowMs = () => Date.now() + passedMs;
    const channels = [webhookTo('all', all.url), webhookTo('dba', dba.url, ['dba'])];
    // Accepted before anybody was told: what was filed has nothing to say, and keeps no later notice waiting.
    const met = await meet(store, 'add', '1', nowMs());
    await fileDefinitionNotices({ store, channels, mint: () => 'dlv_1', nowMs });
    await accept(store, met);
    await using sending = deliveriesOf(gateway, channels, { nowMs });
    await until(async () => (await listDeliveries(store, { limit: 9 })).length === 0);
    await meet(store, 'add', '2', nowMs(), [{ code: 'instruction' }, { code: 'instruction' }]);
    await all.came(1);
    const [first] = all.received.map(({ body }) => JSON.parse(body) as { type: string; data: DefinitionNotice });
    assert.deepEqual(
      [first?.type, first?.data],
      [
        'definitions.waiting',
        {
          target: 'tracker',
          url: 'https://gateway.test/definitions?target=tracker',
          count: 1,
          definitions: [{ kind: 'tool', name: 'add', standing: 'changed', findings: ['instruction'] }],
        },
      ],
    );
    await until(async () => (await listDeliveries(store, { limit: 9 })).every(({ state }) => state === 'delivered'));
    await meet(store, 'sub', '3', nowMs() + 1);
    const later = await until(async () => (await listDeliveries(store, { limit: 9, state: 'waiting' }))[0]);
    assert.ok(Date.parse(later.next_at) > nowMs() + 9 * 60_000);
    assert.equal(all.received.length, 1);
    passedMs = 11 * 60_000;
    await all.came(2);
    const { data } = JSON.parse(all.received[1]?.body ?? '') as { data: DefinitionNotice };
    assert.deepEqual(
      data.definitions.map(({ name, standing }) => [name, standing]),
      [
        ['add', 'changed'],
        ['sub', 'new'],
      ],
    );
    assert.deepEqual(dba.received, []);
    assert.deepEqual(sending.faults, []);
  });

  test('what somebody has decided is told no more', async () => {
    await using hook = await startWebhookReceiver();
    await using gateway = await gatewayAt(await stores.place());
    const { store, service } = gateway;
    await accept(store, await meet(store, 'add', '1', Date.now()));
    await using sending = deliveriesOf(gateway, [webhookTo('hook', hook.url)]);
    // One look comes after the other: what the first would have filed is there when the second has told.
    await service.hold(heldRequest({ text: 'drop table a' }));
    await hook.came(1);
    await service.hold(heldRequest({ text: 'drop table b' }));
    await hook.came(2);
    assert.deepEqual(
      (await listDeliveries(store, { limit: 9 })).map(({ event }) => event),
      ['approval.requested', 'approval.requested'],
    );
    assert.deepEqual(sending.faults, []);
  });
});

describe('a notice of definitions', () => {
  const notice: DefinitionNotice = {
    target: 'tracker',
    url: 'https://gateway.test/definitions?target=tracker',
    count: 3,
    definitions: [{ kind: 'tool', name: 'a<b>\u202E&', standing: 'new', findings: [] }],
  };

  test('as a mail names what waits, neutralised, and where it is decided', () => {
    const { subject, text, html } = definitionMessage(notice);
    assert.equal(subject, '3 definitions of tracker wait for a decision');
    assert.match(text, /\ntool a<b><U\+202E>&, new\nand 2 more\n/);
    assert.match(html, /<li>tool a&#60;b&#62;&#60;U\+202E&#62;&#38;, new<\/li><li>and 2 more<\/li>/);
  });

  test('in Slack stands in elements that Slack takes literally', () => {
    const { text, blocks } = definitionBlocks(notice);
    assert.equal(text, '3 definitions of tracker wait for a decision');
    assert.match(
      JSON.stringify(blocks),
      /"rich_text_preformatted","elements":\[\{"type":"text","text":"tool a<b><U\+202E>&, new\\nand 2 more"/,
    );
  });
});
