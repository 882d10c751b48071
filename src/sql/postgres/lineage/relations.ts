import { LIMITS } from '../../../model/limits.ts';
import {
  type Catalogue,
  type CatalogueColumn,
  type CatalogueRelation,
  resolveRelation,
  withSearchPath,
} from '../catalogue.ts';
import { ancestorsOf, descendantsOf } from '../inheritance.ts';
import { as, listOf } from '../nodes.ts';
import { parseStatements } from '../parser.ts';
import { holdsValues, isSensitive } from '../sensitive.ts';
import { assigned, type Column, type Origin, ofColumn, UNKNOWN } from './origin.ts';
import { Queries } from './queries.ts';
import { byName, itemOf, type Relation, type Scope } from './scope.ts';
import { withNames } from './with.ts';

/** A relation as a FROM list names it; `only` leaves out what inherits from it. */
export interface RelationName {
  readonly schema: string;
  readonly name: string;
  readonly only: boolean;
}

/** A table or view by its name, with its columns where the catalogue describes it. A view's own conditions are read. */
export function tableRelation(
  { schema, name, only }: RelationName,
  alias: { readonly name: string | undefined; readonly columns: readonly string[] },
  queries: Queries,
): Relation {
  const { catalogue } = queries;
  const found = catalogue === undefined ? undefined : resolveRelation(catalogue, schema, name);
  const shown = alias.name ?? name;
  if (catalogue !== undefined && found !== undefined) {
    const read = relationColumns(found, catalogue, only);
    if (read.filters !== undefined) queries.uses.filter(read.filters);
    const columns = withNames(read.columns, alias.columns);
    const relation = { alias: shown, ...(alias.name === undefined ? { schema: found.schema } : {}), columns };
    // a whole row bears the names of an alias in some versions of the server, and those of the table in others
    return { ...relation, complete: true, ...(alias.columns.length === 0 ? { isRow: true } : {}) };
  }
  const open = catalogue === undefined && alias.columns.length === 0 ? byName(schema, name) : () => UNKNOWN;
  return { alias: shown, ...(alias.name === undefined ? { schema } : {}), columns: [], open, complete: false };
}

/** The columns of a relation, and for a view what decides its rows. */
export interface RelationColumns {
  readonly columns: readonly Column[];
  readonly filters?: Origin;
}

/** The columns of a relation of the catalogue, views looked through. */
export function relationColumns(relation: CatalogueRelation, catalogue: Catalogue, only: boolean): RelationColumns {
  const memo = memos.get(catalogue) ?? new Map<number, RelationColumns>();
  memos.set(catalogue, memo);
  const key = only ? -relation.oid : relation.oid;
  const known = memo.get(key);
  if (known !== undefined) return known;
  const isView = isViewOf(relation);
  // while a view is being read, what leads back to it is unknown
  if (isView) memo.set(key, { columns: relation.columns.map(unknownColumn), filters: UNKNOWN });
  const read = isView ? viewColumns(relation, catalogue) : { columns: tableColumns(relation, catalogue, only) };
  memo.set(key, read);
  return read;
}

/**
 * The catalogue's own views hold descriptions of tables, not their rows, and are taken as they stand; those that do
 * hold values or statements of others are unknown where their definition is not given.
 */
function isViewOf({ kind, schema, name, definition }: CatalogueRelation): boolean {
  if (kind !== 'view' && kind !== 'matview') return false;
  const described = schema === 'pg_catalog' || schema === 'information_schema';
  return !described || definition !== undefined || isSensitive(schema, name);
}

const memos = new WeakMap<Catalogue, Map<number, RelationColumns>>();

function unknownColumn({ name }: { readonly name: string }): Column {
  return { name, origin: UNKNOWN };
}

/**
 * A column of a partition or child table is also the column of that name of what it inherits from; a column of what is
 * inherited from is also that of its children, whose rows come with its own, unless the text says ONLY.
 */
function tableColumns(relation: CatalogueRelation, catalogue: Catalogue, only: boolean): readonly Column[] {
  const children = only ? [] : descendantsOf(relation, catalogue);
  if (children.length > LIMITS.maxInheritedRelations) return relation.columns.map(unknownColumn);
  const relatives = [...ancestorsOf(relation, catalogue), ...children];
  const stored = relation.columns.map(({ name }) => {
    const own = ofColumn(relation.schema, relation.name, name);
    if (relatives.length === 0) {
      return holdsValues(relation.schema, relation.name, name) ? unknownColumn({ name }) : { name, origin: own };
    }
    const sources = new Map(own.sources);
    for (const relative of relatives) {
      if (!relative.columns.some((column) => column.name === name)) continue;
      for (const [key, source] of ofColumn(relative.schema, relative.name, name).sources) sources.set(key, source);
    }
    return { name, origin: { sources, unknown: false, plain: true } };
  });
  if (!relation.columns.some((column) => column.generated === true)) return stored;
  return stored.map((column, index) => withExpression(column, relation.columns[index], stored, catalogue));
}

/** A generated column is itself (it may be classified) and what it is computed from. */
function withExpression(
  column: Column,
  described: CatalogueColumn | undefined,
  row: readonly Column[],
  catalogue: Catalogue,
): Column {
  if (described?.generated !== true) return column;
  return { name: column.name, origin: assigned(column.origin, generatedOrigin(described.expression, row, catalogue)) };
}

function generatedOrigin(expression: string | undefined, row: readonly Column[], catalogue: Catalogue): Origin {
  const parsed = expression === undefined ? undefined : parseStatements(`SELECT ${expression}`);
  const only = parsed?.ok === true && parsed.statements.length === 1 ? parsed.statements[0] : undefined;
  const target = as(listOf(as(only?.node, 'SelectStmt')?.targetList)[0], 'ResTarget')?.val;
  if (target === undefined) return UNKNOWN;
  const scope: Scope = { items: [itemOf({ alias: '', columns: row, complete: true })], special: [], outer: undefined };
  return new Queries(withSearchPath(catalogue, [])).expressions.origin(target, scope, undefined);
}

/** A view's column is itself (it may be classified) and what its definition derives it from. */
function viewColumns(relation: CatalogueRelation, catalogue: Catalogue): RelationColumns {
  const read = readDefinition(relation, catalogue);
  const columns = relation.columns.map(({ name }, index) => {
    const own = ofColumn(relation.schema, relation.name, name);
    const base: Origin = read?.columns[index]?.origin ?? UNKNOWN;
    return { name, origin: { ...assigned(own, base), plain: base.plain } };
  });
  return { columns, filters: read?.filters ?? UNKNOWN };
}

/** Definitions are printed with an empty search_path, and are read with one. */
function readDefinition(relation: CatalogueRelation, catalogue: Catalogue): Required<RelationColumns> | undefined {
  if (relation.definition === undefined) return undefined;
  const parsed = parseStatements(relation.definition);
  const only = parsed.ok && parsed.statements.length === 1 ? parsed.statements[0] : undefined;
  if (only === undefined) return undefined;
  const queries = new Queries(withSearchPath(catalogue, []));
  const columns = queries.columns(only.node, undefined, undefined);
  return columns?.length === relation.columns.length ? { columns, filters: queries.uses.filters() } : undefined;
}
