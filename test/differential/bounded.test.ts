/**
 * Real clients under rules that bound their sessions must see what they see without: the bounds are wide enough for what
 * they do, and what is put into their sessions is theirs to see only where they ask for it.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Policy } from '../../src/policy/policy.ts';
import { PERMIT_ALL, startGateway, type TestGateway, targetFor } from '../support/gateway.ts';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import { CASES, type DifferentialCase, normalised, seedSql } from './cases.ts';
import { type Endpoint, libpqEnvironment, runProgram } from './endpoint.ts';

const DATABASE = 'shop';
const HOUR = 3_600_000;

const BOUNDED: Policy = {
  ...PERMIT_ALL,
  name: 'bounded',
  operations: ['any'],
  session: { statementTimeoutMs: HOUR, lockTimeoutMs: HOUR, idleInTransactionTimeoutMs: HOUR },
};

/** What cannot be read cannot be bounded: what these clients write wrongly on purpose is the server's to refuse. */
const UNREAD: Policy = { ...PERMIT_ALL, name: 'unread', operations: ['unknown'] };

/** Nothing that it permits writes, so that its sessions are read-only without being asked. */
const READING: Policy = { ...PERMIT_ALL, name: 'reading', operations: ['read', 'session', 'transaction'] };

/** One of each client, and pgbench in the mode that batches most. */
const BOUNDED_CASES = /^psql|prepared: init|extended: pipeline|dump as text|psycopg|node-postgres|JDBC/;
const READING_CASES = /catalogue|^pg_dump as/;

describe('a client sees under bounds what it sees without them', () => {
  let server: PostgresServer;
  let bounded: TestGateway;
  let reading: TestGateway;

  before(async () => {
    server = await startPostgres({ version: 15, sql: 'create database seed' });
    const endpoint = { ...directly(server), database: 'seed' };
    const options = ['-X', '-q', '-v', 'ON_ERROR_STOP=1'];
    const seeded = await runProgram('psql', options, { env: libpqEnvironment(endpoint), input: await seedSql() });
    assert.match(seeded, /\[psql ended with 0\]/);
    const targets = [targetFor(server, { database: DATABASE })];
    bounded = await startGateway({ targets, policies: [BOUNDED, UNREAD] });
    reading = await startGateway({ targets, policies: [READING] });
  });

  after(async () => {
    await bounded?.[Symbol.asyncDispose]();
    await reading?.[Symbol.asyncDispose]();
    await server?.stop();
  });

  for (const one of CASES.filter(({ name }) => BOUNDED_CASES.test(name))) {
    test(`${one.name}, with timeouts`, () => isTheSame(() => bounded, one));
  }
  for (const one of CASES.filter(({ name }) => READING_CASES.test(name))) {
    test(`${one.name}, read-only`, () => isTheSame(() => reading, one));
  }

  async function isTheSame(through: () => TestGateway, one: DifferentialCase): Promise<void> {
    const expected = await runOn(directly(server), one);
    const { host, port, faults } = through();
    const { user, password } = await through().grant();
    const seen = await runOn({ host, port, user, password, database: DATABASE }, one);
    assert.deepEqual(changedLines(seen, expected), one.name.startsWith('psycopg') ? REFUSED_TOGETHER : []);
    assert.deepEqual(faults, []);
  }

  /** Each run begins with the same database under the same name. */
  async function runOn(endpoint: Endpoint, one: DifferentialCase): Promise<string> {
    await server.query(`drop database if exists ${DATABASE} with (force)`);
    await server.query(`create database ${DATABASE} template seed`);
    return normalised(one, await one.run(endpoint));
  }
});

/** Of a pipeline of a change and of what cannot be read, the one is bounded and the other cannot be: neither runs. */
const REFUSED_TOGETHER = ["  FATAL_ERROR b'' b'42501' [] ACTIVE", "  PIPELINE_ABORTED b'' None [] ACTIVE"];

function changedLines(seen: string, expected: string): readonly string[] {
  const lines = expected.split('\n');
  const changed = seen.split('\n').filter((line, i) => line !== lines[i]);
  return seen.split('\n').length === lines.length ? changed : [seen];
}

function directly({ host, port, user, password }: PostgresServer): Endpoint {
  return { host, port, user, password, database: DATABASE };
}
