/** People decide at a terminal: the demo's gateway, its CI job held, and `chaperone approvals` in somebody's name. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Browser } from '../support/login-gateway.ts';
import { until } from '../support/until.ts';
import {
  chaperone,
  environment,
  type Job,
  makeDataDirectory,
  type Ran,
  type StartedProgram,
  startDemo,
  startJob,
} from './program.ts';

describe('people decide at a terminal', () => {
  let gateway: StartedProgram;
  let env: NodeJS.ProcessEnv;
  before(async () => {
    const directory = await makeDataDirectory();
    gateway = await startDemo(directory);
    env = environment(directory, { CHAPERONE_TOKEN: await logIn() });
  });
  after(() => gateway?.[Symbol.asyncDispose]());

  /** As `chaperone login` does, allowed in a browser by the administrator of the one-time link. */
  async function logIn(): Promise<string> {
    const { url, firstLogin } = gateway.ready as StartedProgram['ready'] & { firstLogin: { url: string } };
    const browser = new Browser(url, '');
    assert.equal(await browser.useLink(firstLogin.url), 204);
    const { json: begun } = await browser.page('POST', '/v1/login/device', { name: 'a terminal' });
    const allowed = await browser.page('POST', `/v1/login/device/${String(begun['user_code'])}`, { answer: 'approve' });
    assert.equal(allowed.status, 200);
    const grant = { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: begun['device_code'] };
    const { json } = await browser.page('POST', '/v1/login/device/token', grant);
    return String(json['access_token']);
  }

  const run = (...args: readonly string[]): Promise<Ran> => chaperone(['approvals', ...args], env);
  const held = (text: string): Job =>
    startJob(['run', '-t', 'demo', '--', 'chaperone', 'sql', text], environment(gateway.dataDirectory));
  /** The approval that waits for this text. */
  const waiting = async (text: string): Promise<{ readonly id: string; readonly digest: string }> => {
    const asked = await until(async () => {
      const { items } = JSON.parse((await run('--mine', '--json')).stdout) as { items: { id: string; text: string }[] };
      return items.find((item) => item.text === text);
    });
    return JSON.parse((await run('show', asked.id, '--json')).stdout) as { id: string; digest: string };
  };

  test('what waits is listed, shown whole and approved, and the statement runs', async () => {
    const text = 'alter table orders add note text';
    const job = held(text);
    const { id, digest } = await waiting(text);
    assert.match((await run()).stdout, new RegExp(`^${id} .* yes +waits for dba \\(0 of 1\\)`, 'm'));
    const shown = (await run('show', id)).stdout;
    assert.match(shown, /^│ alter table orders add note text$/m);
    assert.match(shown, /^does +alter \(ddl\); writes public\.orders; locks access-exclusive$/m);
    assert.match(shown, /^you +can answer this$/m);
    const unread = await run('approve', id);
    assert.deepEqual([unread.status, /no terminal to ask on/.test(unread.stderr)], [64, true]);
    const other = await run('approve', id, '--yes', '--digest', 'f'.repeat(64));
    assert.deepEqual([other.status, /not what --digest says/.test(other.stderr)], [77, true]);
    const approved = await run('approve', id, '--yes', '--digest', digest, '--reason', 'as planned');
    assert.equal(approved.status, 0, approved.stderr);
    const { status, stderr } = await job.ended;
    assert.equal(status, 0, stderr);
    const waited = await run('wait', id);
    assert.deepEqual([waited.status, waited.stdout], [0, `${id} approved and used\n`]);
    const again = await run('deny', id, '--yes', '--reason', 'too late');
    assert.deepEqual([again.status, /you answered already/.test(again.stderr)], [77, true]);
    assert.match((await run('--all')).stdout, new RegExp(`^${id} .* approved and used`, 'm'));
  });

  test('what is denied is refused with the reason, and `wait` tells it by its status', async () => {
    const text = 'alter table orders add other text';
    const job = held(text);
    const { id } = await waiting(text);
    const wait = startJob(['approvals', 'wait', id], env);
    const denied = await run('deny', id, '--yes', '--reason', 'locks the table');
    assert.equal(denied.status, 0, denied.stderr);
    const waited = await wait.ended;
    assert.deepEqual([waited.status, waited.stdout], [1, `${id} denied: locks the table\n`]);
    const { status, stderr } = await job.ended;
    assert.notEqual(status, 0);
    assert.match(stderr, /locks the table/);
  });

  test('what nobody decides in time leaves `wait` with neither, and an unknown id with nothing', async () => {
    const text = 'delete from orders';
    const job = held(text);
    const { id } = await waiting(text);
    const waited = await run('wait', id, '--timeout', '0');
    assert.deepEqual([waited.status, /waits for dba/.test(waited.stdout)], [2, true]);
    await run('deny', id, '--yes', '--reason', 'no');
    assert.notEqual((await job.ended).status, 0);
    assert.equal((await run('show', 'apr_nothing')).status, 66);
    assert.equal((await run('deny', id, '--yes')).status, 64);
  });
});
