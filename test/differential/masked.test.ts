/** Real clients read masked values of every type, in text and in binary, as values of that type. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Client } from 'pg';
import { PERMIT_ALL, startGateway, type TestGateway, targetFor } from '../support/gateway.ts';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import { type Endpoint, jdbcEnvironment, libpqEnvironment, runJava, runProgram } from './endpoint.ts';

const COLUMNS = `a_text text, a_varchar varchar(40), an_int2 int2, an_int4 int4, an_int8 int8, a_float4 float4,
  a_float8 float8, a_numeric numeric(12, 2), a_bool boolean, a_date date, a_timestamp timestamp, a_timestamptz timestamptz,
  a_uuid uuid, a_json json, a_jsonb jsonb, a_bytea bytea, a_list text[], an_enum mood, a_range int4range, an_inet inet`;
const NAMES = COLUMNS.split(',').flatMap((column) => /^\s*(an?_\w+)/.exec(column)?.[1] ?? []);
const VALUES = `'secret words', 'more secrets', 123, 1234567890, 1234567890123, 1.5, 12345678, 12345678, true, '1987-06-05',
  '1987-06-05 04:03:02', '1987-06-05 04:03:02+00', '7e3d91b6-48f2-4ca5-9e07-d1b86f23a954', '{"a": ["x", 1, true, null]}',
  '{"a": ["x", 1, true, null]}', 'bytes', array['one', null, 'two'], 'fine', '[1,5)', '192.0.2.1'`;
const SCHEMA = `create type mood as enum ('fine'); set timezone = 'UTC'; create table types (${COLUMNS});
  insert into types values (${VALUES});`;
const PLAIN = `select ${NAMES.join(', ')} from types`;
const COMPUTED = `select ${NAMES.map((name) => `coalesce(null, ${name})`).join(', ')} from types`;

let server: PostgresServer;
const gateways = new Map<string, TestGateway>();

before(async () => {
  server = await startPostgres({ version: 15, settings: { timezone: 'UTC' }, sql: SCHEMA });
  for (const mask of ['redact', 'partial', 'hash', 'null'] as const) {
    const classified = NAMES.map((column) => ({ schema: 'public', table: 'types', column, class: 'all', mask }));
    const policies = [{ ...PERMIT_ALL, mask: ['all'] }];
    gateways.set(mask, await startGateway({ targets: [targetFor(server, { classified })], policies }));
  }
});

after(async () => {
  for (const gateway of gateways.values()) await gateway[Symbol.asyncDispose]();
  await server.stop();
});

async function endpointOf(mask: string): Promise<Endpoint> {
  const gateway = gateways.get(mask);
  assert.ok(gateway);
  const { user, password } = await gateway.grant();
  return { host: gateway.host, port: gateway.port, user, password, database: 'shop' };
}

const EPOCH = '1970-01-01T00:00:00.000Z';

describe('masked values of every type are read by', () => {
  test('node-postgres, in text and in binary', async () => {
    const client = new Client(await endpointOf('redact'));
    await client.connect();
    try {
      for (const text of [PLAIN, COMPUTED]) {
        const inText = (await client.query<unknown[]>({ text, rowMode: 'array' })).rows[0] ?? [];
        const inBinary =
          (await client.query<unknown[]>({ text, rowMode: 'array', binary: true } as never)).rows[0] ?? [];
        assert.deepEqual(inText.slice(0, 9).map(String), [
          '[redacted]',
          '[redacted]',
          '0',
          '0',
          '0',
          '0',
          '0',
          '0',
          'false',
        ]);
        assert.deepEqual(inBinary.slice(0, 9).map(String), inText.slice(0, 9).map(String));
        assert.deepEqual(JSON.parse(JSON.stringify(inText[11])), EPOCH);
        assert.equal(inText[12], '00000000-0000-0000-0000-000000000000');
        const json = text === PLAIN ? { a: ['[redacted]', 0, false, null] } : '[redacted]';
        assert.deepEqual([inText[13], inText[14]], [json, json]);
        assert.deepEqual(inText[16], text === PLAIN ? ['[redacted]', null, '[redacted]'] : null);
        assert.deepEqual(inText.slice(17), [null, null, null]);
      }
    } finally {
      await client.end();
    }
  });

  for (const mask of ['redact', 'partial', 'hash', 'null']) {
    test(`psycopg 3: ${mask}`, async () => {
      const script = join(import.meta.dirname, 'clients', 'masked_values.py');
      const env = libpqEnvironment(await endpointOf(mask));
      const lines = (await runProgram('/usr/bin/python3', [script, PLAIN, COMPUTED], { env })).split('\n');
      assert.equal(lines.at(-2), '[/usr/bin/python3 ended with 0]', lines.join('\n'));
      const [plain, computed, plainInBinary, computedInBinary] = lines;
      assert.equal(plainInBinary, plain);
      assert.equal(computedInBinary, computed);
      if (mask === 'redact') assert.match(plain ?? '', /datetime\.date\(1970, 1, 1\).*UUID\('0{8}-/);
    });

    test(`the JDBC driver: ${mask}`, async () => {
      const source = join(import.meta.dirname, 'clients', 'MaskedValues.java');
      const env = jdbcEnvironment(await endpointOf(mask));
      const lines = (await runJava(source, [PLAIN, COMPUTED], { env })).split('\n');
      assert.equal(lines.at(-2), '[java ended with 0]', lines.join('\n'));
      const [plain, computed, plainInBinary, computedInBinary] = lines;
      assert.equal(withoutZeros(plainInBinary), withoutZeros(plain));
      assert.equal(withoutZeros(computedInBinary), withoutZeros(computed));
    });
  }
});

/** The driver gives a number the scale of its column in one format and not in the other. */
function withoutZeros(line: string | undefined): string {
  return (line ?? '').replaceAll(/\.0+(?= \|)/g, '');
}
