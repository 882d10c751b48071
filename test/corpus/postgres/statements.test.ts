import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Client, DatabaseError, type QueryArrayResult } from 'pg';
import type { ColumnSource, Operation } from '../../../src/model/request.ts';
import { loadCatalogue } from '../../../src/protocols/postgres/catalogue.ts';
import { analyseOnce } from '../../../src/sql/postgres/analyser.ts';
import type { Analysis } from '../../../src/sql/postgres/analysis.ts';
import { type Catalogue, withSearchPath } from '../../../src/sql/postgres/catalogue.ts';
import { loadPostgresParser } from '../../../src/sql/postgres/parser.ts';
import { corpusSchemas } from '../../canaries/leaks.ts';
import { type PostgresServer, startPostgres } from '../../support/postgres-server.ts';
import { rowsOf } from '../../support/rows-of.ts';
import { contextOf } from '../../support/shop-catalogue.ts';
import { DIGEST } from './digest.ts';
import { operationLines } from './operation-lines.ts';
import { readStatementFile, STATEMENT_FILES, type StatementFile, writeStatementFile } from './statement-files.ts';

let server: PostgresServer;
let client: Client;
let witness: Client;
let catalogue: Catalogue;

before(async () => {
  await loadPostgresParser();
  server = await startPostgres({ sql: corpusSchemas(), settings: { log_statement: 'none', autovacuum: 'off' } });
  client = await connected();
  witness = await connected();
  catalogue = await loadCatalogue(rowsOf(client));
  if (process.env['CHAPERONE_WRITE_CORPUS'] === undefined) return;
  for (const file of STATEMENT_FILES) {
    writeStatementFile(file, (text) =>
      analyse(file, text).operations.flatMap((one) => operationLines(one, file.schema)),
    );
  }
});
after(async () => {
  await client.end();
  await witness.end();
  await server.stop();
});

/** CHAPERONE_WRITE_CORPUS=1 writes what is found into the files, to be read as a difference before it is committed. */
for (const file of STATEMENT_FILES) {
  describe(`what each statement of ${file.name}.statements does is what is written below it`, () => {
    for (const { input, expected } of readStatementFile(file)) {
      test(input, () => {
        const { operations } = analyse(file, input);
        assert.deepEqual(
          operations.flatMap((operation) => operationLines(operation, file.schema)),
          expected,
        );
      });
    }
  });

  describe(`the server agrees with what is said of ${file.name}.statements`, () => {
    for (const { input } of readStatementFile(file)) {
      test(input, async () => {
        const analysis = analyse(file, input);
        const isRead = analysis.operations.every(({ access }) => access === 'read');
        if (!file.isValid && !isRead) return;
        const before = isRead ? await digest() : undefined;
        const result = await run(file, input, isRead);
        if (isRead) assert.equal(await digest(), before);
        if (!file.isValid) return;
        assertColumnsExist(analysis.operations);
        if (result !== undefined) assertNames(analysis, result);
      });
    }
  });
}

test('the corpus has more than three hundred statements', () => {
  const all = STATEMENT_FILES.flatMap((file) => readStatementFile(file).map(({ input }) => input));
  assert.ok(all.length >= 500);
});

function analyse(file: StatementFile, text: string): Analysis {
  return analyseOnce(text, contextOf(withSearchPath(catalogue, [file.schema]), file.prepared, file.cursors));
}

/** Commits what is called a read, so that what it changed would be seen; undoes everything else. */
async function run(file: StatementFile, text: string, isRead: boolean): Promise<QueryArrayResult | undefined> {
  await client.query(`BEGIN; SET LOCAL search_path = ${file.schema}; DEALLOCATE ALL`);
  let result: QueryArrayResult | undefined;
  try {
    for (const [name, query] of Object.entries(file.prepared)) await client.query(`PREPARE ${name} (int) AS ${query}`);
    for (const [name, query] of Object.entries(file.cursors)) {
      if (text.includes(name)) await client.query(`DECLARE ${name} SCROLL CURSOR FOR ${query}`);
    }
    // COPY needs the messages of its own, and a parameter a value
    const isCopy = text.startsWith('copy ');
    const query = text.startsWith('prepare') ? text : text.replaceAll('$1', 'NULL');
    if (!isCopy) result = await client.query({ text: query, rowMode: 'array' });
    await client.query(isRead ? 'COMMIT' : 'ROLLBACK');
  } catch (error) {
    await client.query('ROLLBACK');
    if (!(error instanceof DatabaseError)) throw error;
    const isExpected = !file.isValid || error.code === NOT_IN_A_TRANSACTION || error.code === DIVISION_BY_ZERO;
    assert.ok(isExpected, error.message);
  }
  return result;
}

const NOT_IN_A_TRANSACTION = '25001';
const DIVISION_BY_ZERO = '22012';

async function digest(): Promise<string> {
  const { rows } = await witness.query<{ digest: string }>(DIGEST);
  return rows[0]?.digest ?? '';
}

function assertColumnsExist(operations: readonly Operation[]): void {
  for (const { outputs = [], columns = [], copies = [], kind } of operations) {
    const shown = outputs.flatMap(({ sources }) => (sources === 'unknown' ? [] : sources));
    const copied = copies.flatMap(({ from }) => (from === 'unknown' ? [] : from));
    const touched = columns === 'unknown' || kind === 'create' || kind === 'alter' ? [] : columns;
    const sources: readonly ColumnSource[] = kind === 'create' ? shown : [...shown, ...copied, ...touched];
    for (const { schema, table, column } of sources) {
      const found = catalogue.relations
        .get(schema)
        ?.get(table)
        ?.columns.some(({ name }) => name === column);
      assert.ok(found, `${schema}.${table}.${column} does not exist`);
    }
  }
}

/** The columns are named and counted as the server does. */
function assertNames({ statements }: Analysis, result: QueryArrayResult): void {
  const outputs = statements[0]?.outputs;
  if (outputs === undefined || result.fields.length === 0) return;
  assert.deepEqual(
    outputs.map(({ name }) => name),
    result.fields.map(({ name }) => name),
  );
}

async function connected(): Promise<Client> {
  const made = new Client({ host: server.socketDirectory, port: server.port, user: server.user });
  await made.connect();
  return made;
}
