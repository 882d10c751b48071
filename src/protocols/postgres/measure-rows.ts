import { LIMITS } from '../../model/limits.ts';
import type { TableUse } from '../../model/request.ts';
import type { Catalogue } from '../../sql/postgres/catalogue.ts';
import { tagOf } from '../../sql/postgres/nodes.ts';
import { runCommand } from './command.ts';
import { commandFor, type HeldStatement, usersFunction } from './estimated-statements.ts';
import { namesOfTables, writtenTables } from './touched-tables.ts';
import type { PostgresUpstream } from './upstream.ts';

export type Measured = { readonly rows: number } | { readonly why: string };

/**
 * Counts the rows that a statement changes by running it in a transaction that is rolled back. It is run only where
 * nothing of it could outlive that or reach beyond the tables that it names. `prepare` brings the transaction, which is
 * open, to the session's role and path.
 */
export async function measureRows(
  upstream: PostgresUpstream,
  held: HeldStatement,
  catalogue: Catalogue | undefined,
  prepare: () => Promise<string | undefined>,
): Promise<Measured> {
  const why = whyNotRun(held, catalogue);
  if (why !== undefined) return { why };
  const locked = await lockTables(upstream, writtenTables(held));
  if (locked !== undefined) return { why: locked };
  const found = await runCommand(upstream, {
    text: SIDE_DOORS,
    parameters: [...namesOfTables(allTables(held)), flag(usesDefaults(held)), flag(changesExisting(held))],
  });
  if (!found.ok) return { why: `the tables could not be looked at (${found.code})` };
  const [door] = found.rows;
  if (door !== undefined) return { why: `${door[0] ?? ''}: ${door[1] ?? ''}` };
  const unprepared = await prepare();
  if (unprepared !== undefined) return { why: unprepared };
  const result = await runCommand(upstream, commandFor('', held));
  if (!result.ok) return { why: `running it failed (${result.code}): ${result.message}` };
  const rows = /(\d+)$/.exec(result.tag)?.[1];
  return rows === undefined ? { why: 'the server gave no count' } : { rows: Number(rows) };
}

const CHANGES = new Set('InsertStmt UpdateStmt DeleteStmt MergeStmt'.split(' '));
const RUN_KINDS = new Set('select insert update delete merge returning'.split(' '));

function whyNotRun(held: HeldStatement, catalogue: Catalogue | undefined): string | undefined {
  if (!CHANGES.has(tagOf(held.node) ?? '')) return 'only INSERT, UPDATE, DELETE and MERGE are counted';
  if (held.analysis.problem !== undefined) return 'it could not be read';
  for (const { kind, access, tables, reason } of held.analysis.operations) {
    const plain = RUN_KINDS.has(kind) && (access === 'read' || access === 'write');
    if (!plain) return reason ?? `a part of it (${kind}) does more than change rows`;
    if (tables.some(({ schema }) => schema === '')) return 'it names a table that is not known';
  }
  const code = usersFunction(held.analysis, catalogue);
  return code === undefined ? undefined : `it calls ${code}, which could do more than change rows`;
}

/** Locks them as the statement will, so that nothing is put behind them between the look and the run. */
async function lockTables(upstream: PostgresUpstream, tables: readonly TableUse[]): Promise<string | undefined> {
  for (const { schema, name } of tables) {
    const text = `LOCK TABLE ${quoted(schema)}.${quoted(name)} IN ROW EXCLUSIVE MODE`;
    const locked = await runCommand(upstream, { text });
    if (!locked.ok) return `${schema}.${name} could not be locked within ${LIMITS.estimateLockMs} ms (${locked.code})`;
  }
  return undefined;
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function allTables({ analysis }: HeldStatement): readonly TableUse[] {
  return analysis.operations.flatMap(({ tables }) => tables);
}

/** Whether columns that the text does not give a value get their default. */
function usesDefaults({ node, text }: HeldStatement): boolean {
  const tag = tagOf(node);
  return tag === 'InsertStmt' || tag === 'MergeStmt' || /\bdefault\b/i.test(text);
}

/** Whether it may change or delete rows that are there. */
function changesExisting({ node, text }: HeldStatement): boolean {
  return tagOf(node) !== 'InsertStmt' || /\bconflict\b/i.test(text);
}

function flag(value: boolean): Buffer {
  return Buffer.from(value ? 't' : 'f');
}

/**
 * Each reason not to run a change of these tables: the table and why. Rolled back or not, a trigger may have sent a
 * mail by then, a foreign table is another system's, and a sequence does not give back its numbers. $3 says whether
 * defaults are used, $4 whether rows that are there may change. Written for a search_path of pg_catalog alone.
 */
const SIDE_DOORS = `
WITH RECURSIVE named AS (
  SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE EXISTS (SELECT FROM ROWS FROM (unnest($1::text[]), unnest($2::text[])) AS t(s, r)
    WHERE n.nspname = t.s AND c.relname = t.r)
), affected AS (
  SELECT oid FROM named UNION SELECT i.inhrelid FROM pg_inherits i JOIN affected a ON i.inhparent = a.oid
), parts AS (
  SELECT oid, 'pg_constraint'::regclass AS class, conrelid AS relid FROM pg_constraint
  UNION ALL SELECT k.oid, 'pg_constraint'::regclass, a.attrelid FROM pg_constraint k
    JOIN pg_attribute a ON a.atttypid = k.contypid
  UNION ALL SELECT oid, 'pg_attrdef'::regclass, adrelid FROM pg_attrdef
  UNION ALL SELECT indexrelid, 'pg_class'::regclass, indrelid FROM pg_index
), doors AS (
  SELECT c.oid, 'it is no ordinary table' AS why FROM pg_class c JOIN affected USING (oid)
    WHERE c.relkind NOT IN ('r', 'p', 'm')
  UNION ALL SELECT tgrelid, 'it has the trigger ' || tgname FROM pg_trigger
    WHERE tgrelid IN (SELECT oid FROM affected) AND NOT tgisinternal AND tgenabled <> 'D'
  UNION ALL SELECT c.oid, 'it has rules' FROM pg_class c JOIN affected USING (oid)
    WHERE c.relhasrules AND c.relkind IN ('r', 'p')
  UNION ALL SELECT c.oid, 'it has row security' FROM pg_class c JOIN affected USING (oid) WHERE c.relrowsecurity
  UNION ALL SELECT confrelid, 'a change of it cascades to ' || conrelid::regclass FROM pg_constraint
    WHERE $4::bool AND contype = 'f' AND confrelid IN (SELECT oid FROM affected)
      AND (confdeltype NOT IN ('a', 'r') OR confupdtype NOT IN ('a', 'r'))
  UNION ALL SELECT p.relid, 'a change of it runs a function of this database' FROM parts p
    JOIN pg_depend d ON d.classid = p.class AND d.objid = p.oid
    WHERE p.relid IN (SELECT oid FROM affected) AND d.deptype = 'n'
      AND d.refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass, 'pg_cast'::regclass)
  UNION ALL SELECT a.attrelid, 'it would use up numbers of a sequence' FROM pg_attribute a
    LEFT JOIN pg_attrdef f ON f.adrelid = a.attrelid AND f.adnum = a.attnum
    WHERE $3::bool AND a.attrelid IN (SELECT oid FROM affected) AND NOT a.attisdropped
      AND (a.attidentity <> '' OR pg_get_expr(f.adbin, f.adrelid) ~ 'nextval')
)
SELECT n.nspname || '.' || c.relname, min(d.why) FROM doors d JOIN pg_class c USING (oid)
  JOIN pg_namespace n ON n.oid = c.relnamespace GROUP BY 1 ORDER BY 1 LIMIT 1`;
