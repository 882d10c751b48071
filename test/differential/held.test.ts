/**
 * Real clients behind a gateway that holds every one of their requests for a moment: once it is approved, each must see
 * what it sees of the server itself, and beside it the notices that say for whom it waits.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Policy } from '../../src/policy/policy.ts';
import { FakeApprovals } from '../support/fake-approvals.ts';
import { PERMIT_ALL, startGateway, type TestGateway, targetFor } from '../support/gateway.ts';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import { CASES, normalised, seedSql } from './cases.ts';
import { type Endpoint, libpqEnvironment, runProgram } from './endpoint.ts';

const DATABASE = 'shop';
const HOLD_EVERYTHING: Policy = {
  ...PERMIT_ALL,
  name: 'ask for everything',
  approve: { group: 'dba', quorum: 1, withinMs: 60_000, allowActor: false, measureRows: false, showText: false },
};

/** Not those that send thousands of requests, or that show notices in ways of their own. */
const HELD_CASES = CASES.filter(({ name }) => !/initialise|pg_dump/.test(name));

/** What a held client prints beside what it prints otherwise, in each client's way to print a notice. */
const NOTICES: readonly RegExp[] = [
  /^.*NOTICE: {2}(?:00000: )?chaperone: waiting for the approval of .*\n(?:HINT: .*\n)?/gm,
  /^00000 chaperone: waiting for the approval of .*\n/gm,
  /^\["notice","NOTICE","00000","chaperone: waiting for the approval of .*\n/gm,
  /\('NOTICE', 'chaperone: waiting for the approval of [^']*', '[^']*'\)(?:, )?/g,
  /, (?=\]$)/gm,
];

describe('a client whose every request is held sees the same once it is approved', () => {
  let server: PostgresServer;
  let people: FakeApprovals;
  let gateway: TestGateway;

  before(async () => {
    server = await startPostgres({ version: 15, sql: 'create database seed' });
    const options = ['-X', '-q', '-v', 'ON_ERROR_STOP=1'];
    const env = libpqEnvironment({ ...directly(), database: 'seed' });
    assert.match(await runProgram('psql', options, { env, input: await seedSql() }), /\[psql ended with 0\]/);
    people = new FakeApprovals();
    people.onAsked = (approval) => setImmediate(() => approval.approve());
    gateway = await startGateway({
      targets: [targetFor(server, { database: DATABASE })],
      policies: [HOLD_EVERYTHING],
      approvals: people,
      limits: { maxEstimatesAtOnce: 0 },
    });
  });

  after(async () => {
    await gateway?.[Symbol.asyncDispose]();
    await server?.stop();
  });

  for (const one of HELD_CASES) {
    test(one.name, async () => {
      const expected = await runOn(directly(), one);
      const asked = people.asked.length;
      const { user, password } = await gateway.grant();
      const seen = await runOn({ host: gateway.host, port: gateway.port, user, password, database: DATABASE }, one);
      assert.equal(withoutNotices(seen), withoutNotices(expected));
      assert.ok(people.asked.length > asked, 'its requests were held');
      assert.deepEqual(gateway.faults, []);
    });
  }

  test('psql prints the notice while it waits, and goes on in the same connection', async () => {
    const { user, password } = await gateway.grant();
    const endpoint = { host: gateway.host, port: gateway.port, user, password, database: DATABASE };
    const said = await runProgram('psql', ['-X', '-A', '-t', '-c', 'select 1', '-c', 'select 2'], {
      env: libpqEnvironment(endpoint),
    });
    assert.match(
      said,
      /^1\n2\n\n\[errors\]\nNOTICE: {2}chaperone: waiting for the approval of dba: https:\/\/gateway\.test\/approvals\/apr_\w+\nHINT: .*\nNOTICE: /,
    );
  });

  /** Each run begins with the same database under the same name. */
  async function runOn(endpoint: Endpoint, one: (typeof CASES)[number]): Promise<string> {
    await server.query(`drop database if exists ${DATABASE} with (force)`);
    await server.query(`create database ${DATABASE} template seed`);
    return normalised(one, await one.run(endpoint));
  }

  function directly(): Endpoint {
    const { host, port, user, password } = server;
    return { host, port, user, password, database: DATABASE };
  }
});

function withoutNotices(text: string): string {
  return NOTICES.reduce((rest, notice) => rest.replaceAll(notice, ''), text);
}
