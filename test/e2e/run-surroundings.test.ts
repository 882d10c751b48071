/** What surrounds the command of a run, with the whole program: what it sees, reads, reaches, and what is said of it. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { z } from 'zod';
import { ApiClient } from '../../src/cli/api-client.ts';
import { checkIsolation } from '../../src/cli/run/isolation/check-isolation.ts';
import { mockToken } from '../support/ci-endpoints-mock.ts';
import { writeAgentMocks } from '../support/coding-agents-mock.ts';
import { ROOT } from '../support/source-tree.ts';
import { chaperone, environment, makeDataDirectory, type StartedProgram, startDemo } from './program.ts';

const onLinux = { skip: process.platform === 'linux' ? false : 'there is no procfs' };
const cannotIsolate = await checkIsolation('network', { PATH: process.env['PATH'] }, AbortSignal.timeout(20_000)).then(
  () => false as const,
  (error: Error) => error.message,
);
/** What CI systems leave in a job's environment, each with a canary; none of it is this demo's. */
const MINTING = {
  ACTIONS_ID_TOKEN_REQUEST_URL: 'http://127.0.0.1:9/canary',
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'canary',
  ACTIONS_RUNTIME_TOKEN: 'canary',
  CI_JOB_TOKEN: 'canary',
  NAMED_BY_THE_JOB: mockToken('https://canary.test', 'https://another.test'),
  PGPASSWORD: 'canary',
  AWS_SECRET_ACCESS_KEY: 'canary',
};

describe('what surrounds the command of a run', () => {
  let gateway: StartedProgram;
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'chaperone-surroundings-'));
    gateway = await startDemo(await makeDataDirectory());
  });
  after(async () => {
    await gateway[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  });

  const run = (more: NodeJS.ProcessEnv, ...args: readonly string[]) =>
    chaperone(['run', '--target', 'demo', ...args], environment(gateway.dataDirectory, more));
  /** What is known of the newest run, by name: asserted, all of it. */
  const labels = async (): Promise<Record<string, string>> => {
    const api = ApiClient.find({}, environment(gateway.dataDirectory));
    const pairs = z.object({ asserted: z.array(z.object({ name: z.string(), value: z.string() })) });
    const list = z.object({ items: z.array(z.object({ id: z.string() })) });
    const { items } = await api.call({ path: '/v1/runs', query: { limit: 1 }, as: 'operator' }, list);
    const { asserted } = await api.call({ path: `/v1/runs/${items[0]?.id}`, as: 'operator' }, pairs);
    return Object.fromEntries(asserted.map(({ name, value }) => [name, value]));
  };

  test('shows it nothing that mints tokens, in its own environment or in its wrapper’s', onLinux, async () => {
    const script = 'env; echo; tr "\\0" "\\n" < /proc/$PPID/environ; cat /proc/$PPID/cmdline';
    const { status, stdout, stderr } = await run(MINTING, '--', 'sh', '-c', script);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^PGHOST=127\.0\.0\.1$/m);
    assert.match(stdout, /^ACTIONS_ID_TOKEN_REQUEST_TOKEN=$/m);
    assert.doesNotMatch(stdout, /canary/);
    assert.doesNotMatch(stdout, new RegExp(MINTING.NAMED_BY_THE_JOB));
  });

  test('shows it as little where an older Node stands above the wrapper', onLinux, async () => {
    const script = 'tr "\\0" "\\n" < /proc/$(awk "/^PPid/ { print \\$2 }" /proc/$PPID/status)/environ; echo read';
    const args = [join(ROOT, 'bin', 'chaperone.mjs'), 'run', '-t', 'demo', '--', 'sh', '-c', script];
    const env = environment(gateway.dataDirectory, MINTING);
    // The first one on the PATH: where it is new enough, the wrapper is this very process, and what is above is the test.
    const { stdout } = await promisify(execFile)('node', args, { env, timeout: 60_000 });
    assert.match(stdout, /read\n$/);
    assert.doesNotMatch(stdout, /canary/);
  });

  test('needs a folder for the run, and says so before the token is used up', async () => {
    const { status, stderr } = await run({ TMPDIR: join(directory, 'none') }, '--', 'true');
    assert.equal(status, 78);
    assert.match(stderr, /^chaperone: the run needs a folder of its own: ENOENT.*\n {2}TMPDIR names another place/);
  });

  test('is said in the job summary, with what was refused and what the command could still do', async () => {
    const summary = join(directory, 'summary.md');
    const github = { GITHUB_ACTIONS: 'true', CI: 'true', GITHUB_STEP_SUMMARY: summary };
    const { status, stderr } = await run(
      github,
      '--',
      'chaperone',
      'sql',
      'select name from customers limit 3',
      'drop table customers',
    );
    assert.notEqual(status, 0);
    assert.match(stderr, /^::group::chaperone sql select name from customers limit 3 drop table customers$/m);
    // The token, and the passwords of the target's listener and of the one for tools.
    assert.equal(stderr.match(/^::add-mask::\S{20,}$/gm)?.length, 3);
    const [, stop] = /^::stop-commands::([0-9a-f]{32})$/m.exec(stderr) ?? [];
    assert.match(stderr, new RegExp(`^::${stop}::\n::endgroup::$`, 'm'));
    const text = (await readFile(summary, 'utf8')).replace(/&#(\d+);/g, (_, code: string) =>
      String.fromCodePoint(Number(code)),
    );
    assert.match(text, /\| 2 \| 1 \| 1 \| 0 \| 0 \| 3 \|/);
    assert.match(text, /<code>demo<\/code> \| <code>drop table customers<\/code>/);
    assert.match(text, /open( network)?, so nothing proves that the command did nothing else\./);
  });

  test('notes of a known agent what the wrapper saw and what its hooks said', async () => {
    const [programs, home] = [join(directory, 'agents'), join(directory, 'home')];
    await Promise.all([programs, home].map((folder) => mkdir(folder)));
    writeAgentMocks(programs);
    const env = { PATH: `${programs}:${process.env['PATH']}`, HOME: home, ANTHROPIC_API_KEY: 'for-its-model' };
    const { status, stdout, stderr } = await run(env, '--', 'claude', '-p', 'fix it');
    assert.equal(status, 0, stderr);
    assert.deepEqual(JSON.parse(stdout), { servers: ['chaperone'], prompt: 'fix it' });
    const shown = await labels();
    assert.deepEqual(
      [
        shown['agent'],
        shown['agent.level'],
        shown['agent.version'],
        shown['hooks'],
        shown['hooks.tools'],
        shown['command.status'],
      ],
      ['claude-code', 'A1', 'claude 1.2.3 (mock)', 'fired', 'Bash:1', '0'],
    );
    assert.deepEqual([shown['egress'], shown['environment']], ['advisory', 'allow-list']);
    assert.match(shown['isolation'] ?? '', /^(none|container)$/);
  });

  test('is a network of its own where that is asked for: its target by the listener, and not by its own port', {
    skip: cannotIsolate,
  }, async () => {
    const { stdout: listed } = await gateway.chaperone('targets', '--json');
    const [target] = (JSON.parse(listed) as { targets: { address: string }[] }).targets;
    const port = target?.address.split(':').at(-1) ?? '';
    const script = `
      const net = require('node:net');
      const direct = net.connect({ host: '127.0.0.1', port: ${port} });
      direct.once('connect', () => { console.log('direct: connected'); process.exit(1); });
      direct.once('error', (error) => console.log('direct: ' + error.code));`;
    const reached = await run({}, '--isolate', '--', process.execPath, '-e', script);
    assert.equal(reached.stdout, 'direct: ECONNREFUSED\n', reached.stderr);
    const asked = await run({}, '--isolate', '--', 'chaperone', 'sql', 'select 40 + 2 as answer');
    assert.equal(asked.status, 0, asked.stderr);
    assert.match(asked.stdout, /42/);
    const waiting = 'trap "echo told; exit 5" TERM; echo ready; while :; do sleep 0.05; done';
    const job = gateway.job('run', '-t', 'demo', '--isolate', '--', 'sh', '-c', waiting);
    await job.said(/ready/);
    process.kill(job.pid, 'SIGTERM');
    const ended = await job.ended;
    assert.deepEqual([ended.status, ended.stdout], [5, 'ready\ntold\n'], ended.stderr);
    const refused = await run({}, '--isolate', 'some', '--', 'true');
    assert.deepEqual([refused.status, /--isolate takes none, user, network/.test(refused.stderr)], [64, true]);
  });
});
