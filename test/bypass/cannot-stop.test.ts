import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import type { Policy } from '../../src/policy/policy.ts';
import { startGateway, type TestGateway, targetFor } from '../support/gateway.ts';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import { errorFields, RawPostgres } from '../support/raw-postgres.ts';
import { CHANNELS } from './cannot-stop.ts';
import { CLASSIFIED, PROFILES, SCHEMA } from './world.ts';

const CLOSED: readonly Policy[] = [
  { name: 'nobody asks by it', principals: 'any', targets: 'any', effect: 'deny', filters: ['any'] },
  { name: 'nobody writes it', principals: 'any', targets: 'any', effect: 'deny', writes: ['any'] },
];

let server: PostgresServer;
let open: TestGateway;
let closed: TestGateway;

before(async () => {
  server = await startPostgres({ version: 18, sql: SCHEMA });
  const targets = [targetFor(server, { classified: CLASSIFIED })];
  open = await startGateway({ targets, policies: PROFILES.builder });
  closed = await startGateway({ targets, policies: [...PROFILES.builder, ...CLOSED] });
});

after(async () => {
  await open[Symbol.asyncDispose]();
  await closed[Symbol.asyncDispose]();
  await server.stop();
});

/** Why the gateway refused a statement, in a transaction that is undone; undefined where it did not. */
async function refusalOf(gateway: TestGateway, sql: string): Promise<string | undefined> {
  const { user, password } = await gateway.grant();
  const { host, port } = gateway;
  await using client = await RawPostgres.login({ host, port, user, password, database: 'shop' });
  await client.query('begin');
  const messages = await client.query(sql);
  const errors = messages.filter(({ type }) => type === 'E').map(errorFields);
  return errors.find(({ M }) => M?.startsWith('chaperone: '))?.['D'];
}

describe('what masking cannot stop, a rule does', () => {
  for (const { what, sql, rule } of CHANNELS) {
    test(`${what}: ${rule}`, async () => {
      assert.equal(await refusalOf(open, sql), undefined);
      const name = rule === 'filters' ? 'nobody asks by it' : 'nobody writes it';
      assert.equal(await refusalOf(closed, sql), `Refused: policy-denied, by the rule "${name}".`);
    });
  }
});

test('what masking cannot stop is told, each way of it', async () => {
  const page = await readFile(new URL('../../docs/security/what-masking-cannot-stop.md', import.meta.url), 'utf8');
  assert.deepEqual(
    CHANNELS.filter(({ what }) => !page.includes(what)).map(({ what }) => what),
    [],
  );
});
