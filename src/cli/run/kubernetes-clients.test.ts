import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startApi, type TestApi } from '../../../test/support/api.ts';
import { openCarriedRun } from '../../../test/support/carried-run.ts';
import { isInstalled } from '../target-client.ts';
import { commandEnvironment } from './environment/command-environment.ts';
import { checkIsolation, type IsolationMeans } from './isolation/check-isolation.ts';
import { isolateCommand } from './isolation/isolate-command.ts';
import { execCredential } from './kubernetes-credential.ts';

const MAIN = fileURLToPath(new URL('../../main.ts', import.meta.url));
const CANARY = Buffer.from('canary-of-the-cluster').toString('base64');

const skip = isInstalled('kubectl', process.env) ? false : 'not installed: kubectl';
/** How, or why not, a command can have a network of its own here. */
const isolation: { readonly means?: IsolationMeans; readonly why: string | false } = await checkIsolation(
  'network',
  { PATH: process.env['PATH'] ?? '' },
  AbortSignal.timeout(60_000),
).then(
  (means) => ({ means, why: false as const }),
  (error: Error) => ({ why: error.message }),
);

describe('clients of a cluster in a run', { skip }, () => {
  const asked: { readonly line: string; readonly headers: IncomingHttpHeaders }[] = [];
  let server: Server;
  let api: TestApi;
  before(async () => {
    server = createServer(({ method, url = '', headers }, response) => {
      asked.push({ line: `${method} ${url}`, headers });
      response.setHeader('content-type', 'application/json');
      const answer = ANSWERS[url.replace(/\?.*$/, '')];
      response.statusCode = answer === undefined ? 404 : 200;
      response.end(
        JSON.stringify(
          answer ?? { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'NotFound', code: 404 },
        ),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const policies = `
  - { name: look, principals: any, targets: [prod], operations: [read, session], effect: permit, mask: [secret] }
  - { name: keep, principals: any, targets: [prod], kubernetes: { verbs: [delete] }, effect: deny, reason: "Nothing is deleted here." }
`;
    api = await startApi({ policies, cluster: { host: '127.0.0.1', port } });
  });
  after(async () => {
    await api?.[Symbol.asyncDispose]();
    server?.closeAllConnections();
    server?.close();
  });

  test('kubectl reads by its kubeconfig alone, sees no secret, and is told why it may not delete', async () => {
    await using run = await openCarriedRun(api, { targets: ['prod'] });
    const home = await mkdtemp(join(tmpdir(), 'chaperone-kubectl-'));
    const [node, main] = process.argv;
    try {
      // As the program itself starts it.
      process.argv[1] = MAIN;
      const { env } = await commandEnvironment({
        context: run.context,
        rules: { env: [], inheritAll: false, ofAgent: [] },
        base: {
          PATH: process.env['PATH'],
          HOME: home,
          KUBECONFIG: '/of/somebody',
          KUBERNETES_SERVICE_HOST: '10.0.0.1',
        },
        random: (bytes) => new Uint8Array(bytes).fill(1),
      });
      assert.equal(env['KUBERNETES_SERVICE_HOST'], undefined);
      const config = await readFile(env['KUBECONFIG'] ?? '', 'utf8');
      assert.ok(!config.includes(run.context.targets[0]?.password.reveal() ?? '?'));
      const kubectl = (...args: readonly string[]) =>
        new Promise<{ readonly status: number; readonly said: string }>((resolve) => {
          execFile('kubectl', ['--namespace', 'shop', ...args], { env, cwd: home }, (fault, stdout, stderr) =>
            resolve({ status: fault === null ? 0 : Number(fault.code), said: `${stdout}${stderr}` }),
          );
        });
      const secret = await kubectl('get', 'secret', 'db', '-o', 'yaml');
      assert.equal(secret.status, 0, secret.said);
      assert.match(secret.said, /pass: W3JlZGFjdGVkXQ==/);
      assert.ok(!secret.said.includes(CANARY));
      const described = await kubectl('get', 'secret', 'db', '-o', 'jsonpath={.data.pass}');
      assert.match(described.said, /^W3JlZGFjdGVkXQ==/);
      const refused = await kubectl('delete', 'secret', 'db');
      assert.equal(refused.status, 1);
      assert.match(
        refused.said,
        /Error from server \(Forbidden\): refused by Chaperone: Nothing is deleted here\. \(policy-denied, by the rule "keep"\)/,
      );
      assert.ok(asked.every(({ line }) => !line.startsWith('DELETE')));
      const { headers } = asked.find(({ line }) => line.includes('/secrets/db')) ?? assert.fail('it was not asked');
      assert.equal(headers.authorization, 'Bearer target-token');
      assert.match(String(headers['impersonate-user']), /^chaperone:run_/);
    } finally {
      process.argv.splice(0, 2, node ?? '', main ?? '');
      await rm(home, { recursive: true, force: true });
    }
  });

  test('reach it from a command that has a network of its own, and nothing else', { skip: isolation.why }, async () => {
    await using run = await openCarriedRun(api, { targets: ['prod'] });
    const home = await mkdtemp(join(tmpdir(), 'chaperone-kubectl-'));
    const [node, main] = process.argv;
    try {
      process.argv[1] = MAIN;
      const { env } = await commandEnvironment({
        context: run.context,
        rules: { env: [], inheritAll: false, ofAgent: [] },
        base: { PATH: process.env['PATH'], HOME: home },
        random: (bytes) => new Uint8Array(bytes).fill(1),
      });
      const { port } = server.address() as AddressInfo;
      await using made = await isolateCommand({
        means: isolation.means ?? assert.fail('it cannot be isolated'),
        directory: run.context.directory,
        targets: run.context.targets,
        hosts: [],
        hidden: [],
        command: 'sh',
        args: [
          '-c',
          `kubectl --namespace shop get secret db -o 'jsonpath={.data.pass}'; echo; kubectl --server http://127.0.0.1:${port} get --raw /version`,
        ],
        env,
        program: [process.execPath, MAIN],
        onFault: (fault) => assert.fail(fault),
      });
      const said = await new Promise<string>((resolve) =>
        execFile(made.command, [...made.args], { env: { ...made.env }, cwd: home }, (_fault, stdout, stderr) =>
          resolve(`${stdout}${stderr}`),
        ),
      );
      assert.match(said, /^W3JlZGFjdGVkXQ==\n[^]*refused/);
      assert.doesNotMatch(said, /gitVersion/);
    } finally {
      process.argv.splice(0, 2, node ?? '', main ?? '');
      await rm(home, { recursive: true, force: true });
    }
  });
});

describe('what a client of Kubernetes asks the program for', () => {
  test('is the run’s own password in the version that was asked for', () => {
    const env = {
      CHAPERONE_CLUSTER_0: 'grant.secret',
      KUBERNETES_EXEC_INFO: '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential"}',
    };
    assert.deepEqual(JSON.parse(execCredential('CHAPERONE_CLUSTER_0', env)), {
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      status: { token: 'grant.secret' },
    });
  });

  test('is nothing of any other variable, nor outside of a run', () => {
    assert.throws(() => execCredential('AWS_SECRET_ACCESS_KEY', { AWS_SECRET_ACCESS_KEY: 'x' }), /is not set/);
    assert.throws(() => execCredential('CHAPERONE_CLUSTER_0', {}), /is not set/);
  });
});

const ANSWERS: Readonly<Record<string, unknown>> = {
  '/version': { major: '1', minor: '32', gitVersion: 'v1.32.4' },
  '/api': { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] },
  '/apis': { kind: 'APIGroupList', apiVersion: 'v1', groups: [] },
  '/api/v1': {
    kind: 'APIResourceList',
    groupVersion: 'v1',
    resources: [
      { name: 'secrets', singularName: 'secret', namespaced: true, kind: 'Secret', verbs: ['get', 'list', 'delete'] },
    ],
  },
  '/api/v1/namespaces/shop/secrets/db': {
    kind: 'Secret',
    apiVersion: 'v1',
    metadata: { name: 'db', namespace: 'shop' },
    data: { pass: CANARY },
  },
};
