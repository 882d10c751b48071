import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Client, type FieldDef } from 'pg';
import { loadCatalogue } from '../../src/protocols/postgres/catalogue.ts';
import { Analyser } from '../../src/sql/postgres/analyser.ts';
import { type Catalogue, columnOf } from '../../src/sql/postgres/catalogue.ts';
import { loadPostgresParser } from '../../src/sql/postgres/parser.ts';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import { rowsOf } from '../support/rows-of.ts';
import { contextOf } from '../support/shop-catalogue.ts';
import { QUERIES, SCHEMA } from './lineage-queries.ts';

let server: PostgresServer;
let client: Client;
let catalogue: Catalogue;
const analyser = new Analyser();

before(async () => {
  await loadPostgresParser();
  server = await startPostgres({ version: 18, auth: 'trust', sql: SCHEMA });
  client = new Client({ connectionString: server.url });
  await client.connect();
  catalogue = await loadCatalogue(rowsOf(client));
});

after(async () => {
  await client.end();
  await server.stop();
});

/** What the server says of a query's columns; whatever the query changes is undone. */
async function describeByServer(sql: string): Promise<readonly FieldDef[]> {
  await client.query('begin');
  try {
    return (await client.query({ text: sql, rowMode: 'array' })).fields;
  } finally {
    await client.query('rollback');
  }
}

describe('the analyser agrees with RowDescription', () => {
  for (const sql of QUERIES) {
    test(sql, async () => {
      const fields = await describeByServer(sql);
      const analysis = analyser.analyse(sql, contextOf(catalogue));
      assert.equal(analysis.problem, undefined);
      const outputs = analysis.statements[0]?.outputs ?? [];
      assert.deepEqual(
        outputs.map((output) => output.name),
        fields.map((field) => field.name),
      );
      for (const [index, { name, tableID, columnID }] of fields.entries()) {
        // 0 is a whole row, and what is below is a system column
        if (tableID === 0 || columnID <= 0) continue;
        const source = columnOf(catalogue, tableID, columnID);
        const found = outputs[index]?.sources;
        assert.ok(source !== undefined && found !== undefined && found !== 'unknown', `${name} has a source`);
        assert.deepEqual(
          found.filter((one) => one.table === source.table && one.column === source.column),
          [source],
        );
      }
    });
  }
});

test('a function called by attribute notation is called by the server, and found by the analyser', async () => {
  const sql = "select ('abc'::text).length, ('a'::text).pg_typeof";
  const [row] = await server.query(sql);
  assert.deepEqual(row, { length: 3, pg_typeof: 'text' });
  const file = analyser.analyse("select ('PG_VERSION'::text).pg_read_file", contextOf(catalogue));
  assert.deepEqual(await server.query("select ('PG_VERSION'::text).pg_read_file"), [{ pg_read_file: '18\n' }]);
  assert.deepEqual(
    file.operations.map(({ kind, access }) => `${kind} ${access}`),
    ['select read', 'function admin'],
  );
});
