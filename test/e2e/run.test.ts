import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { isInstalled } from '../../src/cli/target-client.ts';
import { until } from '../support/until.ts';
import { type Job, makeDataDirectory, type StartedProgram, startDemo } from './program.ts';

const isRoot = process.getuid?.() === 0;
const canBeAnother = isRoot && isInstalled('setpriv', process.env) && isInstalled('psql', process.env);
const NOBODY = ['--reuid=65534', '--regid=65534', '--clear-groups', '--'];

describe('the life of a run', { concurrency: true }, () => {
  let gateway: StartedProgram;
  before(async () => {
    gateway = await startDemo(await makeDataDirectory());
  });
  after(async () => {
    await gateway[Symbol.asyncDispose]();
  });

  /** A run of a shell; what it prints first is told by `said`. */
  const shell = (script: string): Job => gateway.job('run', '--target', 'demo', '--', 'sh', '-c', script);

  const runOf = async (run: string): Promise<Record<string, unknown>> => {
    const token = readFileSync(join(gateway.dataDirectory, 'admin-token'), 'utf8').trim();
    const answer = await fetch(`${gateway.ready.url}/v1/runs/${run}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    return (await answer.json()) as Record<string, unknown>;
  };

  test('a wrapper that is killed leaves a run that the gateway closes by itself, as clientLost', async () => {
    const job = shell('echo "$CHAPERONE_RUN_ID $$ $PGPASSFILE"; exec sleep 60');
    const [, run = '', child = '', passFile = ''] = await job.said(/^(run_\w+) (\d+) (\S+)$/m);
    // Whoever is killed leaves the folder of its run behind, with passwords that are void.
    await using leaving = new AsyncDisposableStack();
    leaving.defer(() => rm(dirname(passFile), { recursive: true, force: true }));
    assert.equal((await runOf(run))['closedAt'], undefined);
    process.kill(job.pid, 'SIGKILL');
    // The command is nobody's any more. Its outputs are the test's, which waits for them to close.
    process.kill(Number(child), 'SIGKILL');
    await job.ended;
    const closed = await until(async () => {
      const { termination } = await runOf(run);
      return termination;
    });
    assert.equal(closed, 'clientLost');
  });

  test('a signal reaches the whole group of the command', async () => {
    const job = shell('trap "echo ended; exit 3" TERM; sleep 60 & echo "sleeps $!"; wait');
    const [, sleeping = ''] = await job.said(/^sleeps (\d+)$/m);
    process.kill(job.pid, 'SIGTERM');
    const { status, stdout } = await job.ended;
    assert.deepEqual([status, /ended/.test(stdout), isAlive(sleeping)], [3, true, false]);
  });

  test('a second request to end insists: a command that does not listen is killed', async () => {
    const job = shell('trap "echo asked" TERM INT; echo ready; while :; do sleep 0.05; done');
    await job.said(/ready/);
    process.kill(job.pid, 'SIGTERM');
    await job.said(/asked/);
    process.kill(job.pid, 'SIGTERM');
    const { status } = await job.ended;
    assert.equal(status, 137);
  });

  test('what a command leaves behind is ended with its run, and told: also what took a session of its own', async () => {
    const stray = 'setsid sh -c "echo strayed \\$\\$; exec sleep 61" &';
    const job = shell(`sleep 60 & echo "left $!"; ${stray} read go`);
    const [, left = ''] = await job.said(/^left (\d+)$/m);
    const [, strayed = ''] = await job.said(/^strayed (\d+)$/m);
    job.say('go\n');
    const { status, stderr } = await job.ended;
    assert.equal(status, 0);
    assert.deepEqual([isAlive(left), isAlive(strayed)], [false, false]);
    assert.match(stderr, /ended 2 left-over processes of the command/);
  });

  test('another user of the machine gets nothing of a run', {
    skip: canBeAnother ? false : 'needs root, setpriv and psql',
  }, async () => {
    const job = shell('echo "$CHAPERONE_RUN_ID $PGPORT $PGPASSFILE $$"; read go');
    using ending = new DisposableStack();
    ending.defer(() => job.say('go\n'));
    const [, run = '', port = '', passFile = '', child = ''] = await job.said(/^(run_\w+) (\d+) (\S+) (\d+)$/m);
    const [, , , , user = ''] = /^([^:]*):([^:]*):([^:]*):([^:]*):/.exec(readFileSync(passFile, 'utf8')) ?? [];
    const socket = join(dirname(passFile), 's0');
    assert.equal(existsSync(join(socket, '.s.PGSQL.5432')), true);
    const psql = (host: string, on: string) => [
      'psql',
      '-X',
      '-w',
      '-h',
      host,
      '-p',
      on,
      '-U',
      user,
      '-d',
      'demo',
      '-c',
      'select 1',
    ];
    const [program = '', ...own] = psql(socket, '5432');
    const mine = spawnSync(program, own, { env: { PATH: process.env['PATH'], PGPASSFILE: passFile } });
    assert.equal(mine.status, 0, String(mine.stderr));
    const attempts: readonly (readonly [readonly string[], RegExp])[] = [
      [psql('127.0.0.1', port), /no password supplied/],
      [psql(socket, '5432'), /Permission denied/],
      [['cat', passFile], /Permission denied/],
      [['cat', `/proc/${child}/environ`], /Permission denied/],
      [['cat', `/proc/${job.pid}/environ`], /Permission denied/],
    ];
    for (const [command, refusal] of attempts) {
      const { status, stderr } = spawnSync('setpriv', [...NOBODY, ...command], {
        encoding: 'utf8',
        env: { PATH: process.env['PATH'] },
      });
      assert.notEqual(status, 0, command.join(' '));
      assert.match(stderr, refusal, command.join(' '));
    }
    const guess = spawnSync('setpriv', [...NOBODY, ...psql('127.0.0.1', port)], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], PGPASSWORD: 'a guess' },
    });
    assert.match(guess.stderr, /claim-invalid|secret is wrong/);
    ending.dispose();
    assert.equal((await job.ended).status, 0);
    assert.equal((await runOf(run))['sessions'], 1);
  });

  test('a gateway that was killed and started again finds its runs again, and they their targets', async () => {
    const dataDirectory = await makeDataDirectory();
    const first = await startDemo(dataDirectory);
    const script = 'echo started; read go; exec "$0" "$1" sql "select 40 + 2 as alive"';
    const main = join(import.meta.dirname, '..', '..', 'src', 'main.ts');
    const job = first.job('run', '--target', 'demo', '--', 'sh', '-c', script, process.execPath, main);
    await job.said(/started/);
    await first.stop('SIGKILL');
    await using _again = await startDemo(dataDirectory, first.ready);
    job.say('go\n');
    const { status, stdout, stderr } = await job.ended;
    assert.equal(status, 0, stderr);
    assert.match(stdout, /42/);
    assert.match(stderr, /the connection to the gateway broke/);
  });
});

function isAlive(pid: string): boolean {
  try {
    process.kill(Number(pid), 0);
    // A zombie that nobody waits for still answers.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
