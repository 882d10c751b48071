/** The target's credential is the gateway's alone: a canary in its place is looked for wherever a client could find it. */
import assert from 'node:assert/strict';
import { createPrivateKey, randomBytes } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { isInstalled } from '../../src/cli/target-client.ts';
import type { PostgresServer } from '../support/postgres-server.ts';
import { findIn, findInProcess, type Needle, needlesOf, processTree } from '../support/process-memory.ts';
import { until } from '../support/until.ts';
import { type Deployment, makeDeployment } from './deployment.ts';
import { chaperone, type StartedProgram, startJob } from './program.ts';

const PASSWORD = `canary-${randomBytes(18).toString('hex')}`;
const CLIENT = isInstalled('psql', process.env) ? ['psql', '-X', '-c'] : ['chaperone', 'sql'];

describe("the target's credential", () => {
  let deployment: Deployment;
  let gateway: StartedProgram;
  let canary: readonly Needle[];
  let clientFiles: string;
  before(async () => {
    clientFiles = await mkdtemp(join(tmpdir(), 'chaperone-client-'));
    deployment = await makeDeployment(({ ca, clientCertificate }) => ({
      tls: `{ mode: verify-full, ca: ${JSON.stringify(ca)} }`,
      credential: `
      user: lender
      password: { value: ${PASSWORD} }
      clientCertificate:
        certificate: { value: ${JSON.stringify(clientCertificate?.certificate)} }
        key: { value: ${JSON.stringify(clientCertificate?.key)} }`,
    }));
    canary = [...needlesOf('password', PASSWORD), ...keyNeedles(deployment.server)];
    await deployment.server.query(`create role lender login password '${PASSWORD}'`);
    await deployment.server.query('grant select on people to lender');
    gateway = await deployment.gateway({ CHAPERONE_DATABASE_URL: '' });
    const applied = await gateway.chaperone('apply', '--yes', deployment.configuration);
    assert.equal(applied.status, 0, applied.stderr);
    assert.deepEqual(findIn(Buffer.from(applied.stdout + applied.stderr), canary), []);
  });
  after(async () => {
    await gateway?.[Symbol.asyncDispose]();
    await deployment?.[Symbol.asyncDispose]();
    await rm(clientFiles, { recursive: true, force: true });
  });

  /** A CI job whose files all lie in one folder. */
  const job = () => ({ ...deployment.job(gateway), TMPDIR: clientFiles, HOME: clientFiles });
  const said = ({ stdout, stderr }: { readonly stdout: string; readonly stderr: string }) =>
    findIn(Buffer.from(stdout + stderr), canary);

  test('is found by this very search where it is known to be: in the file that declares it', async () => {
    const found = findIn(await readFile(join(deployment.configuration, 'targets.yaml')), canary);
    assert.deepEqual(found, ['password (plain)', 'private key (PEM)']);
    const raw = canary.find(({ name }) => name === 'private key (raw)');
    assert.equal(raw?.bytes.length, 32);
  });

  test('is in no file, argument, environment or memory of a job, where the same search finds its grant', {
    skip: process.platform === 'linux' ? false : 'reads /proc',
  }, async () => {
    const script = `
        const { spawn } = require('node:child_process');
        console.log(process.env.DATABASE_URL);
        const [command, ...args] = JSON.parse(process.argv[1]);
        spawn(command, args, { stdio: 'inherit' }).once('exit', (status) => process.exit(status ?? 1));`;
    const sleep = [...own(CLIENT), 'select pg_sleep(60)'];
    const running = startJob(
      ['run', '-t', 'people', '--', process.execPath, '-e', script, JSON.stringify(sleep)],
      job(),
    );
    await using ending = new AsyncDisposableStack();
    ending.defer(async () => {
      await gateway.chaperone('grants', 'revoke', new URL(url).username);
      await running.ended;
    });
    const url = (await running.said(/^(postgresql:.*)$/m))[1] ?? '';
    await until(async () => ((await isSleeping(deployment.server)) ? true : undefined));
    const grant = needlesOf('grant', new URL(url).password);
    const [wrapper = 0, node = 0, client = 0, ...more] = await processTree(running.pid);
    assert.deepEqual([wrapper, more], [running.pid, []]);
    for (const pid of [wrapper, node, client]) {
      const found = await findInProcess(pid, [...canary, ...grant]);
      assert.ok(found.includes('grant (plain) in memory'), `the search finds nothing in process ${pid}`);
      assert.deepEqual(
        found.filter((what) => !what.startsWith('grant')),
        [],
      );
      assert.equal(found.includes('grant (plain) in environ'), pid !== wrapper);
      assert.equal(found.includes('grant (plain) in cmdline'), false);
    }
    const files = await findInFiles(clientFiles, [...canary, ...grant]);
    assert.deepEqual(
      files.map((what) => what.replace(/^.*\//, '')),
      ['pgpass: grant (plain)'],
    );
  });

  test('is in no answer, and no error where the upstream refuses it, is not who it should be, or is down', async () => {
    const broken: Readonly<Record<string, (yaml: string) => string>> = {
      'password authentication failed': (yaml) => yaml.replace('user: lender', 'user: postgres'),
      'certificate|altnames': (yaml) => yaml.replace('verify-full,', 'verify-full, serverName: elsewhere.test,'),
      'ECONNREFUSED|refused|reach': (yaml) => yaml.replace(/127\.0\.0\.1:\d+/, '127.0.0.1:1'),
    };
    const copy = await mkdtemp(join(tmpdir(), 'chaperone-broken-'));
    await using ending = new AsyncDisposableStack();
    ending.defer(() => rm(copy, { recursive: true }));
    await cp(deployment.configuration, copy, { recursive: true });
    const declared = await readFile(join(copy, 'targets.yaml'), 'utf8');
    for (const [why, change] of Object.entries(broken)) {
      await writeFile(join(copy, 'targets.yaml'), change(declared));
      const plan = await gateway.chaperone('apply', '--plan', copy);
      assert.deepEqual([plan.status, said(plan)], [1, []]);
      const applied = await gateway.chaperone('apply', '--yes', '--json', copy);
      assert.deepEqual([applied.status, said(applied)], [0, []]);
      const ran = await chaperone(['run', '-t', 'people', '--', ...CLIENT, 'select 1'], job());
      assert.deepEqual([ran.status === 0, said(ran)], [false, []]);
      for (const json of [[], ['--json']]) {
        const check = await gateway.chaperone('targets', 'check', 'people', ...json);
        assert.deepEqual([check.status, said(check)], [1, []]);
        assert.match(check.stdout, new RegExp(why, 'i'));
      }
    }
    const restored = await gateway.chaperone('apply', '--yes', deployment.configuration);
    assert.equal(restored.status, 0, restored.stderr);
    for (const command of [['targets', '--json'], ['sessions', '--json'], ['replay', 'last', '--json'], ['verify']]) {
      assert.deepEqual(said(await gateway.chaperone(...command)), []);
    }
    assert.deepEqual(said({ stdout: gateway.said(), stderr: '' }), []);
  });

  test('is in no file of the data directory in clear, while the gateway runs and after it ended', async () => {
    const directory = gateway.dataDirectory;
    const { size } = await stat(join(directory, 'store.sqlite-wal'));
    assert.ok(size > 0, 'the write-ahead log has something in it');
    assert.deepEqual(await findInFiles(directory, canary), []);
    const known = needlesOf('target', '"name":"people"').slice(0, 1);
    assert.ok((await findInFiles(directory, known)).length > 0, 'the search finds what is in the store');
    assert.equal(await gateway.stop(), 0);
    assert.deepEqual(await findInFiles(directory, canary), []);
    assert.deepEqual(said({ stdout: gateway.said(), stderr: '' }), []);
  });
});

/** A line out of the middle of the PEM, and the private scalar itself (RFC 5915). */
function keyNeedles({ clientCertificate }: PostgresServer): readonly Needle[] {
  const pem = clientCertificate?.key ?? '';
  const { d = '' } = createPrivateKey(pem).export({ format: 'jwk' });
  return [
    { name: 'private key (PEM)', bytes: Buffer.from(pem.split('\n')[1] ?? '') },
    { name: 'private key (raw)', bytes: Buffer.from(d, 'base64url') },
    { name: 'private key (JWK)', bytes: Buffer.from(d) },
  ];
}

async function findInFiles(directory: string, needles: readonly Needle[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    // The log goes on being written: a file may have gone since it was listed.
    const bytes = await readFile(path).catch(() => Buffer.alloc(0));
    found.push(...findIn(bytes, needles).map((name) => `${path}: ${name}`));
  }
  return found;
}

async function isSleeping(server: PostgresServer): Promise<boolean> {
  const rows = await server.query(
    "select 1 from pg_stat_activity where state = 'active' and query ~ '^select pg_sleep'",
  );
  return rows.length > 0;
}

/** `chaperone` as a child of something else is this program on this Node. */
function own(command: readonly string[]): readonly string[] {
  return command[0] === 'chaperone'
    ? [process.execPath, join(import.meta.dirname, '../../src/main.ts'), ...command.slice(1)]
    : command;
}
