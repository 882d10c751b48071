/**
 * The evidence of a CI job from its token to the last byte: a local issuer of GitHub's shape, a real PostgreSQL, a gateway
 * with its API, people, a timestamp authority, an auditor's age key; the verifier runs as a command elsewhere.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import type { RunManifest } from '../../src/audit/bundle/manifest.ts';
import { ApiClient } from '../../src/cli/api-client.ts';
import { type ClosedEvidence, fetchEvidence } from '../../src/cli/evidence.ts';
import { READ_POLICY, startApi, type TestApi, type TestGrant } from '../support/api.ts';
import { unzipStored } from '../support/bundles.ts';
import { mockVault, VAULT_TOKEN } from '../support/kms-mock.ts';
import { startTimestampAuthority, type TestTimestampAuthority } from '../support/timestamp-authority.ts';
import { chaperone, environment, type Ran } from './program.ts';

const POLICIES = `${READ_POLICY}
  - { name: inserts, principals: any, targets: [people], operations: [insert], effect: permit }
  - { name: changes, principals: any, targets: [people], operations: [update], effect: permit, approve: { group: dba, quorum: 1, within: 5m } }
  - { name: no drops, principals: any, targets: any, operations: [drop], effect: deny, reason: Nothing is dropped here. }
`;

describe('the evidence of a CI job', () => {
  let api: TestApi;
  let authority: TestTimestampAuthority;
  let directory: string;
  let auditorKey: string;
  let job: TestGrant;
  let closed: ClosedEvidence;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'chaperone-evidence-'));
    authority = await startTimestampAuthority();
    auditorKey = await generateX25519Identity();
    api = await startApi({
      policies: POLICIES,
      evidence: {
        auditors: [await identityToRecipient(auditorKey)],
        timestamps: [authority],
        bodiesForJobs: false,
      },
    });
    job = await api.grant();
  });
  after(async () => {
    await api?.[Symbol.asyncDispose]();
    await authority?.[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  });

  const bundlePath = () => `/v1/runs/${job.run}/evidence`;
  const client = () => ApiClient.find({ url: api.url }, { CHAPERONE_CA_FILE: join(api.directory, 'tls', 'ca.crt') });
  const command = (...args: readonly string[]): Promise<Ran> =>
    chaperone(args, {
      ...environment(directory),
      CHAPERONE_URL: api.url,
      CHAPERONE_CA_FILE: join(api.directory, 'tls', 'ca.crt'),
      CHAPERONE_TOKEN: api.admin.replace('Bearer ', ''),
    });
  /** With the verifier's own keys, as they were kept elsewhere. */
  const verify = async (file: string): Promise<{ verdict: string; status: number | null; text: string }> => {
    const keys = ['--policy', 'trust.policy', '--statement-key', 'statement.pem', '--tsa', 'tsa.pem'];
    const own = [...keys, '--auditor-key', 'auditor.key'].map((arg) =>
      arg.startsWith('--') ? arg : join(directory, arg),
    );
    const { stdout, stderr, status } = await chaperone(['verify', file, '--json', ...own], environment(directory));
    assert.notEqual(stdout, '', stderr);
    return { verdict: (JSON.parse(stdout) as { verdict: string }).verdict, status, text: stdout };
  };
  const filesOf = async (file: string) => unzipStored(await readFile(file));
  const manifestOf = (files: ReadonlyMap<string, Buffer>) =>
    JSON.parse(String(files.get('run-manifest.json'))) as RunManifest;

  test('of a job that reads, writes, is held and approved, and is refused; while it runs, it says INCOMPLETE', async () => {
    const dba = await api.person('dora', { groups: ['dba'], roles: ['approver'] });
    const connection = await api.connect(job);
    try {
      await connection.query('select email from people');
      await connection.query("insert into people values (2, 'ben@example.com')");
      await using told = await api.listen('/v1/events', { auth: dba });
      const held = connection.query("update people set email = 'c@example.com' where id = 2");
      const asked = await told.next(({ data }) => data['type'] === 'approval');
      const id = String(asked?.data['id']);
      const shown = await api.call('GET', `/v1/approvals/${id}`, { auth: dba });
      const json = { answer: 'approve', digest: shown.json['digest'], reason: 'as agreed' };
      const answered = await api.call('POST', `/v1/approvals/${id}/answer`, { auth: dba, json });
      assert.equal(answered.status, 200, answered.text);
      await held;
      await assert.rejects(connection.query('drop table people'), /Nothing is dropped here/);
      const live = join(directory, 'live.zip');
      const fetched = await command('evidence', job.run, '-o', live, '--json');
      assert.equal(fetched.status, 0, fetched.stderr);
      assert.equal((JSON.parse(fetched.stdout) as { complete: boolean }).complete, false);
      assert.match(String((await filesOf(live)).get('README.txt')), /^INCOMPLETE: the run was still open/m);
    } finally {
      await connection.end();
    }
    const auth = `Basic ${Buffer.from(`${job.user}:${job.password}`).toString('base64')}`;
    const answer = await api.call('POST', `/v1/runs/${job.run}/close`, { auth });
    assert.equal(answer.status, 200, answer.text);
    closed = answer.json['evidence'] as ClosedEvidence;
  });

  test('is fetched by the job once, without bodies, and stands in the log', async () => {
    const file = join(directory, 'of-the-job.zip');
    const fetched = await fetchEvidence(client(), closed, file);
    assert.deepEqual([fetched.complete, fetched.bytes], [true, (await readFile(file)).length]);
    const files = await filesOf(file);
    assert.equal(files.has(`keys/${job.run}.key`), false);
    assert.ok(files.has('withheld.json'));
    await assert.rejects(fetchEvidence(client(), closed, join(directory, 'again.zip')), /not good, or was used/);
    const other = await api.grant();
    await assert.rejects(
      fetchEvidence(client(), { ...closed, path: `/v1/runs/${other.run}/evidence` }, join(directory, 'other.zip')),
      /not good, or was used/,
    );
    const { json } = await api.call('GET', '/v1/log/entries?limit=200', { auth: api.admin });
    const texts = (json['entries'] as { text: string }[]).map(({ text }) => text);
    const fetches = texts.filter((text) => text.includes('"action":"evidence.fetch"'));
    assert.equal(fetches.length, 2);
    assert.match(fetches[1] ?? '', /"how":"job".*"texts":false/);
  });

  test('is the same bytes at every download, and verifies elsewhere with keys that were kept', async () => {
    const [one, two] = [join(directory, 'one.zip'), join(directory, 'two.zip')];
    for (const file of [one, two]) assert.equal((await command('evidence', job.run, '-o', file)).status, 0);
    assert.ok((await readFile(one)).equals(await readFile(two)));
    const keys = await api.call('GET', '/v1/evidence/keys', { auth: api.admin });
    await writeFile(join(directory, 'trust.policy'), `log ${String(keys.json['logKey'])}\nquorum none\n`);
    await writeFile(join(directory, 'statement.pem'), String(keys.json['statementKey']));
    await writeFile(join(directory, 'tsa.pem'), authority.certificates);
    await writeFile(join(directory, 'auditor.key'), `${auditorKey}\n`);
    const { verdict, status, text } = await verify(one);
    assert.deepEqual([verdict, status], ['PASS', 0], text);
    const files = await filesOf(one);
    const manifest = manifestOf(files);
    assert.equal(manifest.complete, true);
    const changed = Buffer.from(await readFile(one));
    const session = changed.indexOf('"effect":"deny"');
    changed.write('"effect":"eeny"', session);
    const altered = join(directory, 'altered.zip');
    await writeFile(altered, changed);
    assert.deepEqual([(await verify(altered)).verdict, (await verify(altered)).status], ['FAIL', 1]);
  });

  test('says what there was to say: approval, refusal, masks, times, the policies and who the run was', async () => {
    const files = await filesOf(join(directory, 'one.zip'));
    const { dsseEnvelope } = JSON.parse(String(files.get('statement.sigstore.json'))) as {
      dsseEnvelope: { payload: string };
    };
    const { predicate } = JSON.parse(Buffer.from(dsseEnvelope.payload, 'base64').toString()) as {
      predicate: Record<string, Record<string, unknown>> & { approvals: Record<string, unknown>[] };
    };
    const { requests, denied, approved, maskedFields } = predicate['summary'] ?? {};
    assert.deepEqual([requests, denied, approved, maskedFields], [4, 1, 1, 1]);
    assert.deepEqual(
      predicate.approvals.map(({ decision, usedAt }) => [decision, typeof usedAt]),
      [['approved', 'string']],
    );
    assert.equal(predicate['workload']?.['sourceRepositoryId'], '74');
    assert.equal(JSON.stringify(predicate).includes('dora'), false);
    const claims = JSON.parse(String(files.get('identity/claims.json'))) as Record<string, Record<string, string>>;
    assert.equal(claims['verified']?.['sourceRepositoryId'], '74');
    assert.equal(claims['asserted']?.['agent'], 'tests');
    const script = String([...files].find(([path]) => path.endsWith('.sql'))?.[1]);
    assert.match(script, /^insert into people values \(2, 'ben@example\.com'\)\n;\n-- → ok/m);
    assert.match(script, /^-- \| drop table people\n-- → refused/m);
    const cast = String([...files].find(([path]) => path.endsWith('.cast'))?.[1]);
    assert.match(cast, /"people=> drop table people/);
    const { json } = await api.call('GET', `${bundlePath()}/state`, { auth: api.admin });
    assert.deepEqual([json['state'], json['complete'], json['bodies']], ['made', true, 'kept']);
    assert.equal((json['timestamps'] as { at?: string }[])[0]?.at?.slice(0, 2), '20');
  });

  test('is for those who may see runs; bodies are for those who may read recordings', async () => {
    const approver = await api.person('adam', { roles: ['approver'] });
    const nobody = await api.token(['targets:read']);
    const of = async (auth: string, query = '') => {
      const { status, text } = await api.call('GET', `${bundlePath()}${query}`, { auth });
      return [status, text.includes(`keys/${job.run}.key`), text.includes('"why":"role"')];
    };
    assert.deepEqual(await of(api.admin), [200, true, false]);
    assert.deepEqual(await of(api.admin, '?bodies=withheld'), [200, false, false]);
    assert.deepEqual(await of(approver), [200, false, true]);
    assert.deepEqual(await of(nobody.auth), [403, false, false]);
    assert.deepEqual(await of('Bearer evt_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'), [401, false, false]);
    assert.equal((await api.call('GET', '/v1/runs/run_none/evidence', { auth: api.admin })).status, 404);
    assert.equal((await api.call('GET', '/v1/runs/..%2f..%2fx/evidence', { auth: api.admin })).status, 404);
    assert.deepEqual(api.faults, []);
  });

  test('comes with `chaperone run --evidence`: complete, with what the wrapper said of itself, and verified', async () => {
    const tokenFile = join(directory, 'token');
    await writeFile(tokenFile, await api.ciToken(), { mode: 0o600 });
    const file = join(directory, 'of-run.zip');
    const sql = ['-c', 'select id from people', '-c', 'drop table people'];
    const how = ['--token-file', tokenFile, '--evidence', file];
    const ran = await command('run', '--target', 'people', ...how, '--', 'psql', '-X', ...sql);
    // psql itself fails with the last of its commands.
    assert.equal(ran.status, 1, ran.stderr);
    const files = await filesOf(file);
    const manifest = manifestOf(files);
    assert.deepEqual([manifest.complete, manifest.run.termination], [true, 'completed']);
    const claims = JSON.parse(String(files.get('identity/claims.json'))) as Record<string, Record<string, string>>;
    assert.deepEqual(
      [claims['asserted']?.['command'], claims['asserted']?.['command.status'], claims['asserted']?.['egress']],
      ['psql', '1', 'advisory'],
    );
    const { verdict, text } = await verify(file);
    assert.equal(verdict, 'PASS', text);
  });
});

test('while the key of the log is away there is no evidence of a run yet, and that is what is said', async () => {
  await using vault = await mockVault('ed25519');
  const key = { vault: { address: vault.url, key: 'log', mount: 'transit' } };
  await using api = await startApi({ log: { key }, env: { VAULT_TOKEN } });
  await vault[Symbol.asyncDispose]();
  const { run } = await api.grant();
  for (const path of [`/v1/runs/${run}/evidence/state`, `/v1/runs/${run}/evidence`]) {
    const { status, json } = await api.call('GET', path, { auth: api.admin });
    assert.deepEqual([status, json['code']], [503, 'signer-unavailable'], path);
  }
});
