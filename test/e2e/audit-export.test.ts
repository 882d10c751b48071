/** The auditor's pack of a gateway, as people ask for it: by its command, of the gateway and of its files, and verified elsewhere. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startApi, type TestApi, type TestGrant } from '../support/api.ts';
import { unzipStored } from '../support/bundles.ts';
import { chaperone, environment, type Ran } from './program.ts';

describe("an auditor's pack", () => {
  let api: TestApi;
  let directory: string;
  let job: TestGrant;
  let own: readonly string[];
  const span = ['--from', '2020-01-01', '--to', '2999-01-01', '--control', 'PCI-10.2'];
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'chaperone-audit-export-'));
    api = await startApi();
    job = await api.grant();
    const client = await api.connect(job);
    await client.query('select email from people');
    await assert.rejects(client.query('drop table people'), /permits/);
    await client.end();
    const auth = `Basic ${Buffer.from(`${job.user}:${job.password}`).toString('base64')}`;
    assert.equal((await api.call('POST', `/v1/runs/${job.run}/close`, { auth, json: {} })).status, 200);
    const { json } = await api.call('GET', '/v1/evidence/keys', { auth: api.admin });
    writeFileSync(join(directory, 'trust.policy'), `log ${String(json['logKey'])}\nquorum none\n`);
    writeFileSync(join(directory, 'statement.pem'), String(json['statementKey']));
    own = ['--policy', join(directory, 'trust.policy'), '--statement-key', join(directory, 'statement.pem')];
  });
  after(async () => {
    await api?.[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  });

  const command = (...args: readonly string[]): Promise<Ran> =>
    chaperone(args, {
      ...environment(directory),
      CHAPERONE_URL: api.url,
      CHAPERONE_CA_FILE: join(api.directory, 'tls', 'ca.crt'),
      CHAPERONE_TOKEN: api.admin.replace('Bearer ', ''),
    });
  const verify = (file: string): Promise<Ran> => chaperone(['verify', file, ...own], environment(directory));

  test('of a gateway passes by keys of the verifier, and has what was done', async () => {
    const file = join(directory, 'pack.zip');
    const made = await command('audit', 'export', ...span, '--output', file, '--json');
    assert.equal(made.status, 0, made.stderr);
    const { runs, samples } = JSON.parse(made.stdout) as { runs: number; samples: number };
    assert.deepEqual([runs, samples], [1, 1]);
    const verified = await verify(file);
    assert.match(verified.stdout, /^PASS {2}1 runs of \d+ entries, 0 unterminated; by keys of yours$/mu);
    assert.equal(verified.status, 0, verified.stdout);
    const files = unzipStored(readFileSync(file));
    assert.match(String(files.get('population.csv')), new RegExp(`^${job.run},.*,completed,1,people,workload,`, 'mu'));
    assert.match(String(files.get('operators.csv')), /operator\.action,opt_\w+,configuration\.apply,/);
    assert.equal(String(files.get('denied.csv')), `run,denied\r\n${job.run},1\r\n`);
    assert.match(String(files.get('README.md')), /tamper-\*evident\*/);
  });

  test('of files of a data directory needs no gateway, says who asked for one before, and is incomplete where the log ends within the span', async () => {
    const file = join(directory, 'offline.zip');
    const made = await chaperone(
      ['audit', 'export', ...span, '--data', api.directory, '--without-bodies', '-o', file],
      environment(directory),
    );
    assert.equal(made.status, 0, made.stderr);
    assert.match(made.stdout, /1 runs, 1 of them with their evidence/);
    const operators = String(unzipStored(readFileSync(file)).get('operators.csv'));
    assert.match(operators, /operator\.action,opt_\w+,audit\.export,.*what=PCI-10\.2/);
    const verified = await verify(file);
    assert.match(verified.stdout, /\? range/);
    assert.match(verified.stdout, /the log ends at .* and the span goes on until/);
    assert.match(verified.stdout, /✓ samples/);
    assert.equal(verified.status, 2);
  });

  test('is for auditors and administrators, of a span and a control that there are', async () => {
    const json = { from: '2026-01-01', to: '2026-01-02', control: 'PCI-10.2' };
    const approver = await api.person('ann', { roles: ['approver'] });
    assert.equal((await api.call('POST', '/v1/audit-packs', { auth: approver, json })).status, 403);
    const unknown = await api.call('POST', '/v1/audit-packs', {
      auth: api.admin,
      json: { ...json, control: 'PCI-99' },
    });
    assert.deepEqual([unknown.status, unknown.json['title']], [400, 'This pack cannot be made']);
    const backwards = { ...json, from: '2026-01-03' };
    assert.equal((await api.call('POST', '/v1/audit-packs', { auth: api.admin, json: backwards })).status, 400);
  });
});
