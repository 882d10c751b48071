import type { Operation, TableUse } from '../../model/request.ts';
import type { Facts } from './facts.ts';
import { as, type Body, isBody, listOf, tagOf, textOf } from './nodes.ts';
import { parseStatements } from './parser.ts';
import { tableOfObject } from './special-statements.ts';

/** The result may derive from tables that `tables` does not list. */
export const OPAQUE = 'opaque-source';

/** Marks between the passes of the analysis, which no operation leaves with: it changes definitions, also of what runs. */
export const CHANGES_DEFINITIONS = ' ddl';
export const CHANGES_PROGRAMS = ' ddl-programs';

export function isMark(flag: string): boolean {
  return flag.startsWith(' ');
}

/** What RETURNING reads, as an operation of its own, so that a rule for writes alone permits no reading. */
export function returningRead(full: Operation, opaque: boolean): Operation {
  const tables = new Map<string, TableUse>();
  for (const table of full.tables) {
    const read: TableUse = { ...table, use: 'read' };
    tables.set(tableKey(read), read);
  }
  const flags = opaque ? ['returning', OPAQUE] : ['returning'];
  const outputs = full.outputs === undefined ? {} : { outputs: full.outputs };
  const columns = full.columns === 'unknown' ? full.columns : full.columns?.filter(({ use }) => use === 'output');
  return {
    kind: 'returning',
    access: 'read',
    tables: [...tables.values()],
    functions: [],
    hasWhere: true,
    flags,
    ...(columns === undefined ? {} : { columns }),
    ...outputs,
  };
}

/** The query that a PREPARE or DECLARE names, or the one statement that Parse and Bind carried. */
export function namedQuery(text: string, tag: 'PrepareStmt' | 'DeclareCursorStmt'): Body | undefined {
  const parsed = parseStatements(text);
  const only = parsed.ok && parsed.statements.length === 1 ? parsed.statements[0]?.node : undefined;
  if (only === undefined) return undefined;
  const inner = as(only, tag)?.query;
  const query = isBody(inner) ? inner : only;
  return QUERIES.has(tagOf(query) ?? '') ? query : undefined;
}

/** What can be prepared or read through a cursor; a utility statement by such a name is not followed. */
const QUERIES = new Set('SelectStmt InsertStmt UpdateStmt DeleteStmt MergeStmt'.split(' '));

export function objectTables(body: Body, facts: Facts): void {
  const type = textOf(body['removeType'] ?? body['objtype']);
  for (const object of [...listOf(body['objects']), body['object']]) {
    const table = tableOfObject(type, object);
    if (table !== undefined) facts.table(table[0], table[1], 'write');
  }
}

export function isStatement(value: unknown): value is Body {
  return isBody(value) && (tagOf(value)?.endsWith('Stmt') ?? false);
}

export function tableKey(table: TableUse): string {
  return `${table.use}\0${table.schema}\0${table.name}`;
}

/** The table of `SELECT … INTO`, which stands in the leftmost arm of a set operation. */
export function intoOf(select: Body): unknown {
  const into = select['intoClause'];
  if (isBody(into)) return into['rel'];
  return isBody(select['larg']) ? intoOf(select['larg']) : undefined;
}

/** `SELECT … INTO t` is a CREATE TABLE AS by another name: gives the table to `facts`, and returns the query. */
export function selectInto(select: Body, facts: Facts): readonly Body[] {
  facts.walk(intoOf(select), 'write', undefined);
  return [{ SelectStmt: withoutInto(select) }];
}

/** `SELECT … INTO t` as the CREATE TABLE AS that it is. */
export function storedQuery(select: Body): Body {
  return { CreateTableAsStmt: { query: { SelectStmt: withoutInto(select) }, into: { rel: intoOf(select) } } };
}

function withoutInto(select: Body): Body {
  const { intoClause: _into, ...rest } = select;
  return isBody(rest['larg']) ? { ...rest, larg: withoutInto(rest['larg']) } : rest;
}
