import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { loadPostgresParser } from '../../src/sql/postgres/parser.ts';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import { Harness } from './harness.ts';
import { corpusSchemas } from './leaks.ts';
import { Queries } from './queries.ts';
import { Random } from './random.ts';
import { baseRelations } from './relations.ts';
import { makeStatement } from './statements.ts';

/** Distinct valid statements to run; CHAPERONE_CANARIES asks for another number, CHAPERONE_SEED for another seed. */
const WANTED = Number(process.env['CHAPERONE_CANARIES'] ?? 2_200);
const SEED = Number(process.env['CHAPERONE_SEED'] ?? 20_261_123);
/** So long only where other work has the machine; alone it takes a tenth. */
const LONGEST_MS = WANTED * 80;

let server: PostgresServer;
before(async () => {
  await loadPostgresParser();
  server = await startPostgres({ sql: corpusSchemas(), settings: { log_statement: 'none', fsync: 'off' } });
});
after(() => server.stop());

test('no column that is called clear of classified sources holds a piece of what was planted in them', async (t) => {
  await using harness = await Harness.open(server);
  const relations = baseRelations(harness.catalogue, await harness.typeNames());
  const seen = new Set<string>();
  const counts = { invalid: 0, clear: 0, masked: 0, needless: 0, structured: 0 };
  const started = performance.now();
  for (let round = 0; seen.size < WANTED; round++) {
    const seed = SEED + round;
    const made = makeStatement(new Queries(new Random(seed), relations));
    if (seen.has(made.sql + made.setup.join())) continue;
    const shown = `seed ${seed}: ${[...made.setup, made.sql].join('; ')}`;
    const outcome = await harness.run(made, round % 4 === 0).catch((cause: unknown) => {
      throw new Error(`could not be run, ${shown}`, { cause });
    });
    if (outcome.of === 'leak') assert.fail(`${outcome.column} = ${outcome.value}\n${shown}`);
    if (outcome.of === 'invalid') {
      counts.invalid++;
      if (process.env['CHAPERONE_INVALID'] !== undefined) t.diagnostic(`${outcome.message}\n${shown}`);
      continue;
    }
    seen.add(made.sql + made.setup.join());
    counts.clear += outcome.clear;
    counts.masked += outcome.masked;
    counts.needless += outcome.needless;
    counts.structured += outcome.structured;
    assert.ok(performance.now() - started < LONGEST_MS, `${seen.size} statements took ${LONGEST_MS} ms`);
  }
  t.diagnostic(JSON.stringify({ seed: SEED, valid: seen.size, ...counts }));
  assert.ok(counts.clear > WANTED / 4, 'enough columns are clear for their being clear to mean something');
  assert.ok(counts.structured > WANTED / 20, 'enough JSON keeps its structure for that to mean something');
});
