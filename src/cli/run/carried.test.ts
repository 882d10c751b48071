import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { Client } from 'pg';
import { startApi, type TestApi } from '../../../test/support/api.ts';
import { openCarriedRun } from '../../../test/support/carried-run.ts';
import { logNotes, onlySession, runOf } from '../../../test/support/session-events.ts';
import { until } from '../../../test/support/until.ts';

/** A hundred take ten seconds of a quiet machine. */
const MANY = process.env['CHAPERONE_LONG_TESTS'] === '1' ? 100 : 20;

const POLICY = `
  - { name: read, principals: any, targets: [people], operations: [read, session, transaction, function, any], effect: permit, mask: [email] }
`;

describe('a run that is carried through one HTTPS port', () => {
  let api: TestApi;
  before(async () => {
    api = await startApi({ policies: POLICY });
  });
  after(() => api[Symbol.asyncDispose]());

  test('reads through its listener, and the record says how it came and which key its grant is bound to', async () => {
    await using run = await openCarriedRun(api);
    const client = await run.connect();
    const { rows } = await client.query('select id, email from people');
    assert.deepEqual(rows, [{ id: 1, email: '[redacted]' }]);
    await client.end();
    const { opening } = await onlySession(api, run.context.runId);
    assert.equal(opening.carrier, 'websocket');
    assert.match(opening.grant.keyThumbprint ?? '', /^[\w-]{43}$/);
    assert.deepEqual(run.said, []);
  });

  test('reads through its Unix socket, whose folder is closed to everybody else', async () => {
    await using run = await openCarriedRun(api);
    const [target] = run.context.targets;
    assert.ok(target?.socketDirectory);
    const { user, password, database } = target;
    const client = new Client({
      host: target.socketDirectory,
      port: 5432,
      user,
      password: password.reveal(),
      database,
    });
    await client.connect();
    assert.equal((await client.query('select 40 + 2 as n')).rows[0].n, 42);
    await client.end();
  });

  test('in direct mode the record says so: the native port, and no key', async () => {
    await using run = await openCarriedRun(api, { direct: true });
    const [target] = run.context.targets;
    assert.equal(target?.tls, 'verify-full');
    const client = await api.connect({ user: target.user, password: target.password.reveal(), run: '' });
    await client.query('select 1');
    await client.end();
    const { opening } = await onlySession(api, run.context.runId);
    assert.deepEqual([opening.carrier, opening.grant.keyThumbprint], ['native', undefined]);
  });

  test('a wrong password at a listener is refused by the gateway, and stands in its log ten times at most', async () => {
    await using run = await openCarriedRun(api);
    for (let attempt = 0; attempt < 12; attempt++) {
      await assert.rejects(run.connect('a guess'), { code: '28P01' });
    }
    const [target] = run.context.targets;
    const notes = await until(async () => {
      const found = (await logNotes(api, 'login.refused')).filter(({ run: id }) => id === run.context.runId);
      return found.length >= 10 ? found : undefined;
    });
    assert.equal(notes.length, 10);
    assert.deepEqual(notes[0], {
      code: 'claim-invalid',
      grant: run.grant.id,
      run: run.context.runId,
      target: target?.name,
    });
  });

  test('a listener lets its clients into its own target, and as its own user', async () => {
    await using run = await openCarriedRun(api);
    const [target] = run.context.targets;
    assert.ok(target);
    const { host, port, user } = target;
    const password = target.password.reveal();
    for (const wrong of [
      { user, database: 'elsewhere' },
      { user: 'somebody', database: 'people' },
      { user: (await api.grant()).user, database: 'people' },
    ]) {
      const client = new Client({ host, port, password, ...wrong });
      client.on('error', () => undefined);
      await assert.rejects(client.connect(), /another target|the user or its password is wrong/);
    }
  });

  test('a client that asks for TLS on the carrier is told that there is none, as PostgreSQL does', async () => {
    await using run = await openCarriedRun(api);
    const [target] = run.context.targets;
    const socket = connect(target?.port ?? 0, '127.0.0.1');
    socket.write(SSL_REQUEST);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    assert.equal(answer.toString('latin1'), 'N');
    socket.destroy();
  });

  test('the secret of its grant lets nobody in at the native port', async () => {
    await using run = await openCarriedRun(api);
    const { id, secret } = run.grant;
    await assert.rejects(api.connect({ user: id, password: secret.reveal(), run: '' }), /bound to a key/);
  });

  test('a slow reader slows the target down, and gets every byte', async () => {
    await using run = await openCarriedRun(api);
    const client = await run.connect();
    const { rows } = await client.query(
      "select count(*)::int as n, sum(length(t))::int as bytes from (select repeat('x', 1000) as t from generate_series(1, 10)) as s",
    );
    assert.deepEqual(rows, [{ n: 10, bytes: 10_000 }]);
    const big = await client.query('select repeat(md5(i::text), 32) as t from generate_series(1, 20000) as i');
    assert.equal(big.rows.length, 20_000);
    assert.equal(new Set(big.rows.map(({ t }) => t)).size, 20_000);
    await client.end();
  });

  test('Ctrl-C reaches the statement through a carrier of its own', async () => {
    await using run = await openCarriedRun(api);
    const client = await run.connect();
    const { processID, secretKey } = client as unknown as { processID: number; secretKey: number };
    const sleeping = client.query('select pg_sleep(60)');
    await until(async () => {
      const [row] = await api.server.query("select 1 as one from pg_stat_activity where query = 'select pg_sleep(60)'");
      return row?.['one'] === 1 ? true : undefined;
    });
    cancel(run.context.targets[0]?.port ?? 0, processID, secretKey);
    await assert.rejects(sleeping, { code: '57014' });
    assert.equal((await client.query('select 1 as alive')).rows[0].alive, 1);
    await client.end();
  });

  test('when it ends its listeners are gone, and so is its folder', async () => {
    const run = await openCarriedRun(api);
    const port = run.context.targets[0]?.port ?? 0;
    await run[Symbol.asyncDispose]();
    const socket = connect(port, '127.0.0.1');
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
    assert.equal(error.code, 'ECONNREFUSED');
    assert.equal((await runOf(api, run.context.runId)).termination, 'completed');
  });

  test(`${MANY} at once do not mix: each reads its own marker, by its own grant, and the record says so`, async () => {
    const runs = await Promise.all(
      Array.from({ length: MANY }, (_, index) =>
        openCarriedRun(api, { asserted: { marker: String(index) }, selfTest: false }),
      ),
    );
    try {
      const read = await Promise.all(
        runs.map(async (run, index) => {
          const client = await run.connect();
          const { rows } = await client.query(`select ${index} as marker`);
          await client.end();
          return rows[0].marker as number;
        }),
      );
      assert.deepEqual(
        read,
        Array.from({ length: MANY }, (_, index) => index),
      );
      const query = 'text=as%20marker&limit=1000';
      const { json } = await api.call('GET', `/v1/statements?${query}`, { auth: api.admin });
      const statements = json['statements'] as readonly { readonly run: string; readonly text: string }[];
      assert.deepEqual(
        new Map(statements.map(({ run, text }) => [run, text])),
        new Map(runs.map(({ context }, index) => [context.runId, `select ${index} as marker`])),
      );
      assert.equal(statements.length, MANY);
    } finally {
      await Promise.all(runs.map((run) => run[Symbol.asyncDispose]()));
    }
  });
});

/** PostgreSQL manual, 55.7. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/** CancelRequest (PostgreSQL manual, 55.7). */
function cancel(port: number, processId: number, secret: number): void {
  const packet = Buffer.alloc(16);
  for (const [index, value] of [16, 80877102, processId, secret].entries()) packet.writeInt32BE(value, index * 4);
  connect(port, '127.0.0.1').end(packet);
}
