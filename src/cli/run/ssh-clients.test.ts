import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startApi, type TestApi } from '../../../test/support/api.ts';
import { openCarriedRun } from '../../../test/support/carried-run.ts';
import { type SshServer, startSshServer } from '../../../test/support/ssh-server.ts';
import { askedClient, isInstalled, targetClient } from '../target-client.ts';
import { commandEnvironment } from './environment/command-environment.ts';
import { checkIsolation, type IsolationMeans } from './isolation/check-isolation.ts';
import { isolateCommand } from './isolation/isolate-command.ts';
import type { OpenRun } from './open-run.ts';

const skip = ['ssh', 'scp', 'sftp'].every((name) => isInstalled(name, process.env)) ? false : 'not installed: OpenSSH';

const MAIN = fileURLToPath(new URL('../../main.ts', import.meta.url));
const environment = { PATH: process.env['PATH'] ?? '' };
/** How, or why not, a command can have a network of its own here. */
const isolation: { readonly means?: IsolationMeans; readonly why: string | false } = await checkIsolation(
  'network',
  environment,
  AbortSignal.timeout(60_000),
).then(
  (means) => ({ means, why: false as const }),
  (error: Error) => ({ why: error.message }),
);

const noAnsible = isInstalled('ansible', process.env) ? false : 'not installed: ansible-core';

const POLICIES = `
  - { name: look, principals: any, targets: [box], operations: [read, session], effect: permit }
  - { name: files, principals: any, targets: [box], operations: [read, write], ssh: { channels: [files, git] }, effect: permit }
  - { name: keep, principals: any, targets: [box], ssh: { programs: [rm] }, effect: deny, reason: "Nothing is removed here." }
`;

describe('clients of an SSH host in a run', { skip }, () => {
  let host: SshServer;
  let api: TestApi;
  before(async () => {
    host = await startSshServer();
    api = await startApi({ policies: POLICIES, host });
  });
  after(async () => {
    await api?.[Symbol.asyncDispose]();
    await host?.[Symbol.asyncDispose]();
  });

  /** A command of the job, as `run` starts it. */
  async function inRun(
    work: (say: Say, run: OpenRun, env: Readonly<Record<string, string>>) => Promise<void>,
    direct = false,
  ) {
    await using run = await openCarriedRun(api, { targets: ['box'], direct, selfTest: !direct });
    const home = await mkdtemp(join(tmpdir(), 'chaperone-ssh-home-'));
    try {
      const { env } = await commandEnvironment({
        context: run.context,
        rules: { env: [], inheritAll: false, ofAgent: [] },
        base: { PATH: process.env['PATH'], HOME: home, SSH_AUTH_SOCK: '/of/somebody', GIT_SSH_COMMAND: 'of somebody' },
        random: (bytes) => new Uint8Array(bytes).fill(1),
      });
      const say: Say = (program, ...args) =>
        new Promise((resolve) => {
          execFile(program, args, { env, cwd: home }, (fault, stdout, stderr) =>
            resolve({ status: fault === null ? 0 : Number(fault.code), said: `${stdout}${stderr}` }),
          );
        });
      await work(say, run, env);
    } finally {
      await rm(home, { recursive: true, force: true });
    }
  }

  test('reach it by its name without an option, are told why they may not, and bring no other key', async () => {
    await inRun(async (say, run, env) => {
      const echoed = await say('ssh', 'box', "echo 'a b'; printf '%s' c");
      assert.deepEqual(echoed, { status: 0, said: 'a b\nc' });
      const refused = await say('ssh', 'box', 'rm -rf /nothing/of/this/name');
      assert.equal(refused.status, 126);
      assert.match(refused.said, /Nothing is removed here\./);
      const [client = '', ...args] = targetClient(askedClient('box', ['echo in']), run.context.targets, env);
      assert.deepEqual(await say(client, ...args), { status: 0, said: 'in\n' });
      const shell = await say('sh', '-c', 'ssh box true && ssh -o BatchMode=yes box echo twice');
      assert.deepEqual(shell, { status: 0, said: 'twice\n' });
      const listed = await say('ssh-add', '-L');
      assert.equal(listed.said.trim(), run.context.targets[0]?.ssh?.publicKey);
      assert.equal(env['SSH_AUTH_SOCK'], join(run.context.directory, 'agent.sock'));
      const forwarded = await say('ssh', '-A', 'box', 'echo "agent:$SSH_AUTH_SOCK"');
      assert.match(forwarded.said, /agent:\n/);
    });
  });

  test('reach it by another of its names, multiplexed, and as no other login', async () => {
    await inRun(async (say) => {
      const shared = ['-o', 'ControlMaster=auto', '-o', 'ControlPath=mux', '-o', 'ControlPersist=yes'];
      assert.deepEqual(await say('ssh', ...shared, 'box.test', 'echo one'), { status: 0, said: 'one\n' });
      assert.deepEqual(await say('ssh', ...shared, 'box.test', 'echo two'), { status: 0, said: 'two\n' });
      assert.equal((await say('ssh', ...shared, 'box.test', 'rm a')).status, 126);
      await say('ssh', ...shared, '-O', 'exit', 'box.test');
      const other = await say('ssh', 'somebody@box', 'echo three');
      assert.equal(other.status, 255, other.said);
    });
  });

  test('reach it at the native port in a run that is direct', async () => {
    await inRun(async (say) => {
      assert.deepEqual(await say('ssh', 'box', 'echo direct'), { status: 0, said: 'direct\n' });
    }, true);
  });

  test('copy files with scp and sftp, and use the variables of git and rsync', async () => {
    await inRun(async (say, _run, env) => {
      const home = env['HOME'] ?? '';
      await writeFile(join(home, 'sent'), 'sent by scp\n');
      const there = join(host.directory, 'of-the-run');
      await mkdir(there, { recursive: true });
      assert.equal((await say('scp', 'sent', `box:${there}/`)).status, 0);
      assert.equal(await readFile(join(there, 'sent'), 'utf8'), 'sent by scp\n');
      await writeFile(join(home, 'batch'), `get ${there}/sent back\n`);
      const got = await say('sftp', '-b', 'batch', 'box');
      assert.equal(got.status, 0, got.said);
      assert.equal(await readFile(join(home, 'back'), 'utf8'), 'sent by scp\n');
      assert.equal((await say('git', 'init', '--quiet', '--bare', join(there, 'r.git'))).status, 0);
      const cloned = await say('git', 'ls-remote', `ssh://box${there}/r.git`);
      assert.equal(cloned.status, 0, cloned.said);
      const again = await say('rsync', 'sent', `box:${there}/by-rsync`);
      assert.equal(again.status, 0, again.said);
      assert.equal(await readFile(join(there, 'by-rsync'), 'utf8'), 'sent by scp\n');
    });
  });

  test('do what an inventory says, with the variables of Ansible', { skip: noAnsible }, async () => {
    await inRun(async (say) => {
      const ansible = (...args: readonly string[]) => say('ansible', 'all', '-i', 'box,', ...args);
      const raw = await ansible('-m', 'raw', '-a', 'echo "raw: $((1 + 1))"');
      assert.equal(raw.status, 0, raw.said);
      assert.match(raw.said, /raw: 2/);
      // A module is a program of Python that is brought there: what it does is not known, and no rule permits that here.
      const module = await ansible('-m', 'ping');
      assert.notEqual(module.status, 0);
    });
  });

  test('reach it from a command that has a network of its own', { skip: isolation.why }, async () => {
    await inRun(async (_say, run, env) => {
      const { directory, targets } = run.context;
      const { means } = isolation;
      if (means === undefined) assert.fail('it cannot be isolated');
      await using made = await isolateCommand({
        means,
        directory,
        targets,
        hosts: [],
        hidden: [],
        command: 'ssh',
        args: ['box', 'echo isolated'],
        env,
        program: [process.execPath, MAIN],
        onFault: (fault) => assert.fail(fault),
      });
      const said = await new Promise((resolve) =>
        execFile(made.command, [...made.args], { env: { ...made.env } }, (_fault, stdout, stderr) =>
          resolve(`${stdout}${stderr}`),
        ),
      );
      assert.equal(said, 'isolated\n');
    });
  });

  test('find nothing secret in the folder of the run, which nobody else may search', async () => {
    await inRun(async (_say, run) => {
      const { directory } = run.context;
      assert.equal((await stat(directory)).mode & 0o077, 0);
      for (const name of await readdir(directory, { recursive: true })) {
        const file = await stat(join(directory, name));
        if (!file.isFile()) continue;
        assert.equal(file.mode & 0o077, 0, name);
        assert.doesNotMatch(await readFile(join(directory, name), 'utf8'), /PRIVATE KEY/, name);
      }
    });
  });
});

type Say = (program: string, ...args: readonly string[]) => Promise<{ readonly status: number; readonly said: string }>;
