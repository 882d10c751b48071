/** Targets that people give a run while its command goes on, reached by the clients that the command has. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startApi, type TestApi } from '../../../test/support/api.ts';
import { openCarriedRun } from '../../../test/support/carried-run.ts';
import { callOwn } from '../../../test/support/mcp/own-client.ts';
import { type SshServer, startSshServer } from '../../../test/support/ssh-server.ts';
import { isInstalled } from '../target-client.ts';
import { commandEnvironment } from './environment/command-environment.ts';
import type { LentTarget } from './grant-request.ts';
import type { RunContext } from './local-target.ts';
import { requestableTargets } from './requestable-targets.ts';

const MAIN = fileURLToPath(new URL('../../main.ts', import.meta.url));
const POLICIES = `
  - { name: look, principals: any, targets: any, operations: any, effect: permit }
`;
const REQUESTABLE = '[{ targets: [archive, web, prod, box], approve: { group: dba } }]';
const missing = ['psql', 'curl', 'kubectl', 'ssh'].filter((name) => !isInstalled(name, process.env));

describe('a target that people give a run', {
  skip: missing.length > 0 && `not installed: ${missing.join(', ')}`,
}, () => {
  const open = new AsyncDisposableStack();
  let api: TestApi;
  let dba: string;
  before(async () => {
    const answering = (body: string): Promise<Server> =>
      new Promise((resolve) => {
        const server = createServer((_request, reply) => {
          reply.setHeader('content-type', 'application/json').end(body);
        }).listen(0, '127.0.0.1', () => resolve(server));
        open.defer(() => server.closeAllConnections());
        open.defer(() => void server.close());
      });
    const placeOf = (server: Server) => ({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
    const web = placeOf(await answering('{"is":"the shop"}'));
    const cluster = placeOf(await answering('{"gitVersion":"v1.32.4"}'));
    const host: SshServer = open.use(await startSshServer());
    const there = { web, cluster, host, databases: ['archive'] };
    api = open.use(await startApi({ ...there, policies: POLICIES, requestable: REQUESTABLE }));
    dba = await api.person('dora', { groups: ['dba'], roles: ['approver', 'admin'] });
  });
  after(() => open.disposeAsync());

  test('is reached by the clients that its command has had from the beginning, and by none before or after', async () => {
    await using run = await openCarriedRun(api);
    await using command = await commandOf(run.context);
    const { say, env } = command;
    assert.deepEqual([env['CHAPERONE_TARGETS'], env['CHAPERONE_REQUESTABLE']], ['people', 'archive box prod web']);
    // What a client meets without naming a target stays what it was.
    assert.match(env['DATABASE_URL'] ?? '', /\/people\?/);
    assert.deepEqual([env['HTTPS_PROXY'], env['SSH_AUTH_SOCK']], [undefined, undefined]);
    const asking = [
      ['archive', 'psql', 'service=archive', '-Atc', 'select 40 + 2'],
      ['web', 'curl', '-sS', '--fail-with-body', env['CHAPERONE_URL_WEB'] ?? ''],
      ['prod', 'kubectl', '--context', 'prod', 'get', '--raw', '/version'],
      ['box', 'ssh', 'box', 'echo here'],
    ] as const;
    const answers = () => Promise.all(asking.map(([, program, ...args]) => say(program, ...args)));
    for (const { status, said } of await answers()) assert.notEqual(status, 0, said);
    assert.deepEqual(
      run.said.filter((line) => line.includes('until people give it to this run')).length,
      asking.length,
      run.said.join('\n'),
    );
    // Clients would try again what could not be reached, for long.
    const turned = await say('curl', '-s', '-o', '/dev/null', '-w', '%{http_code}', env['CHAPERONE_URL_WEB'] ?? '');
    assert.deepEqual(turned, { status: 0, said: '403' });
    for (const [target] of asking) await give(run.context, target);
    assert.deepEqual(
      (await answers()).map(({ status, said }) => [status, said.trim()]),
      [
        [0, '42'],
        [0, '{"is":"the shop"}'],
        [0, '{"gitVersion":"v1.32.4"}'],
        [0, 'here'],
      ],
    );
    for (const [target] of asking) {
      const path = `/v1/grants/${run.grant.id}/targets/${target}`;
      assert.equal((await api.call('DELETE', path, { auth: dba })).status, 200);
    }
    for (const { status, said } of await answers()) assert.notEqual(status, 0, said);
  });

  test('is reached at the native port in direct mode', async () => {
    await using run = await openCarriedRun(api, { direct: true });
    await using command = await commandOf(run.context);
    const line = ['psql', 'service=archive', '-Atc', 'select 40 + 2'] as const;
    assert.match((await command.say(...line)).said, /does not cover the target archive/);
    await give(run.context, 'archive');
    assert.equal((await command.say(...line)).said.trim(), '42');
    const own = await command.say(process.execPath, MAIN, 'sql', '--json', '--target', 'archive', 'select 40 + 2 as n');
    assert.deepEqual(JSON.parse(own.said).rows, [['42']]);
  });

  async function give({ mcp }: RunContext, target: string): Promise<void> {
    assert.ok(mcp);
    const { port, user, password } = mcp;
    const call = (name: string, given: Record<string, unknown>) =>
      callOwn(port, { user, password: password.reveal() }, `chaperone__${name}`, given, '/mcp');
    const { data, text } = await call('request_access', { target, because: 'the report needs it' });
    const path = `/v1/approvals/${String(data['approval'])}`;
    const { json } = await api.call('GET', path, { auth: dba });
    const answer = { answer: 'approve', digest: json['digest'] };
    assert.equal((await api.call('POST', `${path}/answer`, { auth: dba, json: answer })).status, 200, text);
    const told = await call('approval', { approval: data['approval'] });
    assert.equal(told.data['state'], 'given', told.text);
    assert.match(String(told.data['reach']), new RegExp(target, 'i'));
  }
});

describe('what a run is told that people may give it', () => {
  const target = (name: string, more: Partial<LentTarget>): LentTarget => ({
    name,
    protocol: 'http',
    database: name,
    ...more,
  });

  test('has names on the forward proxy only where the run has one for its own', () => {
    const requestable = [
      target('billing', { hosts: ['billing.test'] }),
      target('store', { hosts: ['s3.eu-west-1.amazonaws.com'], aws: {} }),
      target('box', { protocol: 'ssh', hosts: ['box.test'] }),
    ];
    const alone = requestableTargets({ targets: [], requestable, sshHostKey: 'ssh-ed25519 AAAA' });
    assert.deepEqual(
      alone.map(({ name, hosts, aws }) => [name, hosts, aws]),
      [
        ['billing', undefined, undefined],
        ['store', undefined, { service: 's3', region: 'eu-west-1' }],
        ['box', ['box.test'], undefined],
      ],
    );
    const proxied = { targets: [target('shop', { hosts: ['shop.test'] })], requestable, sshHostKey: undefined };
    assert.deepEqual(
      requestableTargets(proxied).map(({ name, hosts }) => [name, hosts]),
      [
        ['billing', ['billing.test']],
        ['store', ['s3.eu-west-1.amazonaws.com']],
      ],
    );
  });
});

/** A command of the job, as `run` surrounds it, in a home of its own. */
async function commandOf(context: RunContext) {
  const home = await mkdtemp(join(tmpdir(), 'chaperone-given-'));
  const [node, main] = process.argv;
  // As the program itself starts it: kubectl asks it for what lets it in.
  process.argv[1] = MAIN;
  const { env } = await commandEnvironment({
    context,
    rules: { env: [], inheritAll: false, ofAgent: [] },
    base: { PATH: process.env['PATH'], HOME: home },
    random: (bytes) => new Uint8Array(bytes).fill(1),
  }).finally(() => process.argv.splice(0, 2, node ?? '', main ?? ''));
  const say = (program: string, ...args: readonly string[]) =>
    new Promise<{ readonly status: number; readonly said: string }>((resolve) => {
      execFile(program, args, { env, cwd: home }, (fault, stdout, stderr) =>
        resolve({ status: fault === null ? 0 : Number(fault.code), said: `${stdout}${stderr}` }),
      );
    });
  return { env, say, [Symbol.asyncDispose]: () => rm(home, { recursive: true, force: true }) };
}
