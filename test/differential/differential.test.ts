/**
 * The same real client against the same real server, directly and through the gateway, must see the same. The gateway
 * permits everything and masks nothing here; what it does with refusals and masks is the conformance suite's.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Policy } from '../../src/policy/policy.ts';
import { PERMIT_ALL, startGateway, type TestGateway, targetFor } from '../support/gateway.ts';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import { CASES, type DifferentialCase, normalised, seedSql } from './cases.ts';
import { type Endpoint, libpqEnvironment, runProgram } from './endpoint.ts';

const DATABASE = 'shop';

/** Every reply is taken apart and looked through, and nothing of this data is what these detectors look for. */
const MASK_NOTHING_HERE: Policy = { ...PERMIT_ALL, name: 'masks', mask: ['jwt', 'private-key', 'iban', 'us-ssn'] };

describe('a client sees through the gateway what it sees without it', () => {
  let server: PostgresServer;
  let plain: TestGateway;
  let encrypted: TestGateway;
  let masking: TestGateway;

  before(async () => {
    // Debian's server, because its pg_dump refuses a server that is newer than itself.
    server = await startPostgres({ version: 15, tls: true, sql: 'create database seed' });
    const endpoint = { ...directly(server), database: 'seed' };
    const options = ['-X', '-q', '-v', 'ON_ERROR_STOP=1'];
    const seeded = await runProgram('psql', options, { env: libpqEnvironment(endpoint), input: await seedSql() });
    assert.match(seeded, /\[psql ended with 0\]/);
    const settings = { database: DATABASE, tls: { mode: 'disable' } } as const;
    plain = await startGateway({ targets: [targetFor(server, settings)] });
    masking = await startGateway({ targets: [targetFor(server, settings)], policies: [MASK_NOTHING_HERE] });
    encrypted = await startGateway({ targets: [targetFor(server, { database: DATABASE })], tls: true });
  });

  after(async () => {
    await masking?.[Symbol.asyncDispose]();
    await encrypted?.[Symbol.asyncDispose]();
    await plain?.[Symbol.asyncDispose]();
    await server?.stop();
  });

  for (const one of CASES) {
    test(one.name, async () => {
      const expected = await runOn(directly(server), one);
      assert.equal(await runOn(await through(plain), one), expected, 'without TLS');
      assert.equal(await runOn(await through(encrypted), one), expected, 'with TLS to the client and to the server');
      assert.equal(await runOn(await through(masking), one), expected, 'rewritten by masks that find nothing');
      assert.deepEqual([plain.faults, encrypted.faults, masking.faults], [[], [], []]);
    });
  }

  /** Each run begins with the same database under the same name. */
  async function runOn(endpoint: Endpoint, one: DifferentialCase): Promise<string> {
    await server.query(`drop database if exists ${DATABASE} with (force)`);
    await server.query(`create database ${DATABASE} template seed`);
    return normalised(one, await one.run(endpoint));
  }
});

function directly({ host, port, user, password }: PostgresServer): Endpoint {
  return { host, port, user, password, database: DATABASE };
}

async function through(gateway: TestGateway): Promise<Endpoint> {
  const { user, password } = await gateway.grant();
  const { host, port, caFile } = gateway;
  return { host, port, user, password, database: DATABASE, ...(caFile === undefined ? {} : { caFile }) };
}
