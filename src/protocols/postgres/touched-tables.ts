import type { LockMode, TableUse } from '../../model/request.ts';
import { runCommand } from './command.ts';
import type { HeldStatement } from './estimated-statements.ts';
import type { PostgresUpstream } from './upstream.ts';

/**
 * What can be told of a statement that has no plan: how large the tables are that it names, and which lock it takes on
 * them. Undefined where it names none.
 */
export async function tellOfTables(upstream: PostgresUpstream, held: HeldStatement): Promise<string | undefined> {
  const tables = writtenTables(held);
  if (tables.length === 0) return undefined;
  const sizes = await runCommand(upstream, { text: SIZES, parameters: namesOfTables(tables) });
  const [first] = held.analysis.operations;
  const lock = first?.lock === undefined ? undefined : wordsOf(first.lock);
  const told = sizes.ok ? sizes.rows.map(sizeOf) : [];
  const names = told.length > 0 ? told : tables.map(({ schema, name }) => (schema === '' ? name : `${schema}.${name}`));
  return `it ${lock === undefined ? 'touches' : `takes a lock (${lock}) on`} ${names.join(', ')}`;
}

/** Two parameters for the queries about tables: their schemas and their names, as arrays. */
export function namesOfTables(tables: readonly TableUse[]): readonly [Buffer, Buffer] {
  return [arrayOf(tables.map(({ schema }) => schema)), arrayOf(tables.map(({ name }) => name))];
}

export function writtenTables({ analysis }: HeldStatement): readonly TableUse[] {
  return analysis.operations.flatMap(({ tables }) => tables.filter(({ use }) => use === 'write'));
}

/**
 * The rows that the planner believes in, and what the disk holds, with all partitions and inheriting tables. Written for
 * a search_path of pg_catalog alone.
 */
const SIZES = `
WITH RECURSIVE named AS (
  SELECT c.oid AS top, c.oid, n.nspname, c.relname
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE EXISTS (SELECT FROM ROWS FROM (unnest($1::text[]), unnest($2::text[])) AS t(s, r)
    WHERE c.relname = t.r AND n.nspname = t.s)
), below AS (
  SELECT top, oid FROM named UNION SELECT b.top, i.inhrelid FROM below b JOIN pg_inherits i ON i.inhparent = b.oid
)
SELECT d.nspname || '.' || d.relname,
  sum(GREATEST(c.reltuples, 0))::int8,
  bool_or(c.reltuples >= 0 AND c.relkind IN ('r', 'm')),
  pg_size_pretty(sum(pg_total_relation_size(c.oid))::int8)
FROM named d JOIN below b ON b.top = d.oid JOIN pg_class c ON c.oid = b.oid
GROUP BY d.oid, d.nspname, d.relname ORDER BY 1`;

function sizeOf([name, rows, isCounted, size]: readonly (string | null)[]): string {
  const counted = isCounted === 't' ? `about ${Number(rows).toLocaleString('en')} rows` : 'rows not counted yet';
  return `${name ?? ''} (${counted}, ${size ?? ''})`;
}

/** An array as text[] reads it. */
function arrayOf(values: readonly string[]): Buffer {
  const quoted = values.map((value) => `"${value.replaceAll(/["\\]/g, '\\$&')}"`);
  return Buffer.from(`{${quoted.join(',')}}`, 'utf8');
}

/** The lock in the server's words, and who waits for it. */
function wordsOf(lock: LockMode): string {
  const name = lock.replaceAll('-', ' ').toUpperCase();
  if (lock === 'access-exclusive') return `${name}: readers and writers wait`;
  return lock === 'share' || lock === 'share-row-exclusive' || lock === 'exclusive' ? `${name}: writers wait` : name;
}
