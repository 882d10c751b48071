// Writes src/sql/postgres/pg-catalog-functions.json from real servers, so that the analyser knows what the functions of
// pg_catalog are. Usage: generate-postgres-functions.mjs postgres://…@host/db [more servers…]. The union is taken; of
// overloads and versions the most volatile counts.
import { writeFileSync } from 'node:fs';
import pg from 'pg';

const QUERY = `
  select p.proname as name, p.provolatile as volatility, p.prokind as kind,
         max((select string_agg(p.proargnames[i], ' ' order by i)
              from generate_subscripts(p.proargmodes, 1) i
              where p.proargmodes[i] in ('o', 'b', 't'))) as columns
  from pg_proc p
  where p.pronamespace = 'pg_catalog'::regnamespace
  group by 1, 2, 3 order by 1`;
const RANK = { i: 0, s: 1, v: 2 };
const WORD = ['immutable', 'stable', 'volatile'];

const rank = new Map();
const aggregates = new Set();
const windows = new Set();
const columns = {};
const versions = [];
for (const url of process.argv.slice(2)) {
  const client = new pg.Client(url);
  await client.connect();
  versions.push((await client.query('show server_version')).rows[0].server_version.split(' ')[0]);
  for (const row of (await client.query(QUERY)).rows) {
    rank.set(row.name, Math.max(rank.get(row.name) ?? 0, RANK[row.volatility]));
    if (row.kind === 'a') aggregates.add(row.name);
    if (row.kind === 'w') windows.add(row.name);
    if (row.columns !== null) columns[row.name] = row.columns;
  }
  await client.end();
}

const names = (wanted) =>
  [...rank]
    .filter(([, value]) => WORD[value] === wanted)
    .map(([name]) => name)
    .sort();
const data = {
  source: `pg_proc of PostgreSQL ${versions.join(' and ')}`,
  immutable: names('immutable').join(' '),
  stable: names('stable').join(' '),
  volatile: names('volatile').join(' '),
  aggregates: [...aggregates].sort().join(' '),
  windows: [...windows].sort().join(' '),
  columns: Object.fromEntries(Object.entries(columns).sort()),
};
const file = new URL('../src/sql/postgres/pg-catalog-functions.json', import.meta.url);
writeFileSync(file, `${JSON.stringify(data, null, 2)}\n`);
