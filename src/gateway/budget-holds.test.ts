import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { answerOf, approvalsOn, person } from '../../test/support/held-requests.ts';
import { briefly, limitedGateways, rows } from '../../test/support/limited-gateway.ts';
import { frame } from '../../test/support/raw-postgres.ts';
import { recorded } from '../../test/support/recorded.ts';
import { openStore } from '../store/store.ts';

const ASKED = {
  group: 'dba',
  quorum: 1,
  withinMs: 60_000,
  allowActor: false,
  measureRows: false,
  showText: false,
} as const;

describe('a budget', { concurrency: false }, () => {
  const { suite, open } = limitedGateways();

  test('that asks people pauses its reply, goes on once they allow as much again, and ends when they do not', async () => {
    await using it = await open([{ measure: 'rowsRead', most: 1_000, per: 'run', exceeded: ASKED }]);
    const client = await it.logIn();
    client.send(frame('Q', 'select n from numbers limit 2500\0'));
    const first = await it.people.nth(0);
    assert.deepEqual(first.held.obligations, [{ kind: 'approve', ...ASKED }]);
    const { budget, ...context } = { budget: '', ...first.held.request.context?.() };
    assert.equal(budget, '1000 rowsRead per run, of the rule "limited"');
    assert.equal(context['budget spent' as keyof typeof context], '1000 of 1000');
    assert.equal(context['budget granted' as keyof typeof context], '1000 more rowsRead for this run');
    first.approve();
    (await it.people.nth(1)).deny('enough');
    const reply = await client.untilReady();
    assert.equal(rows(reply), 2_000);
    assert.equal(briefly(reply), 'T … N … N E:42501 Z:I');
    const ends = (await recorded(it.gateway)).flatMap(({ event }) => (event.result ? [event] : []));
    assert.deepEqual(
      ends.map(({ result, refusal }) => [result?.status, result?.rows, refusal?.code]),
      [['refused', '2000', 'approval-denied']],
    );
  });

  test('that asks real people names what they would grant, and they grant it once', async () => {
    await using store = await openStore({ file: join(suite.directory, 'asked.db') });
    await using people = await approvalsOn(store);
    await using it = await open([{ measure: 'rowsRead', most: 10, per: 'run', exceeded: ASKED }], {}, people.service);
    const client = await it.logIn();
    client.send(frame('Q', 'select n from numbers limit 25\0'));
    const answer = async () => {
      const dba = person('ada', ['dba']);
      const { items } = await people.service.list({ state: 'pending', limit: 9 }, { person: dba, all: false });
      const [pending] = items;
      if (pending === undefined) return undefined;
      const shown = await people.service.find(pending.id, { person: dba, all: false });
      await people.service.decide(pending.id, answerOf('approve', dba, shown ?? assert.fail('it is not shown')));
      return shown;
    };
    const contexts: Readonly<Record<string, string>>[] = [];
    while (contexts.length < 2) {
      const shown = await answer();
      if (shown !== undefined) contexts.push(shown.context);
      // The store of this test answers at once: others get their turn.
      await new Promise((resolve) => setImmediate(resolve));
    }
    const reply = await client.untilReady();
    assert.equal(rows(reply), 25);
    assert.equal(briefly(reply), 'T … N … N … C Z:I');
    assert.deepEqual(
      contexts.map((context) => [context['budget spent'], context['budget granted'], context['database']]),
      [
        ['10 of 10', '10 more rowsRead for this run', 'postgres'],
        ['20 of 20', '10 more rowsRead for this run', 'postgres'],
      ],
    );
    const [counted] = await it.budgets.list({ limit: 9 });
    assert.deepEqual([counted?.most, counted?.granted], [10, 20]);
    assert.deepEqual([...it.gateway.faults, ...people.faults], []);
  });

  test('that asks people ends with its client', async () => {
    await using it = await open([{ measure: 'rowsRead', most: 10, per: 'run', exceeded: ASKED }]);
    const client = await it.logIn();
    client.send(frame('Q', 'select n from numbers\0'));
    const asked = await it.people.nth(0);
    client.leave('reset');
    while (it.gateway.live.size > 0) await new Promise((resolve) => setImmediate(resolve));
    assert.match(asked.cancelledBecause ?? '', /the client has gone/);
  });

  test('holds on to its approval when its client loses patience', async () => {
    await using it = await open([{ measure: 'rowsRead', most: 10, per: 'run', exceeded: ASKED }]);
    const grant = await it.gateway.grant();
    const client = await it.logIn(grant);
    client.send(frame('Q', 'select n from numbers limit 15\0'));
    const asked = await it.people.nth(0);
    it.gateway.live
      .list()[0]
      ?.cancel()
      .catch(() => undefined);
    const reply = await client.untilReady();
    assert.equal(rows(reply), 10);
    assert.equal(briefly(reply), 'T … N E:57014 Z:I');
    assert.match(asked.cancelledBecause ?? '', /the client cancelled/);
    assert.equal(briefly(await client.query('begin')), 'C Z:T');
  });
});
