/** An MCP server in a CI job, with the whole program: declared, accepted, started by the gateway, used in a run. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { until } from '../support/until.ts';
import { type Deployment, makeDeployment } from './deployment.ts';
import { chaperone, type StartedProgram } from './program.ts';

const place = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const SERVER = place('../../node_modules/@modelcontextprotocol/server-everything/dist/index.js');
const CLIENT = place('../support/mcp/run-client.ts');

const declared = (): string => `
targets:
  - name: tools
    protocol: mcp
    mcp:
      command: ${process.execPath}
      args: [${SERVER}, stdio]
      env: { LOG_LEVEL: debug }
      tools: [{ name: 'get-*', access: read }, { name: echo, access: read }]
    credential: { env: { THE_KEY: { value: canary-of-the-program } } }
  - name: jobs-own
    protocol: mcp
    mcp: { transport: run, firstUse: accept, tools: [{ name: 'get-*', access: read }, { name: echo, access: read }] }
    credential: { none: true }
trust:
  - name: shop-tools
    issuer: github
    claims: { sourceRepositoryId: "74", sourceRef: refs/heads/main }
    targets: [tools, jobs-own]
policies:
  - name: the gateway's own
    principals: { run.sourceRepositoryId: "74" }
    targets: [chaperone]
    operations: [read]
    effect: permit
  - name: tools that read
    principals: { run.sourceRepositoryId: "74" }
    targets: [tools, jobs-own]
    operations: [read]
    mask: [email]
    effect: permit
`;

describe('an MCP server that is a program, in a CI job', () => {
  let deployment: Deployment;
  let gateway: StartedProgram;
  before(async () => {
    deployment = await makeDeployment((server) => ({
      tls: `{ mode: verify-full, ca: ${JSON.stringify(server.ca)} }`,
      credential: `{ user: postgres, password: { value: ${server.password} } }`,
    }));
    await writeFile(join(deployment.configuration, 'tools.yaml'), declared());
    gateway = await deployment.gateway();
    const applied = await gateway.chaperone('apply', '--yes', deployment.configuration);
    assert.equal(applied.status, 0, applied.stderr);
  });
  after(async () => {
    await gateway?.[Symbol.asyncDispose]();
    await deployment?.[Symbol.asyncDispose]();
  });

  /** What a client in the job finds: tools by their names, and what calls of two of them come to. */
  const job = async (): Promise<Seen> => {
    const ran = await chaperone(['run', '--target', 'tools', '--', process.execPath, CLIENT], deployment.job(gateway));
    assert.equal(ran.status, 0, ran.stderr);
    return JSON.parse(ran.stdout) as Seen;
  };

  test('offers what people have accepted and policies permit, and shows its secrets to nobody', async () => {
    const unread = await job();
    assert.deepEqual(unread.tools, []);
    assert.deepEqual(unread.server, ['chaperone']);
    assert.ok(unread.own.includes('chaperone__request_access'));
    const { targets } = JSON.parse(unread.listed) as { readonly targets: readonly { readonly name: string }[] };
    assert.deepEqual(
      targets.map(({ name }) => name),
      ['tools', 'chaperone'],
    );
    const waiting = await gateway.chaperone('tools', '--waiting', '--json');
    assert.match(waiting.stdout, /"get-env"/);
    assert.equal((await gateway.chaperone('tools', 'accept', '--all', '--target', 'tools', '--yes')).status, 0);
    const seen = await until(async () => {
      const found = await job();
      return found.tools.length > 0 ? found : undefined;
    });
    assert.ok(seen.tools.includes('echo') && seen.tools.every((name) => name === 'echo' || name.startsWith('get-')));
    assert.match(seen.environment, /"LOG_LEVEL": "debug"/);
    assert.match(seen.environment, /"THE_KEY": "\*{21}"/);
    assert.doesNotMatch(seen.environment, /canary|CHAPERONE/);
    assert.match(seen.denied, /No rule permits this tools\/call/);
  });

  test('is started by the run where its target says so, with nothing of the run and nothing beside the gateway', async () => {
    const environment = { ...deployment.job(gateway), ANTHROPIC_API_KEY: 'of-the-agent' };
    const server = `jobs-own=${process.execPath} ${SERVER} stdio`;
    const command = ['--target', 'jobs-own', '--mcp', server, '--', process.execPath, CLIENT, 'jobs-own'];
    const ran = await chaperone(['run', ...command], environment);
    assert.equal(ran.status, 0, ran.stderr);
    const seen = JSON.parse(ran.stdout) as Seen;
    assert.ok(seen.tools.includes('echo') && seen.tools.every((name) => name === 'echo' || name.startsWith('get-')));
    assert.doesNotMatch(seen.environment, /of-the-agent|CHAPERONE_(?:RUN|MCP|TARGETS|URL_|ID)|ID_TOKEN/);
    assert.equal(seen.echoed, 'Echo: [redacted]');
    assert.match(seen.environment, /"PATH"/);
    assert.match(seen.denied, /No rule permits this tools\/call/);
    const wrong = await chaperone(['run', '--mcp', `tools=${process.execPath}`, '--', 'true'], deployment.job(gateway));
    assert.equal(wrong.status, 64, wrong.stderr);
    assert.match(wrong.stderr, /tools is no MCP target that a run starts/);
    const left = await chaperone(['run', '--target', 'jobs-own', '--', 'true'], deployment.job(gateway));
    assert.match(left.stderr, /nobody starts the MCP server jobs-own/);
  });

  test('is checked as a target without being started', async () => {
    const { status, stdout } = await gateway.chaperone('targets', 'check', 'tools');
    assert.equal(status, 0);
    assert.match(stdout, /opened, with the variables THE_KEY/);
    assert.match(stdout, /it is started once a run asks it something/);
  });
});

interface Seen {
  readonly server: readonly string[];
  readonly tools: readonly string[];
  readonly own: readonly string[];
  /** What `list_targets` says, JSON. */
  readonly listed: string;
  readonly environment: string;
  readonly echoed: string;
  readonly denied: string;
}
