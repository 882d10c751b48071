import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { Client } from 'pg';
import { shopScript } from '../../src/cli/demo/shop-data.ts';
import type { Decision } from '../../src/model/decision.ts';
import { compilePolicies } from '../../src/policy/compile-policies.ts';
import { parsePolicies } from '../../src/policy/parse-policies.ts';
import { loadCatalogue } from '../../src/protocols/postgres/catalogue.ts';
import { Analyser } from '../../src/sql/postgres/analyser.ts';
import type { AnalysisContext, Effects } from '../../src/sql/postgres/analysis.ts';
import type { Catalogue } from '../../src/sql/postgres/catalogue.ts';
import { loadPostgresParser } from '../../src/sql/postgres/parser.ts';
import { installedVersions } from '../support/postgres-installation.ts';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import { rowsOf } from '../support/rows-of.ts';
import { jobOf, targetNamed } from '../support/subjects.ts';

const DEMO = new URL('../../examples/policies/demo.yaml', import.meta.url);
const PROGRAMS = '/usr/lib/postgresql/15/bin';
const DESCRIBE =
  String.raw`\d \d+ \dt+ \dv \di \ds \df \df+ \dn+ \du \l \l+ \dp \dT \dx \db \dc \dC \dd \dD \ddp \des \dew
  \dL \dO \do \dRp \dRs \dFd \dy \conninfo \encoding \dconfig`.split(/\s+/);
const PSQL = [...DESCRIBE, String.raw`\d customers`, String.raw`\d+ customer_spend`, String.raw`\sv customer_spend`];

let server: PostgresServer;
let decided: (sql: string) => Decision;
let follow: (sql: string) => void;

const skip = installedVersions().includes(15) ? false : "Debian's PostgreSQL 15 is not installed";

before(async () => {
  if (skip) return;
  await loadPostgresParser();
  const settings = { log_line_prefix: '%a|', log_error_verbosity: 'terse', log_connections: 'off' };
  server = await startPostgres({ version: 15, auth: 'trust', settings: { ...settings, log_disconnections: 'off' } });
  await server.query('create role app login');
  await server.query('create database shop owner app');
  await run('pgbench', ['-i', '-q']);
  const decide = compilePolicies(demoPolicies()).decider(jobOf(), targetNamed('demo'));
  const session = new SessionState(await fillAndRead());
  const analyser = new Analyser();
  decided = (sql) => decide(analyser.analyse(sql, session));
  follow = (sql) => {
    for (const { effects } of analyser.analyse(sql, session).statements) session.follow(effects);
  };
});

after(() => server?.stop());

/** What SQL-level PREPARE and DECLARE left behind. */
class SessionState implements AnalysisContext {
  readonly catalogue: Catalogue;
  readonly #prepared = new Map<string, string>();
  readonly #cursors = new Map<string, string>();

  constructor(catalogue: Catalogue) {
    this.catalogue = catalogue;
  }

  prepared(name: string): string | undefined {
    return this.#prepared.get(name);
  }

  cursor(name: string): string | undefined {
    return this.#cursors.get(name);
  }

  follow({ prepares, declares }: Effects): void {
    if (prepares !== undefined) this.#prepared.set(prepares.name, prepares.text);
    if (declares !== undefined) this.#cursors.set(declares.name, declares.text);
  }
}

function demoPolicies() {
  const { policies, problems } = parsePolicies([{ path: 'demo.yaml', text: readFileSync(DEMO, 'utf8') }]);
  assert.deepEqual(problems, []);
  return policies;
}

async function fillAndRead(): Promise<Catalogue> {
  const client = new Client({ host: server.host, port: server.port, user: 'app', database: 'shop' });
  await client.connect();
  await client.query(shopScript());
  const catalogue = await loadCatalogue(rowsOf(client));
  await client.end();
  return catalogue;
}

function run(program: string, args: readonly string[], input = '', name = 'setup'): Promise<void> {
  const env = { PGHOST: server.host, PGPORT: String(server.port), PGUSER: 'app', PGDATABASE: 'shop', PGAPPNAME: name };
  return new Promise((done, failed) => {
    const child = execFile(`${PROGRAMS}/${program}`, [...args], { env }, (error) => (error ? failed(error) : done()));
    child.stdin?.end(input);
  });
}

/** The statements that a client sent, in order, from the server's own log. */
async function statementsOf(name: string): Promise<readonly string[]> {
  const lines = new RegExp(`^${name}\\|LOG:  (?:statement|execute [^:]*): ([^]*?)(?=\\n\\S*\\||$(?![^]))`, 'gm');
  return Array.from((await server.log()).matchAll(lines), (match) => (match[1] ?? '').replaceAll('\n\t', '\n'));
}

/** Decides what a client sent; the statements that were not simply permitted, with why. */
async function heldOrDenied(name: string, atLeast: number): Promise<readonly string[]> {
  const statements = await statementsOf(name);
  assert.ok(statements.length >= atLeast, `${name} sent ${statements.length} statements`);
  return statements.flatMap((sql) => {
    const decision = decided(sql);
    follow(sql);
    if (decision.effect === 'deny') return [`${decision.code}: ${sql}`];
    return decision.obligations.some((one) => one.kind === 'approve') ? [`approve: ${sql}`] : [];
  });
}

describe("the demo's policies let usual clients work", { skip }, () => {
  test('psql describes everything', async () => {
    await run('psql', ['-X'], PSQL.join('\n'), 'client-psql');
    assert.deepEqual(await heldOrDenied('client-psql', 50), []);
  });

  test('pg_dump dumps schema and data, by COPY and by INSERT', async () => {
    await run('pg_dump', ['-f', '/dev/null'], '', 'client-dump');
    await run('pg_dump', ['--data-only', '--inserts', '-f', '/dev/null'], '', 'client-dump');
    assert.deepEqual(await heldOrDenied('client-dump', 100), []);
  });

  test('pgbench runs, by each protocol', async () => {
    for (const mode of ['simple', 'extended', 'prepared']) {
      await run('pgbench', ['-n', '-t', '3', '-M', mode], '', 'client-bench');
    }
    assert.deepEqual(await heldOrDenied('client-bench', 50), []);
  });
});

describe("the demo's policies", { skip }, () => {
  const cases: readonly (readonly [sql: string, decision: string])[] = [
    ['select * from customers', 'permit mask'],
    ['insert into orders values (1)', 'permit mask'],
    ["update customers set name = 'x' where id = 1 returning email", 'permit mask'],
    ["update customers set name = 'x'", 'permit mask approve'],
    ['delete from customers where true', 'permit mask approve'],
    ['with d as (delete from customers returning *) select * from d', 'permit mask approve'],
    ['explain analyze delete from customers', 'permit mask approve'],
    ['drop table customers', 'policy-denied'],
    ['truncate customers', 'policy-denied'],
    ['select 1; drop table customers', 'policy-denied'],
    ['create table x (id int)', 'permit approve'],
    ['create table x as select email from customers', 'permit mask approve'],
    ['create temp table x (id int)', 'permit'],
    ['alter table customers add column x int', 'permit approve'],
    ['alter table customers disable row level security', 'policy-denied'],
    ["copy customers to program 'sh'", 'policy-denied'],
    ["copy customers from '/etc/passwd'", 'policy-denied'],
    ["select pg_read_file('/etc/passwd')", 'policy-denied'],
    ["select ('/etc/passwd'::text).pg_read_file", 'policy-denied'],
    ['do $$ begin delete from customers; end $$', 'policy-denied'],
    ['set role postgres', 'policy-denied'],
    ['select * from pg_stats', 'policy-denied'],
    ['select * from pg_authid', 'policy-denied'],
    ["select set_config('a.b', email, false) from customers", 'policy-denied'],
    ['set standard_conforming_strings = off', 'policy-denied'],
    ["select nextval('s')", 'permit mask'],
    ['select pg_reload_conf()', 'policy-no-match'],
    ['grant select on customers to public', 'policy-no-match'],
    ['create role x superuser', 'policy-no-match'],
    ['select nobody_knows()', 'request-unknown'],
    ['execute nobody_knows', 'request-unknown'],
    ['selec', 'request-unparsable'],
    ['begin; set local statement_timeout = 100; commit', 'permit'],
    ['', 'permit'],
  ];
  for (const [sql, expected] of cases) {
    test(`${JSON.stringify(sql)}: ${expected}`, () => {
      const decision = decided(sql);
      const kinds = decision.effect === 'permit' ? decision.obligations.map((one) => one.kind) : [];
      assert.equal(decision.effect === 'permit' ? ['permit', ...kinds].join(' ') : decision.code, expected);
    });
  }
});
