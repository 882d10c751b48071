/** A budget that gateways share is one budget, whichever of them is asked, ended or killed. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Client } from 'pg';
import { until } from '../support/until.ts';
import { type Deployment, makeDeployment } from './deployment.ts';
import { jobClient } from './held-clients.ts';
import { type StartedProgram } from './program.ts';

const MOST = 2_000;
const POLICIES = `
policies:
  - name: reads are counted
    principals: any
    targets: [people]
    operations: [read]
    effect: permit
    limit: [{ rowsRead: ${MOST}, per: target, within: 1h }]
`;

interface Budget {
  readonly id: string;
  readonly spent: number;
  readonly most: number;
}

describe('a budget of two gateways', { concurrency: false }, () => {
  let deployment: Deployment;
  let first: StartedProgram;
  let second: StartedProgram;
  before(async () => {
    deployment = await makeDeployment((server) => ({
      tls: `{ mode: verify-full, ca: ${JSON.stringify(server.ca)} }`,
      credential: `{ user: postgres, password: { value: ${server.password} } }`,
    }));
    await writeFile(join(deployment.configuration, 'policies.yaml'), POLICIES);
    first = await deployment.gateway();
    second = await deployment.gateway({ CHAPERONE_KEY_FILE: join(first.dataDirectory, 'deployment.key') });
    const { status, stderr } = await first.chaperone('apply', '--yes', deployment.configuration);
    assert.equal(status, 0, stderr);
  });
  after(async () => {
    await first?.[Symbol.asyncDispose]();
    await second?.[Symbol.asyncDispose]();
    await deployment?.[Symbol.asyncDispose]();
  });

  /** Reads seven rows again and again, until it is refused or its gateway is gone; how many rows came, each as it came. */
  async function readAll(client: Client, saw: (rows: number) => void): Promise<void> {
    for (;;) {
      const count = await client.query('select generate_series(1, 7)').then(
        ({ rows }) => rows.length,
        () => undefined,
      );
      if (count === undefined) return;
      saw(count);
    }
  }

  async function budget(gateway: StartedProgram): Promise<Budget> {
    const { stdout, stderr, status } = await gateway.chaperone('budgets', '--target', 'people', '--json');
    assert.equal(status, 0, stderr);
    const [one] = (JSON.parse(stdout) as { budgets: Budget[] }).budgets;
    return one ?? assert.fail('there is no budget');
  }

  const connect = (gateway: StartedProgram, count: number): Promise<Client[]> =>
    Promise.all(Array.from({ length: count }, () => jobClient(deployment, gateway)));

  test('is never exceeded by clients of both, and spent to its end', async () => {
    let rows = 0;
    const clients = [...(await connect(first, 8)), ...(await connect(second, 8))];
    await Promise.all(clients.map((client) => readAll(client, (count) => (rows += count))));
    await Promise.all(clients.map((client) => client.end()));
    assert.ok(rows <= MOST && rows > MOST / 2, `${rows}`);
    // Whole statements of seven rows came; of the last ones of both, cut at the row, pg keeps nothing.
    const { spent, most } = await budget(first);
    assert.equal(most, MOST);
    assert.ok(spent >= rows && spent <= MOST, `${spent} of ${rows}`);
  });

  test('begins anew in both, once an administrator says so', async () => {
    const { id } = await budget(first);
    const reset = await first.chaperone('budgets', 'reset', id);
    assert.deepEqual([reset.status, reset.stdout], [0, `${id} begins anew.\n`]);
    await until(async () => {
      const [client] = await connect(second, 1);
      const answered = await client?.query('select 1').then(
        () => true,
        () => false,
      );
      await client?.end();
      return answered === true ? true : undefined;
    });
  });

  test('is not spent twice where a gateway is killed', async () => {
    const { id } = await budget(first);
    await first.chaperone('budgets', 'reset', id);
    let rows = 0;
    const clients = await connect(second, 8);
    for (const client of clients) client.on('error', () => undefined);
    const reading = clients.map((client) =>
      readAll(client, (count) => {
        rows += count;
        if (rows >= MOST / 2) process.kill(second.ready.pid, 'SIGKILL');
      }),
    );
    await Promise.all(reading);
    const { spent } = await budget(first);
    assert.ok(spent >= rows, `${rows} rows came, ${spent} are counted`);
    const others = await connect(first, 4);
    await Promise.all(others.map((client) => readAll(client, (count) => (rows += count))));
    await Promise.all(others.map((client) => client.end()));
    assert.ok(rows <= MOST, `${rows}`);
    // What the dead one held is lost, and no more: a sixteenth of what was left then, and what was on its way.
    assert.ok(rows >= MOST - MOST / 16 - 16 * 7, `${rows}`);
  });
});
