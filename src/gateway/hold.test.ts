import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { FakeApprovals } from '../../test/support/fake-approvals.ts';
import { PERMIT_ALL, startGateway, type TestGateway, targetFor } from '../../test/support/gateway.ts';
import { type PostgresServer, startPostgres } from '../../test/support/postgres-server.ts';
import { errorFields, frame, int32, query, RawPostgres, summary } from '../../test/support/raw-postgres.ts';
import { recorded } from '../../test/support/recorded.ts';
import type { Policy } from '../policy/policy.ts';

const HELD: Policy = {
  ...PERMIT_ALL,
  name: 'ask for deletions',
  operations: ['delete'],
  approve: { group: 'dba', quorum: 1, withinMs: 60_000, allowActor: false, measureRows: false, showText: false },
};

describe('a held request', { concurrency: false }, () => {
  let server: PostgresServer;
  before(async () => {
    server = await startPostgres({ sql: 'create table keep (id int); insert into keep values (1), (2), (3)' });
  });
  after(() => server?.stop());

  async function open(options: Partial<Parameters<typeof startGateway>[0]> = {}): Promise<{
    readonly gateway: TestGateway;
    readonly people: FakeApprovals;
  }> {
    const people = new FakeApprovals();
    const policies = [PERMIT_ALL, HELD];
    return {
      people,
      gateway: await startGateway({ targets: [targetFor(server)], policies, approvals: people, ...options }),
    };
  }

  async function logIn(gateway: TestGateway, parameters: Record<string, string> = {}) {
    const grant = await gateway.grant();
    const { user, password } = grant;
    const { host, port } = gateway;
    return { grant, client: await RawPostgres.login({ host, port, user, password, database: 'shop', parameters }) };
  }

  /** The refusal's SQLSTATE and words, once the client has them. */
  async function refusalTo(client: RawPostgres): Promise<{ readonly code: string; readonly text: string }> {
    for (let message = await client.next(); message !== undefined; message = await client.next()) {
      if (message.type !== 'E') continue;
      const fields = errorFields(message);
      return { code: fields['C'] ?? '', text: `${fields['M']} ${fields['D']} ${fields['H']}` };
    }
    return { code: 'closed', text: '' };
  }

  /** Whether the server was asked to execute it: to plan it is not that. */
  async function reached(sql: string): Promise<boolean> {
    return (await server.log()).replaceAll(`EXPLAIN (FORMAT JSON) ${sql}`, '').includes(sql);
  }

  test('tells its client at once whom it waits for and where they answer', async () => {
    const { gateway, people } = await open();
    await using _ = gateway;
    const { client } = await logIn(gateway);
    client.send(query('delete from keep where id = 100'));
    const notice = await client.next();
    const approval = await people.nth(0);
    assert.equal(notice?.type, 'N');
    const fields = errorFields(notice);
    assert.equal(fields['S'], 'NOTICE');
    assert.equal(
      fields['M'],
      `chaperone: waiting for the approval of dba: https://gateway.test/approvals/${approval.id}`,
    );
    approval.approve();
    assert.equal(summary(await client.untilReady()), 'C Z:I');
    await client[Symbol.asyncDispose]();
  });

  test('is refused as pending when its client would wait no longer, and passes once when it is made again', async () => {
    const { gateway, people } = await open();
    await using _ = gateway;
    const { client } = await logIn(gateway, { statement_timeout: '300' });
    const sql = 'delete from keep where id = 101';
    client.send(query(sql));
    const approval = await people.nth(0);
    const { code, text } = await refusalTo(client);
    assert.equal(code, '57014');
    assert.match(
      text,
      new RegExp(`the approval ${approval.id} is still pending.*the same request made again passes once`),
    );
    await client.untilReady();
    assert.equal(await reached('delete from keep where id = 101'), false);
    approval.approve();
    assert.equal(summary(await client.query(sql)), 'C Z:I');
    assert.equal(people.asked.length, 1);
    client.send(query(sql));
    const second = await people.nth(1);
    assert.notEqual(second.id, approval.id);
    second.deny();
    await client.untilReady();
    const states = (await recorded(gateway)).flatMap(({ event }) => event.held?.state ?? []);
    assert.deepEqual(states, ['pending', 'used', 'denied']);
    await client[Symbol.asyncDispose]();
  });

  test('is withdrawn by the cancel of its own client, and the next request works', async () => {
    const { gateway, people } = await open();
    await using _ = gateway;
    const { client } = await logIn(gateway);
    client.send(query('delete from keep where id = 102'));
    const approval = await people.nth(0);
    const { processId, secret } = gateway.live.list()[0]?.cancelKey ?? assert.fail('no session');
    const canceller = await RawPostgres.connect({ host: gateway.host, port: gateway.port });
    canceller.send(int32(16), int32(80_877_102), int32(processId), secret);
    await canceller.untilClosed();
    const { code, text } = await refusalTo(client);
    assert.equal(code, '57014');
    assert.match(text, /the client cancelled its request while it waited/);
    assert.equal(approval.cancelledBecause, 'the client cancelled its request');
    await client.untilReady();
    approval.approve();
    assert.equal(summary(await client.query('select 1')), 'T D C Z:I');
    assert.equal(await reached('delete from keep where id = 102'), false);
    await client[Symbol.asyncDispose]();
  });

  test('ends with its session when the grant is revoked or expires', async () => {
    const { gateway, people } = await open();
    await using _ = gateway;
    const { client, grant } = await logIn(gateway);
    client.send(query('delete from keep where id = 103'));
    const approval = await people.nth(0);
    gateway.revoke(grant);
    assert.equal((await refusalTo(client)).code, '28000');
    await client.untilClosed();
    assert.equal(approval.cancelledBecause, 'the client has gone, or its session ended');
    approval.approve();
    await gateway.log.sync();
    assert.equal(await reached('delete from keep where id = 103'), false);
    const events = (await recorded(gateway)).map(({ event }) => event);
    assert.deepEqual(
      events
        .slice(-3)
        .map(({ kind, held: one, refusal, closing }) => [kind, one?.state ?? refusal?.code ?? closing?.outcome]),
      [
        ['approval', 'cancelled'],
        ['refusal', 'approval-cancelled'],
        ['session.close', 'revoked'],
      ],
    );
  });

  test('is left to its people when the gateway drains, and its client is told to come back', async () => {
    const { gateway, people } = await open();
    await using _ = gateway;
    const { client } = await logIn(gateway);
    client.send(query('delete from keep where id = 104'));
    const approval = await people.nth(0);
    const stopping = gateway.stop();
    const { code, text } = await refusalTo(client);
    assert.equal(code, '57P01');
    assert.match(text, /shutting down while the approval apr_\w+ is pending.*passes once/);
    await stopping;
    assert.equal(approval.left, true);
    assert.equal(approval.cancelledBecause, undefined);
    assert.equal(await reached('delete from keep where id = 104'), false);
    await client.untilClosed();
  });

  test('is void where the policies changed before it was approved', async () => {
    const { gateway, people } = await open();
    await using _ = gateway;
    const { client } = await logIn(gateway);
    client.send(query('delete from keep where id = 105'));
    const approval = await people.nth(0);
    gateway.setPolicies([PERMIT_ALL, HELD, { ...PERMIT_ALL, name: 'another' }]);
    approval.approve();
    const { code, text } = await refusalTo(client);
    assert.equal(code, '42501');
    assert.match(text, /approval-void/);
    await client.untilReady();
    assert.equal(await reached('delete from keep where id = 105'), false);
    const states = (await recorded(gateway)).flatMap(({ event }) => event.held?.state ?? []);
    assert.deepEqual(states, ['void']);
    assert.equal(approval.cancelledBecause, 'what was approved could not be used');
    await client[Symbol.asyncDispose]();
  });

  test('is refused where the time in which it may be done is over when people have answered', async () => {
    let now = Date.parse('2026-11-23T15:59:00Z');
    const policies = [
      PERMIT_ALL,
      HELD,
      {
        ...PERMIT_ALL,
        name: 'not after four',
        effect: 'deny' as const,
        timezone: 'UTC',
        when: 'operation.kind == "delete" && time.hour >= 16',
        reason: 'The window is closed.',
      },
    ];
    const { gateway, people } = await open({ policies, policyClock: () => now });
    await using _ = gateway;
    const { client } = await logIn(gateway);
    client.send(query('delete from keep where id = 108'));
    const approval = await people.nth(0);
    now += 60_000;
    approval.approve();
    const { code, text } = await refusalTo(client);
    assert.equal(code, '42501');
    assert.match(text, /The window is closed/);
    await client.untilReady();
    assert.equal(await reached('delete from keep where id = 108'), false);
    assert.equal(summary(await client.query('select 1')), 'T D C Z:I');
    await client[Symbol.asyncDispose]();
  });

  test('is void where a definition that it hangs on changed before it was approved', async () => {
    const { gateway, people } = await open({
      policies: [PERMIT_ALL, { ...HELD, operations: ['select'], tables: [{ table: 'public.shown' }] }],
    });
    await using _ = gateway;
    await server.query('create view shown as select id from keep');
    const { client } = await logIn(gateway);
    const { client: other } = await logIn(gateway);
    client.send(query('select * from shown'));
    const approval = await people.nth(0);
    await other.query('drop view shown; create view shown as select id, id as secret from keep');
    // A session reads a changed catalogue before its next request.
    await other.query('select 1');
    approval.approve();
    assert.match((await refusalTo(client)).text, /policies or definitions have changed since.*approval-void/);
    await client.untilReady();
    assert.deepEqual(approval.redeemed, []);
    assert.equal(await reached('select * from shown'), false);
    client.send(query('select * from shown'));
    (await people.nth(1)).approve();
    assert.equal(summary(await client.untilReady()), 'N T D D D C Z:I');
    await client[Symbol.asyncDispose]();
    await other[Symbol.asyncDispose]();
  });

  test('is refused where it cannot be filed, and the session goes on', async () => {
    const { gateway, people } = await open();
    await using _ = gateway;
    const { client } = await logIn(gateway);
    people.fault = new Error('the store is gone');
    client.send(query('delete from keep where id = 106'));
    const { code, text } = await refusalTo(client);
    assert.equal(code, '42501');
    assert.match(text, /approval-unavailable/);
    await client.untilReady();
    people.fault = undefined;
    client.send(query('delete from keep where id = 107'));
    (await people.nth(0)).approve();
    assert.equal(summary(await client.untilReady()), 'N C Z:I');
    assert.equal(await reached('delete from keep where id = 106'), false);
    assert.deepEqual(
      gateway.faults.map((fault) => (fault as Error).message),
      ['the store is gone'],
    );
    await client[Symbol.asyncDispose]();
  });

  test('is refused where a desk neither answers nor expires it', async () => {
    const people = new FakeApprovals({ withinMs: 50 });
    const { gateway } = await open({ approvals: people, limits: { approvalDeskMs: 100 } });
    await using _ = gateway;
    const { client } = await logIn(gateway);
    client.send(query('delete from keep where id = 108'));
    const { text } = await refusalTo(client);
    assert.match(text, /whether the approval apr_\w+ was given cannot be learned/);
    await client.untilReady();
    assert.equal((await people.nth(0)).cancelledBecause, 'the gateway could not learn the answer');
    await client[Symbol.asyncDispose]();
  });

  test('is not sent where its approval cannot be recorded', async () => {
    let full = false;
    const writeSync = ((...args: Parameters<typeof fs.writeSync>) => {
      if (full) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
      return fs.writeSync(...args);
    }) as typeof fs.writeSync;
    const { gateway, people } = await open({ auditOptions: { files: { ...fs, writeSync } } });
    await using _ = gateway;
    const { client } = await logIn(gateway);
    client.send(query('delete from keep where id = 109'));
    const approval = await people.nth(0);
    await gateway.log.sync();
    full = true;
    approval.approve();
    assert.equal((await refusalTo(client)).code, '58030');
    full = false;
    assert.equal(await reached('delete from keep where id = 109'), false);
    client.destroy();
  });

  test('bounds what is sent behind it: too much, so that its client could leave unseen, withdraws it', async () => {
    const { gateway, people } = await open({ limits: { maxClientAheadBytes: 64 * 1024 } });
    await using _ = gateway;
    const { client } = await logIn(gateway);
    client.send(query('delete from keep where id = 110'));
    const approval = await people.nth(0);
    const behind = Array.from({ length: 100 }, (_one, i) => query(`select ${i}, '${'x'.repeat(1000)}'`));
    client.send(...behind);
    const { code, text } = await refusalTo(client);
    assert.equal(code, '57014');
    assert.match(text, /the client sent too much behind its request/);
    assert.equal(approval.cancelledBecause, 'the client sent too much behind its request');
    assert.equal((await client.untilReady(101)).filter(({ type }) => type === 'C').length, 100);
    assert.equal(await reached('delete from keep where id = 110'), false);
    await client[Symbol.asyncDispose]();
  });

  test('keeps what is sent behind it in order, until it is answered', async () => {
    const { gateway, people } = await open();
    await using _ = gateway;
    const { client } = await logIn(gateway);
    client.send(query('delete from keep where id = 111'), query("select 'behind it'"));
    const approval = await people.nth(0);
    assert.equal(await reached('behind it'), false);
    approval.approve();
    assert.equal(summary(await client.untilReady(2)), 'N C Z:I T D C Z:I');
    await client[Symbol.asyncDispose]();
  });

  test('fails the transaction that it stands in when it is refused, as any refusal does', async () => {
    const { gateway, people } = await open();
    await using _ = gateway;
    const { client } = await logIn(gateway);
    await client.query('begin');
    await client.query('insert into keep values (900)');
    client.send(query('delete from keep where id = 112'));
    (await people.nth(0)).deny();
    assert.equal(summary(await client.untilReady()), 'N E:42501 Z:E');
    assert.equal(summary(await client.query('commit')), 'C Z:I');
    assert.deepEqual(await server.query('select count(*)::int as n from keep where id = 900'), [{ n: 0 }]);
    await client[Symbol.asyncDispose]();
  });

  test('asks nobody for what is only prepared, and for each time that it is bound', async () => {
    const { gateway, people } = await open();
    await using _ = gateway;
    const { client } = await logIn(gateway);
    const sync = frame('S');
    const none = Buffer.alloc(6);
    client.send(frame('P', 'gone\0delete from keep where id = 2\0', Buffer.alloc(2)), frame('D', 'Sgone\0'), sync);
    assert.equal(summary(await client.untilReady()), '1 t n Z:I');
    assert.equal(people.asked.length, 0);

    const run = [frame('B', '\0gone\0', none), frame('E', '\0', int32(0)), sync];
    client.send(...run);
    (await people.nth(0)).deny();
    assert.equal(summary(await client.untilReady()), 'N E:42501 Z:I');
    client.send(frame('B', '\0gone\0', none), sync);
    (await people.nth(1)).deny();
    assert.equal(summary(await client.untilReady()), 'N E:42501 Z:I');
    assert.equal((await server.query('select id from keep where id = 2')).length, 1);
    client.send(...run);
    (await people.nth(2)).approve();
    assert.equal(summary(await client.untilReady()), 'N 2 C Z:I');
    assert.equal((await server.query('select id from keep where id = 2')).length, 0);
    await client[Symbol.asyncDispose]();
  });

  test('holds a COPY before its first row, and refuses it without one having reached the server', async () => {
    const { gateway, people } = await open({ policies: [{ ...HELD, operations: ['any'] }] });
    await using _ = gateway;
    const { client } = await logIn(gateway);
    client.send(query('copy keep from stdin'), frame('d', '800\n'), frame('c'));
    (await people.nth(0)).deny();
    assert.equal(summary(await client.untilReady()), 'N E:42501 Z:I');
    client.send(query('copy keep from stdin'));
    (await people.nth(1)).approve();
    assert.equal((await client.next())?.type, 'N');
    assert.equal((await client.next())?.type, 'G');
    client.send(frame('d', '801\n'), frame('c'));
    assert.equal(summary(await client.untilReady()), 'C Z:I');
    assert.deepEqual(await server.query('select id from keep where id in (800, 801)'), [{ id: 801 }]);
    await client[Symbol.asyncDispose]();
  });
});
