import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Client } from 'pg';
import { startApi, type TestApi } from '../../../../test/support/api.ts';
import { Secret } from '../../../model/secret.ts';
import { FRONTEND, message } from '../../../protocols/postgres/messages.ts';
import { CliError } from '../../cli-error.ts';
import type { Output } from '../../output.ts';
import { type AgainstOptions, replayAgainst } from './replay-against.ts';
import { readReply } from './reply-content.ts';
import type { ReplayReport } from './report.ts';
import { WireSession } from './wire-session.ts';

const SHOP = `
  CREATE TABLE orders (id int PRIMARY KEY, state text NOT NULL, cents bigint NOT NULL);
  INSERT INTO orders SELECT n, 'paid', n * 100 FROM generate_series(1, 5) n;`;
const PEOPLE = "CREATE TABLE people (id int, email text); INSERT INTO people VALUES (1, 'ada@example.com');";
const POLICIES = `
  - { name: work, principals: any, targets: any, operations: any, effect: permit, mask: [email] }
`;

describe('asking again elsewhere what a run asked', () => {
  let api: TestApi;
  let run: string;
  const stops: (() => Promise<unknown>)[] = [];

  before(async () => {
    api = await startApi({ sql: SHOP, policies: POLICIES });
    stops.push(async () => api[Symbol.asyncDispose]());
    await copyOf('equal', SHOP);
    await copyOf(
      'changed',
      `${SHOP} UPDATE orders SET state = 'refunded' WHERE id = 3; DELETE FROM orders WHERE id = 5;`,
    );
    await copyOf('scratch', SHOP);
    run = await recordRun();
  });
  after(async () => {
    for (const stop of stops.toReversed()) await stop();
  });

  /** A target of its own, in a database of its own with these tables. */
  async function copyOf(name: string, sql: string): Promise<void> {
    const { server } = api;
    await server.query(`create database ${name}`);
    await using database = await connectTo(name);
    await database.client.query(PEOPLE + sql);
    await put(
      'target',
      name,
      `
targets:
  - name: ${name}
    protocol: postgres
    address: "${server.host}:${server.port}"
    database: ${name}
    tls: { mode: verify-full, ca: ${JSON.stringify(server.ca)} }
    credential: { user: "${server.user}", password: { value: "${server.password}" } }
    classified: [{ column: public.people.email, class: email }]
`,
    );
    await put(
      'trust',
      `for-${name}`,
      `
trust:
  - { name: for-${name}, issuer: ci, claims: { sourceRepositoryId: "74" }, targets: [${name}] }
`,
    );
  }

  async function put(kind: string, name: string, text: string): Promise<void> {
    const path = `/v1/configuration/${kind}/${name}`;
    const { status, text: answer } = await api.call('PUT', path, {
      auth: api.admin,
      json: { text },
      headers: { 'if-none-match': '*' },
    });
    assert.ok(status < 300, answer);
  }

  /** Two sessions, one of which waits for the other; prepared statements, a transaction, an error, a COPY, a mask. */
  async function recordRun(): Promise<string> {
    const grant = await api.grant();
    const one = await api.connect(grant);
    const two = await api.connect(grant);
    await one.query('select id, state from orders order by id');
    await one.query({ name: 'by-id', text: 'select state, cents from orders where id = $1', values: [3] });
    await one.query({ name: 'by-id', text: 'select state, cents from orders where id = $1', values: [4] });
    await one.query('select email from people');
    await assert.rejects(one.query('select nothing from orders'), { code: '42703' });
    await one.query('begin');
    await one.query("update orders set state = 'held' where id = 1");
    const waits = two.query('update orders set cents = 1 where id = 1 returning state');
    while ((await locksWaitedFor()) === 0) await new Promise((resolve) => setImmediate(resolve));
    await one.query('commit');
    await waits;
    await two.query({ text: 'select $1::bytea as b, length($1) as n', values: [Buffer.from([0, 255, 10])] });
    await copyIn(grant);
    await two.query('select now(), random()');
    await two.query('select sum(cents) from orders');
    await one.end();
    await two.end();
    const basic = `Basic ${Buffer.from(`${grant.user}:${grant.password}`).toString('base64')}`;
    assert.equal((await api.call('POST', `/v1/runs/${grant.run}/close`, { auth: basic })).status, 200);
    return grant.run;
  }

  /** Two rows in over COPY, by the same wire that replays. */
  async function copyIn({ user, password }: { readonly user: string; readonly password: string }): Promise<void> {
    const authority = await readFile(join(api.directory, 'tls', 'ca.crt'), 'utf8');
    const address = { host: '127.0.0.1', port: api.postgresPort, database: 'people', user } as const;
    const target = {
      ...address,
      name: 'people',
      protocol: 'postgres',
      password: new Secret(password),
      tls: 'verify-full',
    } as const;
    await using wire = await WireSession.open(target, authority, 'a copy');
    const rows = Buffer.from('8\tpaid\t800\n9\tpaid\t900\n');
    const copyInput = Buffer.concat([message(FRONTEND.copyData, rows), message(FRONTEND.copyDone)]);
    const sending = { kind: 'query', text: 'copy orders from stdin', copyInput } as const;
    const { bytes } = await wire.send(sending, [], AbortSignal.timeout(10_000));
    assert.deepEqual(
      readReply(bytes).results.map(({ tag }) => tag),
      ['COPY 2'],
    );
  }

  /** Made a moment after the run closed. */
  async function bundleOf(id: string): Promise<{ readonly status: number; readonly bytes: Buffer }> {
    const ca = await readFile(join(api.directory, 'tls', 'ca.crt'), 'utf8');
    const headers = { authorization: api.admin };
    const sent = request(`${api.url}/v1/runs/${id}/evidence`, { headers, ca, agent: false });
    const [response] = (await once(sent.end(), 'response')) as [IncomingMessage];
    return { status: response.statusCode ?? 0, bytes: Buffer.concat(await response.toArray()) };
  }

  async function locksWaitedFor(): Promise<number> {
    await using database = await connectTo(api.server.database);
    const { rows } = await database.client.query<{ n: number }>(
      'select count(*)::int n from pg_locks where not granted',
    );
    return rows[0]?.n ?? 0;
  }

  async function connectTo(database: string): Promise<AsyncDisposable & { readonly client: Client }> {
    const { host, port, user, password } = api.server;
    const client = new Client({ host, port, user, password, database });
    await client.connect();
    return { client, [Symbol.asyncDispose]: () => client.end() };
  }

  async function replay(
    against: string,
    more: Partial<AgainstOptions> = {},
    what = run,
  ): Promise<{ readonly status: number; readonly report: ReplayReport; readonly text: string }> {
    const tokenFile = join(api.directory, `token-${against}`);
    await writeFile(tokenFile, await api.ciToken({ jti: `${against}-${Math.random()}` }));
    const env = {
      CHAPERONE_URL: api.url,
      CHAPERONE_CA_FILE: join(api.directory, 'tls', 'ca.crt'),
      CHAPERONE_TOKEN: api.admin.replace('Bearer ', ''),
    };
    let text = '';
    let report: ReplayReport | undefined;
    const output = (json: boolean): Output => ({
      json,
      terminal: false,
      write: (said) => void (text += said),
      writeJson: (value) => void (report = value as ReplayReport),
      say: (said) => void (text += said),
      paint: (_style, said) => said,
      paintSaid: (_style, said) => said,
    });
    const json = more.json !== false;
    const status = await replayAgainst(what, { against, tokenFile, ...more }, env, output(json));
    return { status, report: report as ReplayReport, text };
  }

  const outcomes = ({ exchanges }: ReplayReport) =>
    exchanges.map(({ text, outcome, skipped }) =>
      `${outcome} ${skipped?.reason ?? ''} ${text.split(' where')[0]}`.replace('  ', ' '),
    );

  test('on an equal copy everything that reads is the same, and what writes is not sent', async () => {
    const { status, report } = await replay('equal');
    assert.deepEqual(outcomes(report), [
      'same select id, state from orders order by id',
      'same select state, cents from orders',
      'same select state, cents from orders',
      'same select email from people',
      'same select nothing from orders',
      'same begin',
      "skipped writes update orders set state = 'held'",
      'skipped writes update orders set cents = 1',
      'same commit',
      'same select $1::bytea as b, length($1) as n',
      'skipped writes copy orders from stdin',
      'unstable select now(), random()',
      'different select sum(cents) from orders',
    ]);
    // The sum is another one, for what changed it was not sent.
    assert.deepEqual(report.exchanges.at(-1)?.comparison?.differences, [
      { kind: 'value', result: 0, row: 1, column: 'sum', was: '3101', is: '1500' },
    ]);
    assert.equal(status, 1);
  });

  test('with --writes it is the same to the last row, in the order in which sessions waited for one another', async () => {
    const { status, report } = await replay('scratch', { writes: true });
    assert.deepEqual(
      [status, report.totals],
      [0, { same: 12, different: 0, unstable: 1, skipped: 0 }],
      JSON.stringify(report.exchanges),
    );
    const server = await api.call('GET', `/v1/runs/${report.replay}`, { auth: api.admin });
    assert.equal(server.status, 200, 'the replay is a run like any other');
    assert.equal((server.json['sessionList'] as unknown[]).length >= 2, true);
  });

  test('on a copy with other rows the differences are named, in JSON and for people', async () => {
    const { status, report } = await replay('changed');
    assert.equal(status, 1);
    const first = report.exchanges[0]?.comparison?.differences;
    assert.deepEqual(first, [
      { kind: 'tag', result: 0, was: 'SELECT 5', is: 'SELECT 4' },
      { kind: 'rows', result: 0, was: 5, is: 4 },
      { kind: 'value', result: 0, row: 3, column: 'state', was: 'paid', is: 'refunded' },
    ]);
    const { text } = await replay('changed', { json: false });
    assert.match(text, /row 3, state: was "paid"; is "refunded"/);
    assert.match(text, /had 5 rows; has 4/);
    assert.match(text, /3 not compared, because they may change something/);
  });

  test('with --twice what does not say the same twice is set apart, whatever it calls', async () => {
    const { report } = await replay('equal', { twice: true });
    assert.deepEqual(
      report.exchanges.filter(({ outcome }) => outcome === 'unstable').map(({ text }) => text),
      ['select now(), random()'],
    );
    await assert.rejects(replay('equal', { twice: true, writes: true }), CliError);
  });

  test('a target that the run was in is refused, an open run and an unknown one too', async () => {
    await assert.rejects(replay('people'), /was in people itself/);
    const { status, report } = await replay('people', { sameTarget: true });
    assert.equal(status, 1);
    // What the run changed itself is what it would see now.
    assert.deepEqual(
      report.exchanges
        .filter(({ outcome }) => outcome === 'different')
        .map(({ comparison }) => comparison?.differences),
      [
        [
          { kind: 'tag', result: 0, was: 'SELECT 5', is: 'SELECT 7' },
          { kind: 'rows', result: 0, was: 5, is: 7 },
          { kind: 'value', result: 0, row: 1, column: 'state', was: 'paid', is: 'held' },
        ],
      ],
    );
    await assert.rejects(replay('no-such-target'), CliError);
  });

  test('its evidence bundle is as good as the gateway that recorded it, where it has the key', async () => {
    const file = join(api.directory, 'run.evidence.zip');
    const { status: fetched, bytes } = await bundleOf(run);
    assert.equal(fetched, 200);
    await writeFile(file, bytes);
    const { report } = await replay('equal', {}, file);
    assert.deepEqual(report.totals, { same: 8, different: 1, unstable: 1, skipped: 3 });
    assert.deepEqual(report.exchanges.at(-1)?.comparison?.differences, [
      { kind: 'value', result: 0, row: 1, column: 'sum', was: '3101', is: '1500' },
    ]);
    await writeFile(file, bytes.subarray(0, bytes.length - 100));
    await assert.rejects(replay('equal', {}, file), /is no evidence of a run/);
  });

  test('what was erased is not compared, and says so', async () => {
    const json = { reason: 'contract' };
    const erased = await api.call('DELETE', `/v1/runs/${run}/bodies`, { auth: api.admin, json });
    assert.equal(erased.status, 200, erased.text);
    const { status, report } = await replay('equal');
    assert.equal(status, 2);
    assert.ok(report.exchanges.every(({ skipped }) => skipped?.reason === 'not-recorded'));
    assert.match(report.exchanges[0]?.skipped?.detail ?? '', /^erased on .* because of contract$/);
  });
});
