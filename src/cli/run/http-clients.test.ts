import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startApi, type TestApi } from '../../../test/support/api.ts';
import { openCarriedRun } from '../../../test/support/carried-run.ts';
import { type GitServer, startGitServer } from '../../../test/support/git-server.ts';
import { type GithubApiMock, startGithubApiMock } from '../../../test/support/github-api-mock.ts';
import { isInstalled } from '../target-client.ts';
import { commandEnvironment } from './environment/command-environment.ts';

/** Programs of everyday, unchanged, that know the run's variables alone. */
async function inRun(api: TestApi, work: (run: Runner) => Promise<void>): Promise<void> {
  await using run = await openCarriedRun(api, { targets: ['web'] });
  const home = await mkdtemp(join(tmpdir(), 'chaperone-clients-'));
  try {
    const { env } = await commandEnvironment({
      context: run.context,
      rules: { env: [], inheritAll: false, ofAgent: [] },
      base: { PATH: process.env['PATH'], HOME: home },
      random: (bytes) => new Uint8Array(bytes).fill(1),
    });
    await work({
      home,
      run: (program, args, more = {}) =>
        new Promise((resolve) => {
          execFile(program, args, { env: { ...env, ...more }, cwd: home }, (fault, stdout, stderr) =>
            resolve({ status: fault === null ? 0 : Number(fault.code), said: `${stdout}${stderr}` }),
          );
        }),
    });
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

interface Runner {
  readonly home: string;
  run(
    program: string,
    args: readonly string[],
    env?: Readonly<Record<string, string>>,
  ): Promise<{ readonly status: number; readonly said: string }>;
}

const missing = ['gh', 'git', 'curl', 'wget', 'python3'].filter((name) => !isInstalled(name, process.env));
const skip = missing.length === 0 ? false : `not installed: ${missing.join(', ')}`;

describe('clients of an API in a run', { skip }, () => {
  let github: GithubApiMock;
  let api: TestApi;
  before(async () => {
    github = await startGithubApiMock('target-token');
    const policies = `
  - { name: read the API, principals: any, targets: [web], operations: [read], effect: permit, mask: [email] }
  - { name: ask its graph, principals: any, targets: [web], operations: [post], http: { paths: [/api/graphql] }, effect: permit }
`;
    api = await startApi({ policies, web: github });
  });
  after(async () => {
    await api?.[Symbol.asyncDispose]();
    await github?.[Symbol.asyncDispose]();
  });

  test('gh asks the API of a host with any token, and is told why it may not delete', async () => {
    await inRun(api, async ({ run }) => {
      const env = { GH_HOST: 'shop.test', GH_ENTERPRISE_TOKEN: 'placeholder', GH_PROMPT_DISABLED: '1' };
      const gh = (...args: string[]) => run('gh', ['api', '--hostname', 'shop.test', ...args], env);
      const read = await gh('repos/octo/shop', '--jq', '.full_name + " " + .owner.email');
      assert.deepEqual(read, { status: 0, said: 'octo/shop [redacted]\n' });
      const graph = await gh('graphql', '-f', 'query={viewer{login}}', '--jq', '.data.viewer.login');
      assert.deepEqual(graph, { status: 0, said: 'octo-app\n' });
      const refused = await gh('-X', 'DELETE', 'repos/octo/shop');
      assert.equal(refused.status, 1);
      assert.match(refused.said, /policy-no-match.*HTTP 403|HTTP 403.*policy-no-match/s);
      assert.deepEqual(
        github.asked.filter((line) => line.startsWith('DELETE')),
        [],
      );
    });
  });

  test("curl, wget, Python's requests and Node's fetch ask it by its name, and no other host", async () => {
    await inRun(api, async ({ run }) => {
      const url = 'https://shop.test/api/v3/repos/octo/shop';
      const python = `import requests,sys; r = requests.get(sys.argv[1]); print(r.status_code, r.json()['owner']['email'])`;
      const node = `fetch(process.argv[1]).then(async (r) => console.log(r.status, (await r.json()).owner.email))`;
      assert.equal((await run('curl', ['-sS', url])).said.includes('"email":"[redacted]"'), true);
      assert.equal((await run('wget', ['-qO-', url])).said.includes('"email":"[redacted]"'), true);
      assert.equal((await run('/usr/bin/python3', ['-c', python, url])).said, '200 [redacted]\n');
      assert.equal((await run(process.execPath, ['-e', node, url])).said, '200 [redacted]\n');
      const elsewhere = await run('curl', ['-sS', 'https://elsewhere.test/']);
      assert.match(elsewhere.said, /response 403/);
    });
  });
});

describe('git in a run', { skip }, () => {
  let server: GitServer;
  let api: TestApi;
  before(async () => {
    server = await startGitServer();
    const policies = `
  - { name: clone and push, principals: any, targets: [web], operations: [read, post], effect: permit }
`;
    api = await startApi({ policies, web: server });
  });
  after(async () => {
    await api?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
  });

  test('clones and pushes over HTTPS by the name of its host', async () => {
    await inRun(api, async ({ home, run }) => {
      const git = async (...args: string[]) => {
        const { status, said } = await run('git', args, {
          GIT_CONFIG_NOSYSTEM: '1',
          GIT_AUTHOR_NAME: 'Ada',
          GIT_AUTHOR_EMAIL: 'ada@example.com',
          GIT_COMMITTER_NAME: 'Ada',
          GIT_COMMITTER_EMAIL: 'ada@example.com',
        });
        assert.equal(status, 0, `git ${args.join(' ')}: ${said}`);
        return said;
      };
      const bare = join(server.directory, 'shop.git');
      await mkdir(bare);
      await git('init', '-q', '--bare', '-b', 'main', bare);
      await git('-C', bare, 'config', 'http.receivepack', 'true');
      await git('clone', '-q', 'https://shop.test/shop.git', 'one');
      await writeFile(join(home, 'one', 'a.txt'), 'first\n');
      await git('-C', 'one', 'add', 'a.txt');
      await git('-C', 'one', 'commit', '-q', '-m', 'first');
      await git('-C', 'one', 'push', '-q', 'origin', 'HEAD:main');
      await git('clone', '-q', '-b', 'main', 'https://shop.test/shop.git', 'two');
      assert.equal(await git('-C', 'two', 'show', 'HEAD:a.txt'), 'first\n');
    });
  });
});
