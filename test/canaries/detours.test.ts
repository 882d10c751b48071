import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { loadPostgresParser } from '../../src/sql/postgres/parser.ts';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import { Harness } from './harness.ts';
import { corpusSchemas } from './leaks.ts';
import type { MadeStatement } from './statements.ts';

let server: PostgresServer;
let harness: Harness;
before(async () => {
  await loadPostgresParser();
  const sql = `${corpusSchemas()}\n${readFileSync(join(import.meta.dirname, 'detours.sql'), 'utf8')}`;
  server = await startPostgres({ sql, settings: { log_statement: 'none' } });
  harness = await Harness.open(server);
});
after(async () => {
  await harness[Symbol.asyncDispose]();
  await server.stop();
});

describe('no detour shows a piece of what was planted in a column that is called clear', () => {
  for (const { shown, made } of statements()) {
    test(shown, async () => {
      for (const binary of [false, true]) {
        const outcome = await harness.run(made, binary);
        assert.equal(outcome.of, 'held', JSON.stringify(outcome));
      }
    });
  }
});

/** One statement a line; before it, with `;;` between, those that it needs. */
function statements(): readonly { readonly shown: string; readonly made: MadeStatement }[] {
  const text = readFileSync(join(import.meta.dirname, 'detours.statements'), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((shown) => {
      const setup = shown.split(';;').map((part) => part.trim());
      const sql = setup.pop() ?? '';
      return { shown, made: { setup, sql, form: formOf(sql) } };
    });
}

function formOf(sql: string): MadeStatement['form'] {
  if (sql.startsWith('copy')) return 'copy';
  if (sql.startsWith('execute')) return 'execute';
  return sql.startsWith('fetch') ? 'fetch' : 'change';
}
