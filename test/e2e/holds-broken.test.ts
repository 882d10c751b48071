/** What is held when something breaks is never forwarded without an approval that was used, and nobody hangs. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { statfsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { readSession } from '../../src/audit/read/read-session.ts';
import { verifyDirectory } from '../../src/audit/verify/verify-directory.ts';
import { Secret } from '../../src/model/secret.ts';
import { Relay } from '../support/relay.ts';
import { until } from '../support/until.ts';
import { type Deployment, makeDeployment } from './deployment.ts';
import { answer, approvalAt, call, jobClient, outcomeOf, personIn, waitingAt } from './held-clients.ts';
import { makeDataDirectory, type StartedProgram } from './program.ts';

const POLICIES = `
policies:
  - name: tables change with an owner's word
    principals: any
    targets: [people]
    operations: [ddl]
    effect: permit
    approve: { group: dba, within: 10m }
`;

function deploy(): Promise<Deployment> {
  return makeDeployment((server) => ({
    tls: `{ mode: verify-full, ca: ${JSON.stringify(server.ca)} }`,
    credential: `{ user: postgres, password: { value: ${server.password} } }`,
  }));
}

/** Whether the server was sent it to be run. */
async function reached({ server }: Deployment, text: string): Promise<boolean> {
  return (await server.log()).split('\n').some((line) => line.includes(text) && !/: +explain /i.test(line));
}

async function applied(deployment: Deployment, gateway: StartedProgram): Promise<void> {
  await writeFile(join(deployment.configuration, 'approvals.yaml'), POLICIES);
  const { status, stderr } = await gateway.chaperone('apply', '--yes', deployment.configuration);
  assert.equal(status, 0, stderr);
}

describe('a held statement, on a gateway with a store of its own', { concurrency: false }, () => {
  let deployment: Deployment;
  let directory: string;
  let gateway: StartedProgram;
  let ada: string;
  const start = () => deployment.gateway({ CHAPERONE_DATABASE_URL: undefined }, directory);

  before(async () => {
    deployment = await deploy();
    directory = await makeDataDirectory();
    gateway = await start();
    await applied(deployment, gateway);
    ada = await personIn({ file: join(directory, 'store.sqlite') }, 'ada', ['approver', 'operator', 'auditor']);
  });
  after(async () => {
    await gateway?.[Symbol.asyncDispose]();
    await deployment?.[Symbol.asyncDispose]();
  });

  const hold = async (column: string) => {
    const client = await jobClient(deployment, gateway);
    const outcome = outcomeOf(client.query(`alter table people add column ${column} text`));
    const [approval] = await waitingAt(gateway, ada);
    return { client, outcome, approval: approval ?? assert.fail('nothing waits') };
  };

  test('ends with its session when an operator ends that, whose words cannot touch a terminal', async () => {
    const { outcome, approval } = await hold('by_operator');
    const reason = 'enough \u001b[2J\u202e\n::error::x';
    const ended = await call(gateway, ada, 'POST', `/v1/sessions/${approval.session}/end`, { reason });
    assert.equal(ended.status, 202, ended.text);
    const refused = await outcome;
    assert.deepEqual(refused, {
      code: '57P01',
      message: 'chaperone: This session was ended by ada: enough [2J ::error::x',
      detail: 'Refused: session-ended.',
    });
    await until(async () => (await approvalAt(gateway, ada, approval.id)).state === 'cancelled' || undefined);
    assert.equal((await answer(gateway, ada, approval)).json['code'], 'approval-over');
    assert.equal(await reached(deployment, 'by_operator'), false);
  });

  test('is void where the policies changed, and nobody is shown as waiting for it any more', async () => {
    const { client, outcome, approval } = await hold('by_policy');
    await writeFile(join(deployment.configuration, 'approvals.yaml'), POLICIES.replace('10m', '9m'));
    assert.equal((await gateway.chaperone('apply', '--yes', deployment.configuration)).status, 0);
    assert.equal((await answer(gateway, ada, approval)).status, 200);
    const refused = await outcome;
    assert.equal(typeof refused === 'object' && refused.detail.split(',')[0], 'Refused: approval-void');
    const { json } = await call(gateway, ada, 'GET', `/v1/approvals/${approval.id}`);
    assert.deepEqual([json['held'], json['usedAt']], [false, undefined]);
    assert.equal(await reached(deployment, 'by_policy'), false);
    await client.end();
  });

  test('is told to come back when the gateway drains, which ends at once', async () => {
    const { outcome, approval } = await hold('by_drain');
    assert.equal(await gateway.stop('SIGTERM'), 0);
    const refused = await outcome;
    assert.equal(typeof refused === 'object' && refused.detail.split(',')[0], 'Refused: draining');
    gateway = await start();
    assert.equal((await approvalAt(gateway, ada, approval.id)).state, 'pending');
    assert.equal((await answer(gateway, ada, approval, 'deny')).status, 200);
    assert.equal(await reached(deployment, 'by_drain'), false);
  });

  test('dies with its gateway: withdrawn, and its record says that it was never forwarded', async () => {
    const clients = await Promise.all([1, 2, 3, 4, 5].map(() => jobClient(deployment, gateway)));
    const outcomes = clients.map((client, i) =>
      outcomeOf(client.query(`alter table people add column by_kill${i} int`)),
    );
    const approvals = await waitingAt(gateway, ada, 5);
    process.kill(gateway.ready.pid, 'SIGKILL');
    for (const outcome of await Promise.all(outcomes)) assert.notEqual(outcome, 'ok');
    gateway = await start();
    for (const { id, session } of approvals) {
      const { state, reason } = await approvalAt(gateway, ada, id);
      assert.deepEqual([state, reason], ['cancelled', 'the gateway that held it ended']);
      const ends: unknown[] = [];
      for await (const { event } of readSession(join(directory, 'audit'), session)) {
        ends.push(event.refusal?.message ?? event.kind);
      }
      assert.deepEqual(ends, [
        'session.open',
        'request',
        'the session ended before an approval of this was used: it was never forwarded',
        'session.close',
      ]);
    }
    assert.equal(await reached(deployment, 'by_kill'), false);
    await gateway.stop();
    const { verdict, findings, totals } = await verifyDirectory(join(directory, 'audit'));
    // Runs outlive the gateway that opened them, so the log of one that ended may have runs that are open.
    assert.deepEqual([verdict === 'FAIL', totals.unknownOutcomes], [false, 0], JSON.stringify(findings));
    gateway = await start();
  });

  test('whose answer comes while the log’s disk is full runs only where that is on record, and is told so', async (t) => {
    await gateway.stop();
    const audit = join(directory, 'audit');
    try {
      const moved = 'mkdir "$0.small" && mount -t tmpfs -o size=8m tmpfs "$0.small" && cp -a "$0/." "$0.small/"';
      execFileSync('sh', ['-c', `${moved} && mount --move "$0.small" "$0" || { umount "$0.small"; exit 1; }`, audit], {
        stdio: 'pipe',
      });
    } catch {
      gateway = await start();
      t.skip('only root can mount a small file system');
      return;
    }
    try {
      gateway = await start();
      const { client, outcome, approval } = await hold('by_full_disk');
      const { bavail, bsize } = statfsSync(audit);
      await writeFile(join(audit, 'ballast'), Buffer.alloc(bavail * bsize));
      const { status } = await answer(gateway, ada, approval);
      // The journal has some room of its own ahead: a yes that stands there counts, and one that does not does not.
      const ran = status === 200 && (await outcome) === 'ok';
      assert.equal(await reached(deployment, 'by_full_disk'), ran);
      await rm(join(audit, 'ballast'));
      const stands = await until(async () => {
        const { json, status: read } = await call(gateway, ada, 'GET', `/v1/approvals/${approval.id}`);
        return read === 200 ? json : undefined;
      });
      assert.equal(stands['state'], status === 200 ? 'approved' : 'pending');
      if (status !== 200) assert.equal((await answer(gateway, ada, approval)).status, 200);
      await outcome;
      await client.end();
    } finally {
      await gateway.stop();
      execFileSync('sh', [
        '-c',
        'rm -rf "$0.kept" && cp -a "$0" "$0.kept" && umount "$0" && rm -rf "$0" && mv "$0.kept" "$0"',
        audit,
      ]);
      gateway = await start();
    }
  });

  test('is withdrawn when its server dies, and the client is told in its own words', async () => {
    const { outcome, approval } = await hold('by_server');
    process.kill(deployment.server.pid, 'SIGQUIT');
    const refused = await outcome;
    assert.deepEqual(refused, {
      code: '08006',
      message: 'chaperone: the connection to the target was lost',
      detail: '',
    });
    await until(async () => (await approvalAt(gateway, ada, approval.id)).state === 'cancelled' || undefined);
    assert.equal((await answer(gateway, ada, approval)).json['code'], 'approval-over');
  });
});

describe('a held statement, whose store goes and comes back', () => {
  test('waits on, is never forwarded meanwhile, and runs once its approval can be used', async () => {
    await using deployment = await deploy();
    await using relay = await Relay.before(deployment.server);
    const { password } = deployment.server;
    const control = (port: number) => `postgres://postgres:${password}@127.0.0.1:${port}/control`;
    await using gateway = await deployment.gateway({ CHAPERONE_DATABASE_URL: control(relay.port) });
    await applied(deployment, gateway);
    const place = { databaseUrl: new Secret(control(deployment.server.port)), file: '' };
    const ada = await personIn(place, 'ada', ['approver', 'auditor']);
    const client = await jobClient(deployment, gateway);
    const outcome = outcomeOf(client.query('alter table people add column by_store text'));
    const [approval] = await waitingAt(gateway, ada);
    assert.ok(approval);
    relay.down = true;
    relay.cut();
    const unheard = await answer(gateway, ada, approval);
    assert.deepEqual([unheard.status, unheard.json['code']], [503, 'store-unavailable']);
    // In use or not, every connection of the gateway to its store is gone: it lives, and says what it cannot do.
    await Promise.all(Array.from({ length: 20 }, () => answer(gateway, ada, approval)));
    assert.equal(await reached(deployment, 'by_store'), false);
    relay.down = false;
    await until(async () => (await answer(gateway, ada, approval)).status === 200 || undefined);
    assert.equal(await outcome, 'ok');
    assert.equal(await reached(deployment, 'by_store'), true);
    await client.end();
  });
});
