import assert from 'node:assert/strict';
import { cp, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { isInstalled } from '../../src/cli/target-client.ts';
import { chaperone, environment, MAIN, makeDataDirectory, type StartedProgram, startDemo } from './program.ts';

/** The client of the README where it is installed, else the one that the start prints in its place. */
const CLIENT = isInstalled('psql', process.env) ? ['psql', '-X'] : ['chaperone', 'sql'];
const statement = (text: string) => (CLIENT[0] === 'psql' ? ['-c', text] : [text]);

describe('what the README shows', () => {
  let gateway: StartedProgram;
  before(async () => {
    gateway = await startDemo(await makeDataDirectory());
  });
  after(async () => {
    await gateway[Symbol.asyncDispose]();
  });

  const run = (...statements: readonly string[]) =>
    gateway.chaperone('run', '--target', 'demo', '--', ...CLIENT, ...statements.flatMap(statement));

  test('a permitted query answers, and its e-mail column is masked', async () => {
    const ran = await run('select name, email from customers order by id limit 3');
    assert.equal(ran.status, 0, ran.stderr);
    assert.match(ran.stdout, /Ada Adler\s+\| \[redacted\]/);
    assert.match(ran.stdout, /\(3 rows\)/);
    assert.doesNotMatch(ran.stdout, /example\.com/);
  });

  test('a DROP TABLE is refused twice in one connection, which then still answers', async () => {
    const ran = await run('drop table customers', 'drop table customers', 'select 40 + 2 as alive');
    assert.equal(ran.stderr.match(/ERROR:.*Destructive statements are not allowed/g)?.length, 2, ran.stderr);
    assert.match(ran.stdout, /42/);
    const count = await run('select count(*) from customers');
    assert.match(count.stdout, /200/);
  });

  test('the command sees a grant, and nothing that could mint another', async () => {
    const script = 'console.log(JSON.stringify(process.env))';
    const ran = await gateway.chaperone('run', '--target', 'demo', '--', process.execPath, '-e', script);
    const env = JSON.parse(ran.stdout) as Record<string, string>;
    assert.match(env['PGUSER'] ?? '', /^grt_/);
    assert.equal(env['PGDATABASE'], 'demo');
    assert.deepEqual([env['PGHOST'], env['PGSSLMODE']], ['127.0.0.1', 'disable']);
    assert.deepEqual(
      Object.keys(env).filter((name) => /^(CHAPERONE_DATA_DIR|CHAPERONE_TOKEN|ACTIONS_)/.test(name)),
      [],
    );
  });

  test('a run passes the status of its command on, and says so when there is no such command', async () => {
    const failed = await gateway.chaperone('run', '-t', 'demo', '--', process.execPath, '-e', 'process.exit(7)');
    assert.equal(failed.status, 7);
    const killed = await gateway.chaperone(
      'run',
      '-t',
      'demo',
      '--',
      process.execPath,
      '-e',
      "process.kill(process.pid, 'SIGTERM')",
    );
    assert.equal(killed.status, 143);
    const missing = await gateway.chaperone('run', '-t', 'demo', '--', 'no-such-program');
    assert.equal(missing.status, 127);
    const stranger = await gateway.chaperone('run', '-t', 'elsewhere', '--', process.execPath, '-e', '0');
    assert.equal(stranger.status, 77);
    assert.match(stranger.stderr, /elsewhere/);
  });

  test('sessions lists what was done, and search finds the refusals', async () => {
    await run('drop table orders');
    const listed = await gateway.chaperone('sessions', '--json');
    const { sessions } = JSON.parse(listed.stdout) as { sessions: { principal: string; denied: number }[] };
    assert.equal(sessions[0]?.principal, 'octo-shop/storefront@refs/heads/main');
    assert.equal(sessions[0].denied, 1);
    const found = await gateway.chaperone(
      'sessions',
      'search',
      'ORDERS',
      '--decision',
      'deny',
      '--kind',
      'drop',
      '--json',
    );
    const { statements } = JSON.parse(found.stdout) as { statements: { text: string; rules: string[] }[] };
    assert.deepEqual(
      statements.map(({ text }) => text),
      ['drop table orders'],
    );
    assert.equal(statements[0]?.rules.length, 1);
  });

  test('replay shows the session as it was at psql', async () => {
    await run('select id, name, email from customers where id = 7', 'drop table customers');
    const { stdout, status } = await gateway.chaperone('replay', 'last');
    assert.equal(status, 0);
    assert.match(stdout, /demo=> select id, name, email from customers where id = 7\n/);
    assert.match(stdout, / {2}7 \| Grace Moreau +\| \[redacted\]\n\(1 row\)/);
    assert.match(stdout, /masked: public\.customers\.email ×1/);
    assert.match(stdout, /demo=> drop table customers\nERROR: .*Destructive statements are not allowed/);
    assert.match(stdout, /session ended: completed/);
  });

  test("the demo's API is asked by its name: replies are masked, orders wait for people, and nothing is deleted", async () => {
    const script = `
      const ask = async (path, options) => {
        const reply = await fetch('https://api.shop.example' + path, options);
        const { email, phone, code, detail } = await reply.json();
        console.log(reply.status, email ?? code, phone ?? detail);
      };
      await ask('/customers/1');
      await ask('/orders/3', { method: 'DELETE' });
      const headers = { 'content-type': 'application/json', prefer: 'wait=1' };
      await ask('/orders', { method: 'POST', headers, body: '{"customer":1,"item":"Kettle"}' });`;
    const node = [process.execPath, '--input-type=module', '-e', script];
    const ran = await gateway.chaperone('run', '--target', 'demo-api', '--', ...node);
    const [read, deleted, placed] = ran.stdout.split('\n');
    assert.equal(read, '200 [redacted] [redacted]', ran.stderr);
    assert.equal(deleted, '403 policy-denied Agents delete nothing here.');
    assert.match(placed ?? '', /^403 approval-pending the approval apr_\w+ is still pending/);
    const found = await gateway.chaperone('sessions', 'search', 'POST /orders', '--json');
    const [statement] = (JSON.parse(found.stdout) as { statements: { session: string; exchange: number }[] })
      .statements;
    const why = await gateway.chaperone('policy', 'explain', `${statement?.session}:${statement?.exchange}`);
    assert.match(why.stdout, /matched +permit +demo - an order needs somebody of support/);
    const asked = [
      '--statement',
      'DELETE /orders/3',
      '--target',
      'demo-api',
      '--as',
      'run.sourceRepositoryId=100000001',
    ];
    const denied = await gateway.chaperone('policy', 'explain', ...asked);
    assert.match(denied.stdout, /by what the gateway would read in it[\s\S]*path: \/orders\/3/);
    assert.equal(denied.status, 1);
  });

  test('the gateway reaches its target and says so, step by step', async () => {
    const { stdout, status } = await gateway.chaperone('targets', 'check', 'demo', '--json');
    assert.equal(status, 0);
    const { steps } = JSON.parse(stdout) as { steps: { step: string; status: string }[] };
    assert.deepEqual(
      steps.map(({ step, status: is }) => `${step} ${is}`),
      ['credential ok', 'address ok', 'tls ok', 'login ok'],
    );
  });

  test('verify says PASS while the gateway runs', async () => {
    const { stdout, status } = await gateway.chaperone('verify');
    assert.equal(status, 0, stdout);
    assert.match(stdout, /^PASS /m);
  });

  test('a second gateway on the same data directory is turned away, and the first goes on', async () => {
    const second = await gateway.chaperone('start', '--demo');
    assert.equal(second.status, 69);
    assert.match(second.stderr, new RegExp(`process ${gateway.ready.pid}`));
    assert.equal((await run('select 1')).status, 0);
  });
});

describe('a data directory that was tampered with', () => {
  let copies: string;
  let original: string;
  before(async () => {
    copies = await mkdtemp(join(tmpdir(), 'chaperone-tampered-'));
    const directory = await makeDataDirectory();
    await using gateway = await startDemo(directory);
    const statements = ['select name, phone from customers limit 2', 'drop table staff'].flatMap(statement);
    await gateway.chaperone('run', '--target', 'demo', '--', ...CLIENT, ...statements);
    assert.equal(await gateway.stop(), 0);
    original = join(copies, 'original');
    await cp(join(directory, 'audit'), original, { recursive: true });
  });
  after(async () => {
    await rm(copies, { recursive: true, force: true });
  });

  const verify = (directory: string) => chaperone(['verify', directory, '--json'], environment(directory));
  const tampered = async (name: string, change: (sessionFile: string) => Promise<void>) => {
    const copy = join(copies, name);
    await cp(original, copy, { recursive: true });
    const session = (await readdir(join(copy, 'sessions'), { recursive: true })).find((file) =>
      file.endsWith('.jsonl'),
    );
    assert.ok(session !== undefined);
    await change(join(copy, 'sessions', session));
    const { status, stdout } = await verify(copy);
    const report = JSON.parse(stdout) as { verdict: string; findings: { file: string; severity: string }[] };
    return {
      status,
      verdict: report.verdict,
      inSessionFile: report.findings.some(({ file }) => file.endsWith(session)),
    };
  };
  const FAILED = { status: 1, verdict: 'FAIL', inSessionFile: true };

  test('passes as it was left', async () => {
    const { status, stdout } = await verify(original);
    assert.equal(status, 0, stdout);
  });

  test('fails where one byte was changed', async () => {
    const outcome = await tampered('byte', async (file) => {
      const bytes = await readFile(file);
      const at = bytes.indexOf('"deny"') + 1;
      bytes.write('d3ny', at);
      await writeFile(file, bytes);
    });
    assert.deepEqual(outcome, FAILED);
  });

  test('fails where a line was dropped', async () => {
    const outcome = await tampered('line', async (file) => {
      const lines = (await readFile(file, 'utf8')).split('\n');
      await writeFile(file, lines.toSpliced(2, 1).join('\n'));
    });
    assert.deepEqual(outcome, FAILED);
  });

  test('fails where the tail was cut', async () => {
    const outcome = await tampered('tail', async (file) => {
      const bytes = await readFile(file);
      await truncate(file, bytes.subarray(0, -1).lastIndexOf('\n') + 1);
    });
    assert.deepEqual(outcome, FAILED);
  });

  test('a configured gateway does not start on the data of a demo, nor a demo beside a database of its own', async () => {
    const directory = await makeDataDirectory();
    try {
      const gateway = await startDemo(directory);
      await gateway.stop('SIGTERM');
      const configured = await chaperone(
        ['start', '--listen', '127.0.0.1:0', '--postgres-listen', '127.0.0.1:0'],
        environment(directory),
      );
      assert.equal(configured.status, 78);
      assert.match(configured.stderr, /belongs to a demo/);
      const shared = await chaperone(
        ['start', '--demo'],
        environment(directory, { CHAPERONE_DATABASE_URL: 'postgres://x' }),
      );
      assert.equal(shared.status, 78);
      assert.match(shared.stderr, /--demo does not go with CHAPERONE_DATABASE_URL/);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
});

describe('a gateway that was killed', () => {
  test('goes on where it was: the same grant, a recovered log, and what was cut off said to be so', async () => {
    const directory = await makeDataDirectory();
    try {
      const first = await startDemo(directory);
      // A job that looks, waits for a line on its standard input, and looks again.
      const script = `
        const { spawnSync } = require('node:child_process');
        const ask = (text) => spawnSync(process.execPath, [process.argv[1], 'sql', text], { stdio: ['ignore', 'inherit', 'inherit'] });
        ask('select 1 as before');
        require('node:fs').readSync(0, Buffer.alloc(1));
        process.exitCode = ask('select 2 as after').status;`;
      const job = first.job('run', '--target', 'demo', '--', process.execPath, '-e', script, MAIN);
      await job.said(/before/);
      await first.stop('SIGKILL');
      await using second = await startDemo(directory, first.ready);
      job.say('go on\n');
      const { status, stdout, stderr } = await job.ended;
      assert.deepEqual([status, /after/.test(stdout)], [0, true], stderr);
      const { stdout: verified, status: passed } = await second.chaperone('verify');
      assert.equal(passed, 0, verified);
      const listed = await second.chaperone('sessions', '--json');
      const { sessions } = JSON.parse(listed.stdout) as { sessions: { permitted: number; outcome: string }[] };
      assert.equal(sessions.length, 2);
      assert.deepEqual(
        sessions.filter(({ outcome }) => !['completed', 'clientLeft', 'gatewayFailed'].includes(outcome)),
        [],
      );
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
});
