import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { Client } from 'pg';
import { startApi, type TestApi } from '../../test/support/api.ts';
import { PLANTED, PLANTED_PROPOSALS } from '../../test/support/planted-data.ts';
import type { PostgresServer } from '../../test/support/postgres-server.ts';
import type { ClassificationView } from './classification-schemas.ts';

/** Locked together they keep a classification for seconds: each is waited for. */
const MANY = 'app.accounts, app.applicants, app.mails, app.notes, app.releases';
const PATH = '/v1/targets/people/classify';
/** Beside what is planted: a table so large that a sample of its pages is taken, and one that the role may not read. */
const MORE = `
CREATE TABLE app.clicks AS SELECT i, '198.51.100.' || i % 200 AS ip FROM generate_series(1, 20000) i; ANALYZE app.clicks;
CREATE ROLE reader LOGIN PASSWORD 'reader-of-tests';
CREATE TABLE hr.sealed (email text); INSERT INTO hr.sealed VALUES ('boss@example.com');
CREATE TABLE hr.half (email text, salary int); INSERT INTO hr.half VALUES ('boss@example.com', 1);
GRANT USAGE ON SCHEMA crm, hr TO reader; GRANT SELECT ON crm.customers TO reader; GRANT SELECT (email) ON hr.half TO reader;`;

describe('classes of a target, proposed by a sample', () => {
  let api: TestApi;
  before(async () => {
    api = await startApi({ sql: PLANTED + MORE });
    await addTarget(api, 'limited', `127.0.0.1:${api.server.port}`);
  });
  after(() => api[Symbol.asyncDispose]());

  test('each planted column is proposed with its class, and no other', async () => {
    const found = await classify(api);
    const planted = found.proposals.filter(({ table }) => !['clicks', 'sealed', 'half'].includes(table));
    assert.deepEqual(planted.map(told), PLANTED_PROPOSALS);
    assert.equal(found.notSampled.length, 0);
    assert.equal(found.sampled.find(({ table }) => table === 'crm.customers')?.rows, 40);
    assert.equal(found.complete, true);
  });

  test('the evidence says how many values of how many, what the name says, and shows shapes alone', async () => {
    const { proposals } = await classify(api);
    assert.deepEqual(
      proposals.find(({ column }) => column === 'customer_email'),
      {
        schema: 'billing',
        table: 'payments',
        column: 'customer_email',
        type: 'text',
        class: 'email',
        confidence: 'high',
        why: [
          '40 of 40 sampled values are what the detector email finds',
          'its name says “email”',
          'it references crm.customers.email, for which this class is proposed',
        ],
        values: 40,
        hits: [{ detector: 'email', whole: 40, any: 40 }],
        shape: 'a***@***.com',
      },
    );
    assert.equal(proposals.find(({ column }) => column === 'contact')?.type, 'email_address (text)');
    assertNoValue(JSON.stringify(proposals));
  });

  test('columns that are classified already are neither read nor shown, but where that is asked for', async () => {
    const { proposals } = await classify(api);
    assert.equal(
      proposals.some(({ table }) => table === 'people'),
      false,
    );
    const read = /"left"\(format\('%s', "email"\), 1024\) AS "email" FROM "public"."people"/;
    assert.doesNotMatch(await api.server.log(), read);
    const all = await classify(api, '?all=true');
    const email = all.proposals.find(({ table }) => table === 'people');
    assert.deepEqual([email?.column, email?.classified, email?.values], ['email', 'email', 1]);
    assert.match(await api.server.log(), read);
  });

  test('of a large table a share of the pages is sampled, of each the bounded number of rows', async () => {
    const found = await classify(api);
    const { rows = 0 } = found.sampled.find(({ table }) => table === 'app.clicks') ?? {};
    assert.ok(rows > 0 && rows <= 200, String(rows));
    assert.deepEqual(told(found.proposals.find(({ table }) => table === 'clicks')), [
      'app.clicks.ip',
      'ip-address',
      'high',
    ]);
    const log = await api.server.log();
    assert.match(log, /FROM "app"\."clicks" TABLESAMPLE SYSTEM \(4\.000000\) LIMIT 200/);
    assert.match(log, /SET LOCAL statement_timeout = 5000/);
  });

  test('what was read stands in the record, and no value of it does', async () => {
    const { session, run } = await classify(api);
    const recording = await api.call('GET', `/v1/sessions/${session}/recording`, { auth: api.admin });
    assert.equal(recording.status, 200);
    const events = recording.text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Recorded]));
    const sql = events.flatMap(({ kind, body }) => (kind === 'request' && body ? [textOf(body.base64)] : []));
    assert.ok(sql.some((text) => text.includes('FROM "crm"."customers"')));
    assert.ok(
      events.some(({ masked }) => masked?.some(({ name, count }) => name === 'crm.customers.email' && count === 40)),
    );
    const replies = events.flatMap(({ kind, body }) => (kind === 'reply' && body ? [textOf(body.base64)] : []));
    assert.ok(replies.some((reply) => reply.includes('[redacted]')));
    assertNoValue(replies.join('\n'));
    const { json } = await api.call('GET', `/v1/runs/${run}`, { auth: api.admin });
    assert.deepEqual([json['kind'], json['closedAt'] !== undefined], ['human', true]);
    const verified = await api.call('POST', '/v1/log/verify', { auth: api.admin });
    assert.equal(verified.json['verdict'], 'PASS', verified.text);
  });

  test('what a person asked for is theirs in the record', async () => {
    const auth = await api.person('grace', { roles: ['admin'] });
    const { session } = (await api.call('POST', PATH, { auth })).json as unknown as ClassificationView;
    const { json } = await api.call('GET', `/v1/sessions/${session}`, { auth: api.admin });
    assert.deepEqual([json['principal'], json['outcome'], json['denied']], ['grace', 'completed', 0]);
  });

  test('tables and columns that the role may not read are told, and the others are sampled', async () => {
    const found = await classify(api, '', 'limited');
    assert.deepEqual(
      found.sampled.map(({ table }) => table),
      ['crm.customers', 'hr.half'],
    );
    assert.deepEqual(
      found.notSampled.find(({ table }) => table === 'hr.sealed'),
      { table: 'hr.sealed', code: '42501', why: 'the gateway’s role may not read it' },
    );
    assert.deepEqual(found.proposals.filter(({ table }) => table === 'half' || table === 'sealed').map(told), [
      ['hr.half.email', 'email', 'high'],
      ['hr.half.salary', 'salary', 'high'],
      ['hr.sealed.email', 'email', 'low'],
    ]);
  });

  test('a table that is locked is told of, and nothing waits for it for long', async () => {
    await using lock = await locked(api.server, 'hr.staff');
    const found = await classify(api);
    assert.deepEqual(found.notSampled, [
      { table: 'hr.staff', code: '55P03', why: 'it was locked for longer than 500 ms' },
    ]);
    assert.equal(lock.isHeld, true);
  });

  test('what a rule denies is not sampled, whoever asks', async () => {
    const rule =
      '{ name: nobody reads pay, principals: any, targets: any, tables: [hr.staff], effect: deny, reason: Pay is private. }';
    await write(api, 'policy', 'nobody reads pay', `policies: [${rule}]`);
    const found = await classify(api);
    const gone = { method: 'DELETE', path: '/v1/configuration/policy/nobody%20reads%20pay' };
    const { headers } = await api.call('GET', gone.path, { auth: api.admin });
    await api.call(gone.method, gone.path, { auth: api.admin, headers: { 'if-match': String(headers['etag']) } });
    assert.deepEqual(found.notSampled, [{ table: 'hr.staff', code: 'policy-denied', why: 'Pay is private.' }]);
  });

  test('two at once are served, and a third is told to wait', async () => {
    // Each waits for the lock, so none is over when the last of them comes.
    await using lock = await locked(api.server, MANY);
    const answers = await Promise.all([1, 2, 3].map(() => api.call('POST', PATH, { auth: api.admin })));
    assert.equal(lock.isHeld, true);
    const served = answers.filter(({ status }) => status === 200);
    const others = answers.filter(({ status }) => status !== 200);
    assert.deepEqual(
      others.map(({ status, json }) => [status, json['code']]),
      [[429, 'rate-limited']],
    );
    const [one, other] = served.map(({ json }) => (json as unknown as ClassificationView).proposals);
    assert.deepEqual(one, other);
  });

  test('a target that cannot be reached, and one that there is not, are told', async () => {
    await addTarget(api, 'nowhere', '127.0.0.1:1');
    const answer = await api.call('POST', '/v1/targets/nowhere/classify', { auth: api.admin });
    assert.deepEqual([answer.status, answer.json['code']], [503, 'upstream-unavailable']);
    assert.equal((await api.call('POST', '/v1/targets/none/classify', { auth: api.admin })).status, 404);
  });
});

test('a server that is killed in the middle ends it with an error, and the gateway goes on', async () => {
  await using api = await startApi({ sql: PLANTED });
  await using lock = await locked(api.server, MANY);
  const asked = api.call('POST', PATH, { auth: api.admin });
  await waitingFor(api.server, 1);
  assert.equal(lock.isHeld, true);
  await api.server.stop();
  const answer = await asked;
  assert.deepEqual([answer.status, answer.json['code']], [502, 'upstream-closed']);
  const again = await api.call('POST', PATH, { auth: api.admin });
  assert.deepEqual([again.status, again.json['code']], [503, 'upstream-unavailable']);
  const sessions = await api.call('GET', '/v1/sessions', { auth: api.admin });
  const outcomes = (sessions.json['sessions'] as { outcome: string }[]).map(({ outcome }) => outcome);
  assert.deepEqual(outcomes, ['upstreamLost', 'upstreamLost']);
});

interface Recorded {
  readonly kind: string;
  readonly body?: { readonly base64: string };
  readonly masked?: readonly { readonly name: string; readonly count: number }[];
}

async function classify(api: TestApi, query = '', target = 'people'): Promise<ClassificationView> {
  const answer = await api.call('POST', `/v1/targets/${target}/classify${query}`, { auth: api.admin });
  assert.equal(answer.status, 200, answer.text);
  return answer.json as unknown as ClassificationView;
}

function told(proposal: ClassificationView['proposals'][number] | undefined): readonly (string | undefined)[] {
  if (proposal === undefined) return [];
  return [`${proposal.schema}.${proposal.table}.${proposal.column}`, proposal.class, proposal.confidence];
}

/** Of each planted kind of value something that would give it away. */
function assertNoValue(text: string): void {
  for (const value of [
    '@example.com',
    'Ada Lovelace',
    '202 555',
    '42424242',
    'DE8937',
    'ghp_',
    'eyJ',
    '198.51',
    '$2b$',
  ]) {
    assert.equal(text.includes(value), false, `${value} is in it`);
  }
}

function textOf(base64: string): string {
  return Buffer.from(base64, 'base64').toString('latin1');
}

async function addTarget(api: TestApi, name: string, address: string): Promise<void> {
  const { ca = '', database } = api.server;
  await write(
    api,
    'target',
    name,
    `targets: [{ name: ${name}, protocol: postgres, address: "${address}", database: "${database}",
      tls: { mode: verify-full, ca: ${JSON.stringify(ca)} }, credential: { user: reader, password: { value: reader-of-tests } } }]`,
  );
}

async function write(api: TestApi, kind: string, name: string, text: string): Promise<void> {
  const path = `/v1/configuration/${kind}/${encodeURIComponent(name)}`;
  const answer = await api.call('PUT', path, { auth: api.admin, json: { text }, headers: { 'if-none-match': '*' } });
  assert.equal(answer.status, 200, answer.text);
}

interface Lock extends AsyncDisposable {
  readonly isHeld: boolean;
}

/** Holds tables so that nobody reads them, in a session of the superuser's. */
async function locked(server: PostgresServer, tables: string): Promise<Lock> {
  const client = new Client({ host: server.socketDirectory, port: server.port, user: server.user });
  client.on('error', () => undefined);
  await client.connect();
  await client.query(`BEGIN; LOCK TABLE ${tables} IN ACCESS EXCLUSIVE MODE`);
  let isHeld = true;
  return {
    get isHeld() {
      return isHeld;
    },
    [Symbol.asyncDispose]: async () => {
      isHeld = false;
      await client.end();
    },
  };
}

/** Resolves once so many sessions of classifications wait for a lock. */
async function waitingFor(server: PostgresServer, sessions: number): Promise<void> {
  for (;;) {
    const [row] = await server.query(
      "SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'chaperone classify' AND wait_event_type = 'Lock'",
    );
    if (Number(row?.['n']) >= sessions) return;
    await setImmediate();
  }
}
