import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startApi, type TestApi } from '../support/api.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'src', 'main.ts');
const POLICIES = `policies:
  - { name: read, principals: any, targets: [people], operations: [read, session, transaction], effect: permit, mask: [email] }
`;
const LOOSER = `policies:
  - { name: read, principals: any, targets: [people], operations: [read, session, transaction, delete], effect: permit }
`;
const STRICTER = `${POLICIES}  - { name: not by address, principals: any, targets: [people], filters: [email], effect: deny }
targets:
  - name: people
    protocol: postgres
    address: localhost:5432
    credential: { user: x, password: { value: y } }
    classified: [{ column: public.people.email, class: email }]
`;
const CASES = `targets:
  people:
    schema: create table people (id int, email text)
    classified: [{ column: public.people.email, class: email }]
runs: { ci: {} }
target: people
run: ci
cases:
  - { name: an address is masked, statement: select email from people, expect: { masks: { email: redact } } }
  - { name: "a <delete> is & denied", statement: delete from people, expect: permit }
`;

interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

describe('policies from the command line', () => {
  let folder: string;
  let api: TestApi;
  let session: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'chaperone-policies-'));
    for (const [name, text] of Object.entries({
      'now.yaml': POLICIES,
      'looser.yaml': LOOSER,
      'stricter.yaml': STRICTER,
      'now.test.yaml': CASES,
      'schema.sql': 'create table people (id int, email text);',
    })) {
      await writeFile(join(folder, name), text);
    }
    await mkdir(join(folder, 'empty'));
    api = await startApi({ policies: POLICIES.replace('policies:', '') });
    const client = await api.connect(await api.grant());
    await client.query("select id from people where email = 'ada@example.com'");
    await client.query('select email from people');
    await assert.rejects(client.query('delete from people'));
    await client.end();
    const { json } = await api.call('GET', '/v1/sessions', { auth: api.admin });
    session = (json['sessions'] as { id: string }[])[0]?.id ?? '';
  });
  after(async () => {
    await api?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  /** The program, beside the gateway that this process runs. */
  const policy = (...args: readonly string[]): Promise<Ran> =>
    new Promise((resolve) => {
      const env = {
        PATH: process.env['PATH'],
        CHAPERONE_URL: api.url,
        CHAPERONE_CA_FILE: join(api.directory, 'tls', 'ca.crt'),
        CHAPERONE_TOKEN: api.admin.replace('Bearer ', ''),
      };
      execFile(process.execPath, [MAIN, 'policy', ...args], { cwd: folder, env }, (error, stdout, stderr) => {
        resolve({ status: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
      });
    });

  test('test says of a case that fails what was decided, and why of every rule', async () => {
    const { status, stdout, stderr } = await policy('test', 'now.yaml', '--junit', 'results.xml', '--coverage');
    assert.equal(status, 1, stderr);
    assert.match(stdout, /✗ now\.test\.yaml: 1 of 2 cases/);
    assert.match(
      stdout,
      /now\.test\.yaml:10 a <delete> is & denied\n +delete from people\n +expected permit, got deny \(policy-no-match/,
    );
    assert.match(stdout, /not-matched +permit +read: the rule is about read, session, transaction/);
    assert.match(stdout, /2 cases, 1 passed, 1 failed/);
    const xml = await readFile(join(folder, 'results.xml'), 'utf8');
    assert.match(xml, /<testsuite name="now\.test\.yaml" tests="2" failures="1"/);
    assert.match(xml, /name="a &#60;delete&#62; is &#38; denied" file="now\.test\.yaml" line="10"/);
    assert.match(xml, /<failure message="expected permit, got deny/);
  });

  test('test of a folder without cases says that nothing was tested', async () => {
    const { status, stderr } = await policy('test', 'empty');
    assert.equal(status, 2);
    assert.match(stderr, /there are no cases in empty\n.*testing-policies/);
  });

  test('explain says why a recorded request was refused', async () => {
    const { status, stdout, stderr } = await policy('explain', `${session}:3`);
    assert.equal(status, 1, stderr);
    assert.match(
      stdout,
      /then: deny \(policy-no-match\); now:\npolicy-no-match delete on public\.people\n {2}write, of every row/,
    );
    const { stdout: json } = await policy('explain', `${session}:2`, '--json');
    const view = JSON.parse(json) as { ok: boolean; obligations: string[] };
    assert.deepEqual([view.ok, view.obligations], [true, ['mask email', 'session readOnly']]);
  });

  test('explain asks the gateway about a statement, and files without it', async () => {
    const asked = ['--statement', 'select email from people', '--target', 'people'];
    const online = await policy('explain', ...asked);
    assert.equal(online.status, 0, online.stderr);
    assert.match(online.stdout, /by the database as a session last read it/);
    const files = await policy(
      'explain',
      '--policies',
      'stricter.yaml',
      ...asked,
      '--schema',
      'schema.sql',
      '--classified',
      'public.people.email=email:partial',
    );
    assert.equal(files.status, 0, files.stderr);
    assert.match(files.stdout, /result\n {2}email: partial \(public\.people\.email, class email\)/);
    assert.equal((await policy('explain')).status, 64);
    assert.equal((await policy('explain', 'a b')).status, 64);
    assert.equal((await policy('explain', `${session}:99`)).status, 66);
  });

  test('replay says what would change, and exits as CI wants it', async () => {
    const looser = await policy('replay', 'looser.yaml', '--against', '1d', '--fail-on', 'loosened');
    assert.equal(looser.status, 1, looser.stderr);
    assert.match(
      looser.stdout,
      /loosened +1 +deny \(policy-no-match\) → permit\n +ses_\w+:3 people +delete from people/,
    );
    assert.match(
      looser.stdout,
      /3 requests of 1 sessions, compared with the policies in force: 0 the same, 3 loosened/,
    );
    assert.match(looser.stderr, /by what the gateway found in each request then/);
    const same = await policy('replay', 'now.yaml', '--against', '1d..', '--fail-on', 'any');
    assert.equal(same.status, 0, same.stdout);
    assert.equal((await policy('replay', 'now.yaml', '--against', 'yesterday-ish')).status, 64);
  });

  test('replay of a data directory needs no gateway, and compares with what was decided then', async () => {
    const { status, stdout, stderr } = await policy(
      'replay',
      'stricter.yaml',
      '--against',
      '1d',
      '--data',
      api.directory,
      '--json',
    );
    assert.equal(status, 0, stderr);
    const report = JSON.parse(stdout) as {
      looked: number;
      tightened: number;
      loosened: number;
      groups: { after: string; count: number }[];
    };
    assert.deepEqual([report.looked, report.tightened, report.loosened], [3, 1, 0], stdout);
    assert.deepEqual(
      report.groups.map(({ after: now, count }) => [now, count]),
      [['deny (not by address)', 1]],
    );
  });

  test('replay of a data directory says which targets it knows by their record alone', async () => {
    const { stdout, stderr } = await policy('replay', 'now.yaml', '--against', '1d', '--data', api.directory);
    assert.match(stderr, /people is not declared in these files: no column of it is known to be classified/);
    assert.match(stdout, /3 requests of 1 sessions, compared with what was decided then: 3 the same/);
    const missing = await policy('replay', 'now.yaml', '--against', '1d', '--data', 'empty');
    assert.equal(missing.status, 66);
  });

  test('lint holds rules against the targets and the people of a gateway', async () => {
    const rules = `policies:
  - { name: a, principals: { run.sourceRepositoryId: "74" }, targets: [nowhere], operations: [ddl], effect: permit, approve: { group: dba } }
`;
    await writeFile(join(folder, 'lint.yaml'), rules);
    const alone = await policy('lint', 'lint.yaml');
    assert.equal(alone.status, 0, alone.stdout);
    const held = await policy('lint', 'lint.yaml', '--gateway', '--json');
    assert.equal(held.status, 1, held.stderr);
    const { findings } = JSON.parse(held.stdout) as { findings: { code: string; line: number }[] };
    assert.deepEqual(
      findings.map(({ code, line }) => [code, line]),
      [
        ['unknown-target', 2],
        ['empty-group', 2],
      ],
    );
  });

  test('schema writes what editors read', async () => {
    assert.equal((await policy('schema', '--out', 'schemas')).status, 0);
    const { title } = JSON.parse(await readFile(join(folder, 'schemas', 'cases.json'), 'utf8')) as { title: string };
    assert.equal(title, 'Cases for policies of Chaperone');
    assert.equal((await policy('schema', 'nothing')).status, 64);
  });
});
