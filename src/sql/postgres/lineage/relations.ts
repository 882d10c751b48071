import { type Catalogue, type CatalogueRelation, resolveRelation, withSearchPath } from '../catalogue.ts';
import { parseStatements } from '../parser.ts';
import { isSensitive } from '../sensitive.ts';
import { assigned, type Column, type Origin, ofColumn, UNKNOWN } from './origin.ts';
import { Queries } from './queries.ts';
import { byName, type Relation } from './scope.ts';
import { withNames } from './with.ts';

/** A table or view by its name, with its columns where the catalogue describes it. */
export function tableRelation(
  schema: string,
  name: string,
  alias: { readonly name: string | undefined; readonly columns: readonly string[] },
  queries: Queries,
): Relation {
  const { catalogue } = queries;
  const found = catalogue === undefined ? undefined : resolveRelation(catalogue, schema, name);
  const shown = alias.name ?? name;
  if (catalogue !== undefined && found !== undefined) {
    const columns = withNames(relationColumns(found, catalogue), alias.columns);
    return { alias: shown, ...(alias.name === undefined ? { schema: found.schema } : {}), columns, complete: true };
  }
  const open = catalogue === undefined && alias.columns.length === 0 ? byName(schema, name) : () => UNKNOWN;
  return { alias: shown, ...(alias.name === undefined ? { schema } : {}), columns: [], open, complete: false };
}

/** The columns of a relation of the catalogue, views looked through. */
export function relationColumns(relation: CatalogueRelation, catalogue: Catalogue): readonly Column[] {
  const memo = memos.get(catalogue) ?? new Map<number, readonly Column[]>();
  memos.set(catalogue, memo);
  const known = memo.get(relation.oid);
  if (known !== undefined) return known;
  const isView = isViewOf(relation);
  // while a view is being read, what leads back to it is unknown
  if (isView) memo.set(relation.oid, relation.columns.map(unknownColumn));
  const columns = isView ? viewColumns(relation, catalogue) : tableColumns(relation, catalogue);
  memo.set(relation.oid, columns);
  return columns;
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

const memos = new WeakMap<Catalogue, Map<number, readonly Column[]>>();

function unknownColumn({ name }: { readonly name: string }): Column {
  return { name, origin: UNKNOWN };
}

/** A column of a partition or child table is also the column of that name of what it inherits from. */
function tableColumns(relation: CatalogueRelation, catalogue: Catalogue): readonly Column[] {
  const parents = ancestorsOf(relation, catalogue);
  return relation.columns.map(({ name }) => {
    const own = ofColumn(relation.schema, relation.name, name);
    if (parents.length === 0) return { name, origin: own };
    const sources = new Map(own.sources);
    for (const parent of parents) {
      if (!parent.columns.some((column) => column.name === name)) continue;
      for (const [key, source] of ofColumn(parent.schema, parent.name, name).sources) sources.set(key, source);
    }
    return { name, origin: { sources, unknown: false, plain: true } };
  });
}

function ancestorsOf(relation: CatalogueRelation, catalogue: Catalogue): readonly CatalogueRelation[] {
  const found = new Set<CatalogueRelation>();
  const queue = [...(relation.parents ?? [])];
  for (let oid = queue.pop(); oid !== undefined; oid = queue.pop()) {
    const parent = catalogue.relationsByOid.get(oid);
    if (parent === undefined || found.has(parent)) continue;
    found.add(parent);
    queue.push(...(parent.parents ?? []));
  }
  return [...found];
}

/** A view's column is itself (it may be classified) and what its definition derives it from. */
function viewColumns(relation: CatalogueRelation, catalogue: Catalogue): readonly Column[] {
  const columns = definitionColumns(relation, catalogue);
  return relation.columns.map(({ name }, index) => {
    const own = ofColumn(relation.schema, relation.name, name);
    const base: Origin = columns?.[index]?.origin ?? UNKNOWN;
    return { name, origin: { ...assigned(own, base), plain: base.plain } };
  });
}

/** Definitions are printed with an empty search_path, and are read with one. */
function definitionColumns(relation: CatalogueRelation, catalogue: Catalogue): readonly Column[] | undefined {
  if (relation.definition === undefined) return undefined;
  const parsed = parseStatements(relation.definition);
  const only = parsed.ok && parsed.statements.length === 1 ? parsed.statements[0] : undefined;
  if (only === undefined) return undefined;
  const columns = new Queries(withSearchPath(catalogue, [])).columns(only.node, undefined, undefined);
  return columns?.length === relation.columns.length ? columns : undefined;
}
