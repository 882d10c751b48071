/** HTTP's own clients against real servers see the same with and without the gateway, by each way that leads through it. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createSecureContext } from 'node:tls';
import { http } from '../conformance/http.ts';
import type { ServerUnderTest } from '../conformance/protocol-under-test.ts';
import { makeAuthority } from '../support/certificates.ts';
import type { TestGateway } from '../support/gateway.ts';
import { type GitServer, startGitServer } from '../support/git-server.ts';
import { httpTarget, startHttpGateway } from '../support/http-gateway.ts';
import { runProgram } from './endpoint.ts';

/** How a client comes to a server: where it is asked, and what is in its environment. */
interface Way {
  readonly base: string;
  readonly token?: string;
  readonly env: Readonly<Record<string, string>>;
}

const CURL = [
  ['/text'],
  ['-I', '/json'],
  ['/json?q=1%202&r'],
  ['/chunked'],
  ['/sse'],
  ['--compressed', '/gzip'],
  ['-r', '2-4', '/range'],
  ['-L', '/moved'],
  ['/none'],
  ['-f', '/error'],
  ['-o', '/dev/null', '/large?lines=2500'],
  ['-d', '{"a":1}', '-H', 'content-type: application/json', '/a'],
  ['-d', 'a=1', '-X', 'DELETE', '/form'],
  ['-T', '-', '/a'],
  ['--http1.0', '/text'],
  ['-H', 'Expect: 100-continue', '-X', 'PUT', '-d', 'put', '/a'],
];
/** Not the size: where a content coding would hide what the gateway looks for, it asks for none. */
const SAID = '\n%{http_code} %{content_type} %{num_redirects}\n';

describe('a client of HTTP sees through the gateway what it sees without it', { concurrency: false }, () => {
  let server: ServerUnderTest;
  let git: GitServer;
  let gateway: TestGateway;
  let directory: string;
  let caFile: string;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'differential-http-'));
    caFile = join(directory, 'ca.pem');
    const authority = await makeAuthority('A test authority of tunnels');
    await writeFile(caFile, authority.certificate);
    server = await http(false).startServer();
    git = await startGitServer();
    const none = { user: '', http: { kind: 'none' } } as const;
    gateway = await startHttpGateway({
      targets: [server.target(), { ...httpTarget(git, { name: 'git' }), credential: none }],
      http: {
        leafFor: async (host) => {
          const { certificate, key } = await authority.issue({ commonName: host, names: [host] });
          return createSecureContext({ cert: certificate, key });
        },
      },
    });
  });
  after(async () => {
    await gateway?.[Symbol.asyncDispose]();
    await git?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
    if (directory !== undefined) await rm(directory, { recursive: true, force: true });
  });

  /** The ways through the gateway: a path on its port, and a tunnel of its forward proxy. */
  async function ways(target: string): Promise<Readonly<Record<string, Way>>> {
    const { user, password } = await gateway.grant();
    const at = `127.0.0.1:${gateway.port}`;
    const proxy = `http://${user}:${password}@${at}`;
    const trust = ['CURL_CA_BUNDLE', 'REQUESTS_CA_BUNDLE', 'NODE_EXTRA_CA_CERTS', 'GIT_SSL_CAINFO'];
    const authorities = Object.fromEntries(trust.map((name) => [name, caFile]));
    return {
      'by its path': { base: `http://${at}/t/${target}`, token: `${user}.${password}`, env: {} },
      'through a tunnel': {
        base: `https://${target}.test`,
        env: { https_proxy: proxy, HTTPS_PROXY: proxy, NODE_USE_ENV_PROXY: '1', ...authorities },
      },
    };
  }

  async function sameEveryWay(ask: (way: Way) => Promise<string>): Promise<void> {
    const { host, port, credential } = server;
    const direct = await ask({ base: `http://${host}:${port}`, token: credential.password, env: {} });
    assert.match(direct, /200/);
    for (const [how, way] of Object.entries(await ways('shop'))) assert.equal(await ask(way), direct, how);
  }

  test('curl', async () => {
    await sameEveryWay(async ({ base, token, env }) => {
      const proof = token === undefined ? [] : ['-H', `authorization: Bearer ${token}`];
      let said = '';
      for (const args of CURL) {
        const [path, ...rest] = args.toReversed();
        const isHead = args[0] === '-I';
        const asked = ['-sS', ...proof, '-w', SAID, ...(isHead ? ['-o', '/dev/null'] : []), ...rest.toReversed()];
        said += await runProgram('curl', [...asked, `${base}${path}`], { env, input: 'what is typed' });
      }
      return said;
    });
  });

  test("Python's requests", async () => {
    const script = join(import.meta.dirname, 'clients', 'requests_client.py');
    await sameEveryWay(({ base, token, env }) =>
      runProgram('/usr/bin/python3', [script], { env: { BASE: base, ...env, ...(token ? { TOKEN: token } : {}) } }),
    );
  });

  test("Node's fetch, which is undici", async () => {
    const script = join(import.meta.dirname, 'clients', 'fetch.ts');
    await sameEveryWay(({ base, token, env }) =>
      runProgram(process.execPath, ['--disable-warning=UNDICI-EHPA', script], {
        env: { BASE: base, ...env, ...(token ? { TOKEN: token } : {}) },
      }),
    );
  });

  test('git, which clones, pushes and clones again', async () => {
    const direct = await gitRound('direct', { base: `http://${git.host}:${git.port}`, env: {} });
    assert.match(direct, /second of direct/);
    for (const [index, way] of Object.values(await ways('git')).entries()) {
      // A path's proof is asked for, and taken from the address: git shows none before.
      const base = way.base.replace('http://', `http://${way.token?.replace('.', ':')}@`);
      const said = await gitRound(`way${index}`, { ...way, base });
      assert.equal(said.replaceAll(`way${index}`, 'direct'), direct);
    }
  });

  /** In a repository of its own, which every time comes to be the same. */
  async function gitRound(name: string, { base, env }: Way): Promise<string> {
    const place = join(directory, name);
    await mkdir(place);
    const settings = {
      ...env,
      HOME: place,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_TERMINAL_PROMPT: '0',
      GIT_AUTHOR_NAME: 'Ada',
      GIT_AUTHOR_EMAIL: 'ada@example.test',
      GIT_COMMITTER_NAME: 'Ada',
      GIT_COMMITTER_EMAIL: 'ada@example.test',
      GIT_AUTHOR_DATE: '2026-01-02T03:04:05Z',
      GIT_COMMITTER_DATE: '2026-01-02T03:04:05Z',
    };
    const run = (...args: readonly string[]) => runProgram('git', args, { env: settings });
    const bare = join(git.directory, `${name}.git`);
    await run('init', '-q', '--bare', '-b', 'main', bare);
    await run('-C', bare, 'config', 'http.receivepack', 'true');
    const [one, two] = [join(place, 'one'), join(place, 'two')];
    let said = await run('clone', '-q', `${base}/${name}.git`, one);
    await writeFile(
      join(one, 'large'),
      Buffer.alloc(3_000_000, 'not quite random').map((byte, i) => byte ^ ((i * i) % 251)),
    );
    said += await run('-C', one, 'add', '.');
    said += await run('-C', one, 'commit', '-q', '-m', 'the first');
    said += await run('-C', one, 'push', '-q', 'origin', 'HEAD:main');
    said += await run('-C', one, 'commit', '-q', '--allow-empty', '-m', 'the second');
    said += await run('-C', one, 'push', '-q', 'origin', 'HEAD:main');
    said += await run('clone', '-q', `${base}/${name}.git`, two);
    return `${said}${await run('-C', two, 'log', '--stat', `--format=%H %s of ${name}`)}`;
  }
});
