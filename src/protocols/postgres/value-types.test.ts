import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { installedVersions } from '../../../test/support/postgres-installation.ts';
import { type PostgresServer, startPostgres } from '../../../test/support/postgres-server.ts';
import { valueType } from './value-types.ts';

const EXPECTED: Readonly<Record<string, string>> = {
  _bpchar: 'textArray',
  _name: 'textArray',
  _text: 'textArray',
  _varchar: 'textArray',
  bool: 'boolean',
  bpchar: 'text',
  bytea: 'bytea',
  cstring: 'text',
  date: 'date',
  float4: 'float4',
  float8: 'float8',
  int2: 'integer2',
  int4: 'integer4',
  int8: 'integer8',
  json: 'json',
  jsonb: 'jsonb',
  name: 'text',
  numeric: 'numeric',
  text: 'text',
  timestamp: 'timestamp',
  timestamptz: 'timestamptz',
  unknown: 'text',
  uuid: 'uuid',
  varchar: 'text',
  xml: 'text',
};

for (const version of installedVersions()) {
  describe(`the types of PostgreSQL ${version}`, () => {
    let server: PostgresServer;
    before(async () => {
      server = await startPostgres({
        version,
        sql: `CREATE DOMAIN email AS text; CREATE TYPE mood AS ENUM ('fine'); CREATE TYPE pair AS (a int, b text);
              CREATE TABLE people (mail email, mood mood, pair pair, list text[], range int4range)`,
      });
    });
    after(() => server.stop());

    test('are known by their oid, and all others are other', async () => {
      const types = await server.query('SELECT oid, typname FROM pg_type');
      const known = types.filter(({ oid }) => valueType(Number(oid)) !== 'other');
      const names = known.map(({ oid, typname }) => [String(typname), valueType(Number(oid))] as const);
      assert.deepEqual(Object.fromEntries(names), EXPECTED);
    });

    test('that the database defined are other, but for domains, which the wire shows as their base', async () => {
      const { default: pg } = await import('pg');
      const client = new pg.Client({ host: server.socketDirectory, port: server.port, user: server.user });
      await client.connect();
      const { fields } = await client.query('SELECT * FROM people');
      await client.end();
      const types = fields.map(({ dataTypeID }) => valueType(dataTypeID));
      assert.deepEqual(types, ['text', 'other', 'other', 'textArray', 'other']);
    });
  });
}
