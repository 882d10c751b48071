import assert from 'node:assert/strict';
import { cp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Client } from 'pg';
import { isInstalled } from '../../src/cli/target-client.ts';
import { until } from '../support/until.ts';
import { type Deployment, makeDeployment } from './deployment.ts';
import {
  chaperone,
  environment,
  makeDataDirectory,
  type Ran,
  type StartedProgram,
  startConfigured,
  startJob,
} from './program.ts';

const CLIENT = isInstalled('psql', process.env) ? ['psql', '-X', '-c'] : ['chaperone', 'sql'];

describe('a deployment on PostgreSQL, with two gateways', () => {
  let deployment: Deployment;
  let first: StartedProgram;
  let second: StartedProgram;
  before(async () => {
    deployment = await makeDeployment((server) => ({
      tls: `{ mode: verify-full, ca: ${JSON.stringify(server.ca)} }`,
      credential: `{ user: postgres, password: { value: ${server.password} } }`,
    }));
    first = await deployment.gateway();
    second = await deployment.gateway({ CHAPERONE_KEY_FILE: join(first.dataDirectory, 'deployment.key') });
  });
  after(async () => {
    for (const gateway of [second, first]) await gateway?.[Symbol.asyncDispose]();
    await deployment?.[Symbol.asyncDispose]();
  });

  const json = (ran: Ran): unknown => {
    assert.equal(ran.status, 0, ran.stderr);
    return JSON.parse(ran.stdout);
  };
  /** `chaperone run` of a CI job at a gateway. */
  const run = (gateway: StartedProgram, ...command: readonly string[]) =>
    chaperone(['run', '--target', 'people', '--', ...command], deployment.job(gateway));
  const adminOf = (gateway: StartedProgram, tokenFile = join(first.dataDirectory, 'admin-token')) => ({
    ...environment(gateway.dataDirectory),
    CHAPERONE_TOKEN_FILE: tokenFile,
  });

  test('the gateway that started first keeps the first administrator’s token, for its owner alone', async () => {
    const { mode } = await stat(join(first.dataDirectory, 'admin-token'));
    assert.equal(mode & 0o777, 0o600);
    await assert.rejects(stat(join(second.dataDirectory, 'admin-token')), { code: 'ENOENT' });
    assert.equal((await first.chaperone('targets')).status, 0);
    const refused = await second.chaperone('targets');
    assert.equal(refused.status, 77);
    assert.match(refused.stderr, /nobody is logged in at this gateway\n.*CHAPERONE_TOKEN_FILE/);
    assert.equal((await chaperone(['targets'], adminOf(second))).status, 0);
  });

  test('files are applied after their plan was shown, and take effect in both gateways', async () => {
    const plan = await first.chaperone('apply', '--plan', deployment.configuration);
    assert.equal(plan.status, 1, plan.stderr);
    assert.match(plan.stdout, /^\+ create target people$/m);
    assert.match(plan.stdout, /^\+ create trust rule shop-main$/m);
    assert.doesNotMatch(plan.stdout, new RegExp(deployment.server.password));
    const unasked = await first.chaperone('apply', deployment.configuration);
    assert.equal(unasked.status, 64);
    const applied = json(await first.chaperone('apply', '--yes', '--json', deployment.configuration)) as {
      applied: boolean;
      changes: { kind: string }[];
    };
    assert.deepEqual(
      [applied.applied, applied.changes.map(({ kind }) => kind).sort()],
      [true, ['issuer', 'policy', 'policy', 'policy', 'target', 'trust rule']],
    );
    const again = await first.chaperone('apply', '--plan', deployment.configuration);
    assert.deepEqual([again.status, again.stderr], [0, 'Nothing would change.\n']);
    await until(async () => {
      const { targets } = json(await chaperone(['targets', '--json'], adminOf(second))) as { targets: object[] };
      return targets[0];
    });
    const check = await chaperone(['targets', 'check', 'people', '--json'], adminOf(second));
    assert.equal((json(check) as { ok: boolean }).ok, true);
  });

  test('a CI job is permitted, masked and refused', async () => {
    const masked = await run(first, ...CLIENT, 'select name, email from people order by id');
    assert.equal(masked.status, 0, masked.stderr);
    assert.match(masked.stdout, /Ada +\| \[redacted\]/);
    assert.doesNotMatch(masked.stdout, /example/);
    const refused = await run(first, ...CLIENT, 'drop table people');
    assert.match(refused.stderr, /Nothing is dropped here/);
    assert.deepEqual(await deployment.server.query('select count(*)::int as n from people'), [{ n: 2 }]);
  });

  test('a job of another repository, or of a pull request, is not let in', async () => {
    for (const claims of [{ repository_id: '75' }, { ref: 'refs/pull/7/merge', event_name: 'pull_request' }]) {
      const env = { ...deployment.job(first), CHAPERONE_ID_TOKEN: await deployment.token(claims) };
      const ran = await chaperone(['run', '-t', 'people', '--', ...CLIENT, 'select 1'], env);
      assert.deepEqual([ran.status, /trust-denied/.test(ran.stderr)], [77, true], ran.stderr);
    }
  });

  test('a token is good once, in whichever gateway', async () => {
    const env = { CHAPERONE_ID_TOKEN: await deployment.token() };
    const use = (gateway: StartedProgram) =>
      chaperone(['run', '-t', 'people', '--', ...CLIENT, 'select 40 + 2'], { ...deployment.job(gateway), ...env });
    const once = await use(first);
    assert.deepEqual([once.status, /42/.test(once.stdout)], [0, true], once.stderr);
    const twice = await use(second);
    assert.deepEqual([twice.status, /claim-replayed/.test(twice.stderr)], [77, true], twice.stderr);
  });

  test('a grant of one gateway opens a session on the other, and its revocation there ends it', async () => {
    // A job that shows what it was given and waits: only a grant of `--direct` is of use without its wrapper.
    const show = "console.log(process.env.DATABASE_URL); process.stdin.resume(); process.stdin.on('end', () => 0)";
    const command = ['run', '--direct', '-t', 'people', '--', process.execPath, '-e', show];
    const job = startJob(command, deployment.job(first));
    await using jobEnds = new AsyncDisposableStack();
    jobEnds.defer(() => job.say(''));
    const { username, password } = new URL((await job.said(/^(postgresql:.*)$/m))[1] ?? '');
    const client = new Client({
      host: '127.0.0.1',
      port: second.ready.postgres.port,
      user: username,
      password,
      database: 'people',
      ssl: { ca: await readFile(join(second.dataDirectory, 'tls', 'ca.crt'), 'utf8') },
    });
    const lost = new Promise<Error>((resolve) => client.on('error', resolve));
    await client.connect();
    jobEnds.defer(() => client.end());
    assert.deepEqual((await client.query('select email from people where id = 1')).rows, [{ email: '[redacted]' }]);
    const { grants } = json(await first.chaperone('grants', '--json')) as { grants: { id: string }[] };
    assert.ok(grants.some(({ id }) => id === username));
    const revoked = await first.chaperone('grants', 'revoke', username, '--json');
    assert.deepEqual(json(revoked), { grant: username, revoked: true });
    assert.match((await lost).message, /revoked|terminat/i);
    job.say('');
    assert.equal((await job.ended).status, 0);
    const { sessions } = json(await first.chaperone('sessions', '--json', '--limit', '1')) as {
      sessions: { id: string; gateway: string; outcome: string }[];
    };
    assert.equal(sessions[0]?.outcome, 'revoked');
    // Its recording is with the gateway that served it, and the other one says so.
    const elsewhere = await first.chaperone('replay', sessions[0].id);
    assert.deepEqual([elsewhere.status, elsewhere.stderr.includes(sessions[0].gateway)], [66, true], elsewhere.stderr);
    const replayed = await chaperone(['replay', sessions[0].id], adminOf(second));
    assert.match(replayed.stdout, /select email from people where id = 1/);
  });

  test('revoking a grant ends a statement that runs', async () => {
    const job = startJob(['run', '-t', 'people', '--', ...CLIENT, 'select pg_sleep(60)'], deployment.job(first));
    const sleeping = async () => {
      const busy = "select 1 from pg_stat_activity where state = 'active' and query ~ '^select pg_sleep'";
      return (await deployment.server.query(busy)).length > 0;
    };
    await until(async () => (await sleeping()) || undefined);
    const { grants } = json(await first.chaperone('grants', '--json')) as { grants: { id: string }[] };
    assert.equal((await first.chaperone('grants', 'revoke', grants[0]?.id ?? '')).status, 0);
    const { status, stderr } = await job.ended;
    assert.notEqual(status, 0);
    assert.match(stderr, /revoked/i);
    await until(async () => !(await sleeping()) || undefined);
  });

  test('an operator’s token has a role and an end, and is good for nothing once revoked, in both gateways', async () => {
    const file = join(first.dataDirectory, 'ada.token');
    const made = json(
      await first.chaperone('tokens', 'create', 'ada', '--expires', '2h', '--output', file, '--json'),
    ) as { id: string; expiresAt: string; token?: string };
    assert.deepEqual([made.token, (await stat(file)).mode & 0o777], [undefined, 0o600]);
    const asAda = (...args: readonly string[]) => chaperone(args, adminOf(second, file));
    assert.equal((await asAda('sessions')).status, 0);
    const changing = await asAda('tokens', 'create', 'eve', '--role', 'admin');
    assert.deepEqual(
      [changing.status, /ada looks after no tokens here/.test(changing.stderr)],
      [77, true],
      changing.stderr,
    );
    const listed = json(await first.chaperone('tokens', '--json')) as {
      tokens: { name: string; role: string; token?: string }[];
    };
    assert.deepEqual(
      listed.tokens.map(({ name, role, token }) => [name, role, token]),
      [
        ['local administrator', 'admin', undefined],
        ['ada', 'auditor', undefined],
      ],
    );
    assert.equal((await first.chaperone('tokens', 'revoke', made.id)).stdout, `${made.id} is revoked.\n`);
    assert.equal((await asAda('sessions')).status, 77);
    assert.equal((await first.chaperone('tokens', 'revoke', made.id)).status, 66);
    const taken = await first.chaperone('tokens', 'create', 'ben', '--output', file);
    assert.deepEqual([taken.status, /EEXIST/.test(taken.stderr)], [78, true], taken.stderr);
    const past = await first.chaperone('tokens', 'create', 'ben', '--expires', '2020-01-01');
    assert.match(past.stderr, /expired before it is made/);
  });

  test('every answer in JSON parses', async () => {
    const commands = [
      ['sessions'],
      ['sessions', 'search', 'people'],
      ['grants', '--all'],
      ['tokens', '--all'],
      ['targets'],
      ['targets', 'check', 'people'],
      ['apply', '--plan', deployment.configuration],
      ['policy', 'check', deployment.configuration],
      ['verify'],
    ];
    for (const command of commands) {
      const { status, stdout, stderr } = await first.chaperone(...command, '--json');
      assert.equal(status, 0, `${command.join(' ')}: ${stderr}`);
      assert.equal(typeof JSON.parse(stdout), 'object', command.join(' '));
    }
    const replay = await first.chaperone('replay', 'last', '--json');
    for (const line of replay.stdout.trim().split('\n')) assert.equal(typeof JSON.parse(line), 'object');
  });

  test('each gateway’s log is its own, has its own name, and passes', async () => {
    const names = await Promise.all(
      [first, second].map(async (gateway) => {
        const { stdout, status } = await gateway.chaperone('verify');
        assert.equal(status, 0, stdout);
        const key = await readFile(join(gateway.dataDirectory, 'audit', 'keys', 'log.vkey'), 'utf8');
        return key.split('+')[0];
      }),
    );
    assert.notEqual(names[0], names[1]);
  });

  test('a gateway with another key, or none, does not start, and says which one it needs', async () => {
    const directory = await makeDataDirectory();
    try {
      const ports = ['--listen', '127.0.0.1:0', '--postgres-listen', '127.0.0.1:0'];
      const start = () => chaperone(['start', ...ports], environment(directory, deployment.env));
      const without = await start();
      assert.equal(without.status, 78);
      assert.match(without.stderr, /key file is missing: .*\n.*first start.*CHAPERONE_KEY_FILE/);
      const key = await readFile(join(first.dataDirectory, 'deployment.key'), 'utf8');
      const other = key.replace(/\S{43}/, Buffer.alloc(32, 7).toString('base64url'));
      await writeFile(join(directory, 'deployment.key'), other, { mode: 0o600 });
      const wrong = await start();
      assert.equal(wrong.status, 78);
      assert.match(wrong.stderr, /is not the key of this deployment\n.*CHAPERONE_KEY_FILE/);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });

  test('a store that cannot be reached is said to be that, without its password', async () => {
    const directory = await makeDataDirectory();
    try {
      const env = environment(directory, { CHAPERONE_DATABASE_URL: 'postgres://app:hunter2@127.0.0.1:1/control' });
      const { status, stderr } = await chaperone(['start'], env);
      assert.equal(status, 69, stderr);
      assert.match(stderr, /store/);
      assert.match(stderr, /ECONNREFUSED 127\.0\.0\.1:1/);
      assert.doesNotMatch(stderr, /hunter2/);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
});

describe('a configured gateway whose first start was cut short', () => {
  test('starts with the key that was made, though no deployment was', async () => {
    const [made, cut] = [await makeDataDirectory(), await makeDataDirectory()];
    const before = await startConfigured(made, {});
    assert.equal(await before.stop(), 0);
    await cp(join(made, 'deployment.key'), join(cut, 'deployment.key'));
    await before[Symbol.asyncDispose]();
    await using gateway = await startConfigured(cut, {});
    assert.equal((await gateway.chaperone('targets', '--json')).stdout, '{"targets":[]}\n');
  });
});
