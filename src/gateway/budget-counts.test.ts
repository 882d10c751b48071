import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { briefly, limitedGateways, rows, said } from '../../test/support/limited-gateway.ts';
import { extended, frame, SYNC, summary } from '../../test/support/raw-postgres.ts';
import { recorded } from '../../test/support/recorded.ts';
import { verifyDirectory } from '../audit/verify/verify-directory.ts';

describe('a budget', { concurrency: false }, () => {
  const { suite, open } = limitedGateways();

  test('that cannot be counted lets nothing through, and the session goes on', async () => {
    await using it = await open([{ measure: 'rowsRead', most: 100, per: 'run' }]);
    const client = await it.logIn();
    await it.store.write((db) => db.schema.alterTable('budget_slots').renameTo('gone').execute());
    assert.equal(said(await client.query('select 1')), 'chaperone: what this spends of a budget cannot be counted now');
    assert.equal(summary(await client.query('begin')), 'C Z:T');
    await it.store.write((db) => db.schema.alterTable('gone').renameTo('budget_slots').execute());
    assert.equal(briefly(await client.query('select 1')), 'T … C Z:T');
    assert.equal(it.gateway.faults.length, 1);
  });

  test('is recorded with how far the reply came', async () => {
    await using it = await open([{ measure: 'rowsRead', most: 3, per: 'run' }]);
    const client = await it.logIn();
    await client.query('select n from numbers');
    const end = (await recorded(it.gateway)).find(({ event }) => event.kind === 'reply');
    assert.deepEqual(end?.event.result, { code: 'budget-exceeded', rows: '3', status: 'refused' });
    assert.equal(end?.event.refusal?.rule, 'limited');
    assert.equal(end?.body.toString('latin1').split('D').length, 4);
    await it.gateway.stop();
    const { findings } = await verifyDirectory(join(it.gateway.directory, 'audit'));
    assert.deepEqual(
      findings.map(({ message }) => message.replace(/run_\w+/, 'the run')),
      ['the run was opened and never closed'],
    );
  });

  test('of statements counts what is run, and not what is prepared', async () => {
    await using it = await open([{ measure: 'statements', most: 3, per: 'run' }]);
    const client = await it.logIn();
    client.send(frame('P', 'one\0', 'select 1\0', Buffer.alloc(2)), frame('D', 'Sone\0'), SYNC);
    assert.equal(summary(await client.untilReady()), '1 t T Z:I');
    client.send(extended('select 1'), extended('select 2'), SYNC);
    assert.equal(briefly(await client.untilReady()), '1 2 T … C 1 2 T … C Z:I');
    client.send(extended('select 1'), extended('select 2'), SYNC);
    assert.equal(summary(await client.untilReady()), 'E:53400 Z:I');
    assert.equal(briefly(await client.query('select 1')), 'T … C Z:I');
    assert.equal(summary(await client.query('selec')), 'E:53400 Z:I');
  });

  test('stops the target’s work, and never the next request’s', async () => {
    await using it = await open([{ measure: 'rowsRead', most: 100, per: 'statement' }]);
    const client = await it.logIn();
    for (let turn = 0; turn < 25; turn++) {
      const reply = await client.query('select generate_series(1, 2000000000)');
      assert.equal(briefly(reply), 'T … E:53400 Z:I');
      assert.equal(rows(reply), 100);
      assert.equal(briefly(await client.query('select pg_sleep(0.002)')), 'T … C Z:I');
    }
    const busy = await suite.server.query(
      `select 1 from pg_stat_activity where state = 'active' and query like '%2000000000%' and pid <> pg_backend_pid()`,
    );
    assert.deepEqual(busy, []);
    assert.deepEqual(it.gateway.faults, []);
  });

  test('is never exceeded by 32 clients at once', async () => {
    await using it = await open([
      { measure: 'rowsRead', most: 1_000, per: 'run' },
      { measure: 'statements', most: 150, per: 'run' },
    ]);
    const grant = await it.gateway.grant();
    const clients = await Promise.all(Array.from({ length: 32 }, () => it.logIn(grant)));
    let read = 0;
    let answered = 0;
    const work = clients.map(async (client) => {
      for (let turn = 0; turn < 6; turn++) {
        const reply = await client.query('select n from numbers limit 7');
        read += rows(reply);
        if (!summary(reply).includes('E:')) answered++;
      }
    });
    await Promise.all(work);
    assert.equal(read, 1_000);
    assert.equal(answered, 142);
    assert.deepEqual(it.gateway.faults, []);
  });

  test('of which nothing is left refuses before the target hears of it', async () => {
    await using it = await open([{ measure: 'rowsRead', most: 0, per: 'run' }]);
    const client = await it.logIn();
    assert.equal(summary(await client.query('select 4711 as unheard')), 'E:53400 Z:I');
    client.send(extended('select 4712 as unheard'), SYNC);
    assert.equal(summary(await client.untilReady()), 'E:53400 Z:I');
    assert.doesNotMatch(await suite.server.log(), /unheard/);
  });
});
