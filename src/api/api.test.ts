import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Client } from 'pg';
import { githubClaims } from '../../test/support/ci-claims.ts';
import { type PostgresServer, startPostgres } from '../../test/support/postgres-server.ts';
import { startTokenIssuer, type TokenIssuer } from '../../test/support/token-issuer.ts';
import { type OpenGateway, openGateway } from '../cli/start/open-gateway.ts';
import { operatorTokens } from '../identity/operator-tokens.ts';
import { openStore } from '../store/store.ts';
import { openApi } from './open-api.ts';

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly caching: string | undefined;
  readonly text: string;
  readonly json: Record<string, unknown>;
}

async function read(response: IncomingMessage): Promise<Answer> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk as string;
  const type = response.headers['content-type'] ?? '';
  const isJson = type.includes('json') && !type.includes('jsonl');
  const json = isJson ? (JSON.parse(text) as Answer['json']) : {};
  return { status: response.statusCode ?? 0, type, caching: response.headers['cache-control'], text, json };
}

const AUDIENCE = 'https://gateway.test';

describe('the REST API of a configured gateway', () => {
  let directory: string;
  let gateway: OpenGateway;
  let server: PostgresServer;
  let issuer: TokenIssuer;
  let ca: string;
  let admin: string;
  const faults: unknown[] = [];

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'chaperone-api-'));
    await chmod(directory, 0o700);
    [server, issuer] = await Promise.all([
      startPostgres({
        tls: true,
        sql: "CREATE TABLE people (id int, email text); INSERT INTO people VALUES (1, 'ada@example.com')",
      }),
      startTokenIssuer(),
    ]);
    const loopback = { host: '127.0.0.1', port: 0 };
    gateway = await openGateway(
      {
        kind: 'configured',
        dataDirectory: directory,
        api: loopback,
        postgres: loopback,
        portsMayMove: false,
        audience: AUDIENCE,
      },
      { version: '0.0.0', openApi, env: {}, nowMs: Date.now, onFault: (fault) => faults.push(fault) },
    );
    ca = await readFile(join(directory, 'tls', 'ca.crt'), 'utf8');
    admin = (await readFile(join(directory, 'admin-token'), 'utf8')).trim();
  });
  after(async () => {
    await gateway[Symbol.asyncDispose]();
    await Promise.all([server.stop(), issuer.close()]);
    await rm(directory, { recursive: true, force: true });
  });

  const call = (
    method: string,
    path: string,
    options: { auth?: string; json?: unknown; form?: Record<string, string> } = {},
  ) =>
    new Promise<Answer>((resolve, reject) => {
      const body = options.form
        ? new URLSearchParams(options.form).toString()
        : options.json === undefined
          ? ''
          : JSON.stringify(options.json);
      const type = options.form ? 'application/x-www-form-urlencoded' : 'application/json';
      const headers = {
        ...(body === '' ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(body) }),
        ...(options.auth ? { authorization: options.auth } : {}),
      };
      const sent = request(`${gateway.started.url}${path}`, { method, headers, ca, agent: false }, (response) => {
        read(response).then(resolve, reject);
      });
      sent.once('error', reject);
      sent.end(body);
    });
  const asAdmin = () => `Bearer ${admin}`;

  const configuration = (password: string, more = '') => `
issuers:
  - { name: ci, kind: github, issuer: "${issuer.url}", insecureLoopback: true${more} }
trust:
  - { name: shop, issuer: ci, claims: { sourceRepositoryId: "74" }, targets: [people] }
targets:
  - name: people
    protocol: postgres
    address: "${server.host}:${server.port}"
    database: "${server.database}"
    tls: { mode: verify-full, ca: ${JSON.stringify(server.ca)} }
    credential: { user: "${server.user}", password: { value: "${password}" } }
    classified: [{ column: public.people.email, class: email }]
policies:
  - { name: read, principals: any, targets: [people], operations: [read, session, transaction], effect: permit, mask: [email] }
`;
  const applied = async (text: string): Promise<Answer> => {
    const files = [{ name: 'all.yaml', text }];
    const plan = await call('POST', '/v1/apply', { auth: asAdmin(), json: { mode: 'plan', files } });
    if (plan.status !== 200) return plan;
    return call('POST', '/v1/apply', { auth: asAdmin(), json: { mode: 'apply', files, digest: plan.json['digest'] } });
  };
  const token = () =>
    issuer.sign({
      ...githubClaims({ iss: issuer.url, aud: AUDIENCE, nowSeconds: Math.floor(Date.now() / 1000) }),
      repository_id: '74',
    });
  const exchange = async (subject?: string) =>
    call('POST', '/oauth/token', {
      form: {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
        subject_token: subject ?? (await token()),
        'asserted.agent': 'tests',
      },
    });
  const basic = (grant: Answer) =>
    `Basic ${Buffer.from(`${String(grant.json['grant'])}:${String(grant.json['access_token'])}`).toString('base64')}`;
  const query = async (grant: Answer, text: string) => {
    const client = new Client({
      host: '127.0.0.1',
      port: gateway.started.postgres.port,
      user: String(grant.json['grant']),
      password: String(grant.json['access_token']),
      database: 'people',
      ssl: { ca },
    });
    await client.connect();
    try {
      return (await client.query(text)).rows as unknown[];
    } finally {
      await client.end();
    }
  };

  interface ListedSession {
    readonly id: string;
    readonly closedAt?: string;
    readonly permitted: number;
    readonly denied: number;
    readonly masked: number;
  }
  /** The run's sessions, once the gateway has seen their clients leave. */
  const closedSessions = async (run: string): Promise<readonly ListedSession[]> => {
    for (;;) {
      const { json } = await call('GET', `/v1/sessions?run=${run}`, { auth: asAdmin() });
      const sessions = json['sessions'] as ListedSession[];
      if (sessions.every(({ closedAt }) => closedAt !== undefined)) return sessions;
    }
  };

  test('says what it is, that it lives and that it is ready, to everybody', async () => {
    const info = await call('GET', '/v1/gateway');
    const { ssh, ...others } = info.json as { readonly ssh: Readonly<Record<string, string>> };
    assert.deepEqual(others, { version: '0.0.0', demo: false, audience: AUDIENCE, url: gateway.started.url });
    assert.match(`${ssh['hostKey']} ${ssh['userAuthority']}`, /^ssh-ed25519 AAAA\S+ ssh-ed25519 AAAA\S+$/);
    assert.deepEqual([(await call('GET', '/healthz')).status, (await call('GET', '/readyz')).status], [200, 200]);
  });

  test('answers no operator without a token, a wrong one, or too small a role', async () => {
    const none = await call('GET', '/v1/targets');
    assert.equal(none.status, 401);
    assert.match(none.type, /^application\/problem\+json/);
    assert.equal((await call('GET', '/v1/targets', { auth: 'Bearer chp_op_wrong' })).status, 401);
    const store = await openStore({ file: join(directory, 'store.sqlite') });
    const tokens = operatorTokens(store, {
      now: Date.now,
      random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
    });
    const auditor = await tokens.create({ name: 'ann', may: 'auditor' });
    await store[Symbol.asyncDispose]();
    const auth = `Bearer ${auditor.token.reveal()}`;
    assert.equal((await call('GET', '/v1/targets', { auth })).status, 200);
    assert.equal((await call('DELETE', '/v1/grants/grt_none', { auth })).status, 403);
  });

  test('what nobody declared is a problem and not a page', async () => {
    const missing = await call('GET', '/v1/nothing');
    assert.deepEqual([missing.status, missing.json['title']], [404, 'There is nothing here']);
    const odd = await call('GET', '/v1/sessions?limit=many', { auth: asAdmin() });
    assert.equal(odd.status, 400);
    const large = await call('POST', '/v1/apply', {
      auth: asAdmin(),
      json: { mode: 'plan', files: [{ name: 'x', text: 'x'.repeat(5_000_000) }] },
    });
    assert.equal(large.status, 413);
  });

  test('a configured gateway takes no issuer of a demo', async () => {
    const refused = await applied(configuration(server.password, ', demo: true'));
    assert.equal(refused.status, 422);
    assert.match(String(refused.json['detail']), /all\.yaml:3: an issuer of the demo is not trusted/);
  });

  test('applies the plan that was looked at, and no other', async () => {
    const files = [{ name: 'all.yaml', text: configuration(server.password) }];
    const other = await call('POST', '/v1/apply', {
      auth: asAdmin(),
      json: { mode: 'apply', files, digest: '0'.repeat(64) },
    });
    assert.equal(other.status, 422);
    const done = await applied(configuration(server.password));
    assert.equal(done.status, 200);
    assert.deepEqual(
      (done.json['changes'] as { action: string; kind: string; name: string }[]).map(
        ({ action, kind, name }) => `${action} ${kind} ${name}`,
      ),
      ['create issuer ci', 'create trust rule shop', 'create target people', 'create policy read'],
    );
    assert.ok(!done.text.includes(server.password));
    const { text } = await call('GET', '/v1/targets', { auth: asAdmin() });
    assert.match(text, /"public\.people\.email"/);
    assert.ok(!text.includes(server.password));
  });

  test('a check of a target names the step that fails', async () => {
    await applied(configuration('wrong'));
    const wrong = await call('POST', '/v1/targets/people/check', { auth: asAdmin() });
    const states = (answer: Answer) =>
      (answer.json['steps'] as { step: string; status: string }[]).map(({ step, status }) => `${step} ${status}`);
    assert.deepEqual(states(wrong), ['credential ok', 'address ok', 'tls ok', 'login failed']);
    await applied(configuration(server.password));
    const right = await call('POST', '/v1/targets/people/check', { auth: asAdmin() });
    assert.deepEqual([right.json['ok'], states(right)], [true, ['credential ok', 'address ok', 'tls ok', 'login ok']]);
    assert.equal((await call('POST', '/v1/targets/elsewhere/check', { auth: asAdmin() })).status, 404);
  });

  test('a CI token is exchanged once, for what opens a session', async () => {
    const subject = await token();
    const grant = await exchange(subject);
    assert.equal(grant.status, 200, grant.text);
    assert.deepEqual(grant.json['targets'], [
      {
        name: 'people',
        protocol: 'postgres',
        host: 'localhost',
        port: gateway.started.postgres.port,
        database: 'people',
      },
    ]);
    assert.equal(grant.json['certificateAuthority'], ca.trimEnd());
    const again = await exchange(subject);
    assert.deepEqual([again.status, again.json['error'], again.json['code']], [400, 'invalid_grant', 'claim-replayed']);
    assert.deepEqual(await query(grant, 'select id, email from people'), [{ id: 1, email: '[redacted]' }]);
  });

  test('a grant is renewed by whoever holds it', async () => {
    const grant = await exchange();
    const renew = (secret: string) =>
      call('POST', '/oauth/token', {
        form: {
          grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
          subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
          subject_token: secret,
          grant: String(grant.json['grant']),
        },
      });
    assert.equal((await renew('wrong')).json['code'], 'claim-invalid');
    const renewed = await renew(String(grant.json['access_token']));
    assert.deepEqual([renewed.status, renewed.json['grant']], [200, grant.json['grant']]);
  });

  test('a run is closed by its own holder, and its grant is void from then on', async () => {
    const [mine, other] = [await exchange(), await exchange()];
    const path = `/v1/runs/${String(mine.json['run'])}/close`;
    assert.equal((await call('POST', path)).status, 401);
    assert.equal((await call('POST', path, { auth: basic(other) })).status, 401);
    assert.equal((await call('POST', path, { auth: basic(mine) })).status, 200);
    await assert.rejects(query(mine, 'select 1'), /grant/);
    assert.deepEqual(await query(other, 'select 1 as one'), [{ one: 1 }]);
  });

  test('revoking a grant ends its live sessions', async () => {
    const grant = await exchange();
    const client = new Client({
      host: '127.0.0.1',
      port: gateway.started.postgres.port,
      user: String(grant.json['grant']),
      password: String(grant.json['access_token']),
      database: 'people',
      ssl: { ca },
    });
    const ended = new Promise((resolve) => client.once('end', resolve));
    client.on('error', () => undefined);
    await client.connect();
    const revoked = await call('DELETE', `/v1/grants/${String(grant.json['grant'])}`, { auth: asAdmin() });
    assert.deepEqual(revoked.json, { grant: grant.json['grant'], revoked: true });
    await ended;
    const { json } = await call('GET', `/v1/grants?run=${String(grant.json['run'])}`, { auth: asAdmin() });
    assert.deepEqual(
      (json['grants'] as { state: string }[]).map(({ state }) => state),
      ['revoked'],
    );
  });

  test('sessions, statements and recordings show what was done', async () => {
    const grant = await exchange();
    await query(grant, "select email from people where email like 'ada%' -- marked");
    await assert.rejects(query(grant, 'drop table people'), /permits/);
    const run = String(grant.json['run']);
    const [second, first] = await closedSessions(run);
    assert.deepEqual([first?.permitted, first?.masked, second?.denied], [1, 1, 1]);
    const pages = await call('GET', `/v1/sessions?run=${run}&limit=1`, { auth: asAdmin() });
    assert.equal(pages.json['next'], second?.id);
    const found = await call('GET', `/v1/statements?run=${run}&text=MARKED`, { auth: asAdmin() });
    const [statement] = found.json['statements'] as {
      tables: string[];
      kinds: string[];
      decision: string;
      rows: number;
    }[];
    assert.deepEqual(
      [statement?.tables, statement?.kinds, statement?.decision, statement?.rows],
      [['public.people'], ['select'], 'permit', 1],
    );
    const recording = await call('GET', `/v1/sessions/${first?.id}/recording`, { auth: asAdmin() });
    const events = recording.text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { kind: string; body?: { base64: string } });
    assert.deepEqual(
      events.map(({ kind }) => kind),
      ['session.open', 'request', 'reply', 'session.close'],
    );
    assert.match(Buffer.from(events[1]?.body?.base64 ?? '', 'base64').toString(), /marked$/);
    assert.doesNotMatch(Buffer.from(events[2]?.body?.base64 ?? '', 'base64').toString('latin1'), /ada@example/);
    assert.equal((await call('GET', '/v1/sessions/ses_none/recording', { auth: asAdmin() })).status, 404);
  });

  test('the log is open to auditors: its checkpoint and its tiles, and no other file', async () => {
    const checkpoint = await call('GET', '/v1/log/checkpoint');
    assert.match(checkpoint.text, /^gateway\.invalid\/[0-9a-f-]+\n\d+\n/);
    assert.equal((await call('GET', '/v1/log/tile/0/000')).status, 404);
    const width = checkpoint.text.split('\n')[1] ?? '';
    const hashes = await call('GET', `/v1/log/tile/0/000.p/${width}`);
    assert.equal(hashes.caching, 'public, max-age=31536000, immutable');
    // Whoever shares a cache with an auditor may not read entries from it.
    const entries = `/v1/log/tile/entries/000.p/${width}`;
    assert.equal((await call('GET', entries)).status, 401);
    const allowed = await call('GET', entries, { auth: asAdmin() });
    assert.equal(allowed.caching, 'private, max-age=31536000, immutable');
    assert.equal((await call('GET', '/v1/log/tile/..%2f..%2fkeys%2flog.key')).status, 400);
  });

  test('policies are checked without being put in force', async () => {
    const check = async (text: string) => {
      const json = { files: [{ name: 'p.yaml', text }] };
      return (await call('POST', '/v1/policies/check', { auth: asAdmin(), json })).json;
    };
    const good = await check(
      'policies: [{ name: a, principals: any, targets: any, operations: [read], effect: permit }]',
    );
    assert.deepEqual([good['ok'], good['policies']], [true, [{ name: 'a', effect: 'permit' }]]);
    const bad = await check('policies:\n  - { name: a, principals: any, targets: any, effect: permit, aprove: {} }');
    assert.equal(bad['ok'], false);
    assert.equal((bad['problems'] as { line: number }[])[0]?.line, 2);
  });
});
