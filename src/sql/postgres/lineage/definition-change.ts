import type { ColumnSource } from '../../../model/request.ts';
import { type Catalogue, type CatalogueRelation, resolveRelation, withSearchPath } from '../catalogue.ts';
import { Facts } from '../facts.ts';
import { descendantsOf } from '../inheritance.ts';
import { as, type Body, isBody, listOf, textOf } from '../nodes.ts';
import { parseStatements } from '../parser.ts';
import { namedRelation } from './from.ts';
import { type Origin, ofColumn, UNKNOWN } from './origin.ts';
import type { Queries } from './queries.ts';
import { relationColumns } from './relations.ts';
import { itemOf, type Relation, type Scope } from './scope.ts';

/**
 * What a change of definitions does with columns: one that is renamed, moved, or computed from others keeps what it
 * holds, and so what it is; conditions over rows that are there (a CHECK, a partial index) tell of them.
 */
export function readDefinitionChange(tag: string, body: Body, queries: Queries): void {
  switch (tag) {
    case 'RenameStmt':
      readRename(body, queries);
      return;
    case 'AlterObjectSchemaStmt':
      if (isBody(body['relation'])) renamed(body['relation'], { schema: textOf(body['newschema']) }, queries);
      return;
    case 'AlterTableStmt':
      readAlterTable(body, queries);
      return;
    case 'CreateStmt':
      readCreateTable(body, queries);
      return;
    case 'RefreshMatViewStmt':
      if (isBody(body['relation'])) readRefresh(body['relation'], queries);
      return;
    case 'IndexStmt':
      if (isBody(body['relation'])) readIndex(body, body['relation'], queries);
      return;
    default:
  }
}

const RELATIONS = new Set(['OBJECT_TABLE', 'OBJECT_VIEW', 'OBJECT_MATVIEW', 'OBJECT_FOREIGN_TABLE']);

function readRename(body: Body, queries: Queries): void {
  const type = textOf(body['renameType']);
  const relation = body['relation'];
  const name = textOf(body['newname']);
  if (type === 'OBJECT_SCHEMA') {
    for (const one of queries.catalogue?.relations.get(textOf(body['subname']))?.values() ?? []) {
      moved(one, { schema: name }, queries);
    }
  }
  if (type === 'OBJECT_ATTRIBUTE') attributeRenamed(textOf(body['subname']), name, queries);
  if (!isBody(relation)) return;
  if (RELATIONS.has(type)) renamed(relation, { table: name }, queries);
  if (type !== 'OBJECT_COLUMN') return;
  const found = find(relation, queries);
  const from = textOf(body['subname']);
  const all =
    found === undefined || queries.catalogue === undefined ? [] : [found, ...descendantsOf(found, queries.catalogue)];
  for (const { schema, name: table } of all.length > 0 ? all : [tableOf(relation)]) {
    queries.uses.copy({ schema, table, column: name }, ofColumn(schema, table, from));
  }
}

/** Tables of a composite type have its attributes as their columns; which those are, the catalogue does not tell. */
function attributeRenamed(from: string, to: string, queries: Queries): void {
  for (const { schema, name: table, columns } of queries.catalogue?.relationsByOid.values() ?? []) {
    if (!columns.some((column) => column.name === from) || columns.some((column) => column.name === to)) continue;
    queries.uses.copy({ schema, table, column: to }, ofColumn(schema, table, from));
  }
}

/** What a materialised view holds goes on being that, whatever becomes of the views and functions that it is made of. */
function readRefresh(named: Body, queries: Queries): void {
  const { catalogue } = queries;
  const found = find(named, queries);
  if (catalogue === undefined || found === undefined) {
    queries.uses.lost();
    const { schema, name } = tableOf(named);
    queries.uses.copy({ schema, table: name, column: '*' }, UNKNOWN);
    return;
  }
  if (!runsPrograms(found, catalogue)) return;
  for (const { name, origin } of relationColumns(found, catalogue, false).columns) {
    queries.uses.copy({ schema: found.schema, table: found.name, column: name }, origin);
  }
}

function runsPrograms({ definition }: CatalogueRelation, catalogue: Catalogue): boolean {
  const parsed = definition === undefined ? undefined : parseStatements(definition);
  if (parsed?.ok !== true) return true;
  const facts = new Facts(withSearchPath(catalogue, []));
  for (const { node } of parsed.statements) facts.walk(node, 'read', undefined);
  return facts.finish().programs.size > 0;
}

/** A relation under another name or in another schema. */
function renamed(relation: Body, to: Partial<ColumnSource>, queries: Queries): void {
  const found = find(relation, queries);
  if (found !== undefined) {
    moved(found, to, queries);
    return;
  }
  const { schema, name } = tableOf(relation);
  queries.uses.lost();
  queries.uses.copy({ schema, table: name, ...to, column: '*' }, UNKNOWN);
}

function moved(relation: CatalogueRelation, to: Partial<ColumnSource>, queries: Queries): void {
  for (const { name: column } of relation.columns) {
    const from = { schema: relation.schema, table: relation.name, column };
    queries.uses.copy({ ...from, ...to }, ofColumn(from.schema, from.table, column));
  }
}

function readAlterTable(body: Body, queries: Queries): void {
  const relation = body['relation'];
  if (!isBody(relation)) return;
  const target = namedRelation(relation, queries, undefined);
  const scope: Scope = { items: [itemOf(target)], special: [], outer: undefined };
  const table = {
    schema: find(relation, queries)?.schema ?? textOf(relation['schemaname']),
    name: textOf(relation['relname']),
  };
  for (const item of listOf(body['cmds'])) {
    const command = as(item, 'AlterTableCmd');
    const { name = '', def } = command ?? {};
    const definition = as(def, 'ColumnDef');
    const subtype = command?.subtype ?? '';
    if (subtype === 'AT_AlterColumnType') computed(table, name, definition?.raw_default, scope, queries);
    else if (subtype === 'AT_SetExpression') computed(table, name, def, scope, queries);
    else if (subtype === 'AT_AddColumn') readColumn(table, definition, scope, queries);
    else if (subtype === 'AT_AddConstraint') readConstraint(def, scope, queries);
    else if (INHERITANCE.has(subtype)) inherit(target, table, childOf(def), queries, subtype);
  }
}

const INHERITANCE = new Set(['AT_AttachPartition', 'AT_AddInherit', 'AT_DetachPartition', 'AT_DropInherit']);

type TableName = Pick<CatalogueRelation, 'schema' | 'name'>;

/**
 * Rows of a partition or child become rows of its parent; what leaves its parent goes on holding what was the parent's
 * column. INHERIT is said of the child, ATTACH PARTITION of the parent.
 */
function inherit(target: Relation, table: TableName, other: Body | undefined, queries: Queries, subtype: string): void {
  if (other === undefined) return;
  const named = find(other, queries) ?? tableOf(other);
  const [parent, child] = subtype.endsWith('Partition') ? [table, named] : [named, table];
  const [into, from] =
    subtype === 'AT_AttachPartition' || subtype === 'AT_AddInherit' ? [parent, child] : [child, parent];
  const others = namedRelation(other, queries, undefined).columns;
  const known = target.columns.length > 0 && others.length > 0;
  const shared = (name: string) => !known || others.some((column) => column.name === name);
  for (const { name } of (target.columns.length > 0 ? target.columns : others).filter((one) => shared(one.name))) {
    queries.uses.copy({ schema: into.schema, table: into.name, column: name }, ofColumn(from.schema, from.name, name));
  }
}

function childOf(definition: unknown): Body | undefined {
  const name = as(definition, 'PartitionCmd')?.name ?? as(definition, 'RangeVar');
  return isBody(name) ? name : undefined;
}

function readCreateTable(body: Body, queries: Queries): void {
  const relation = body['relation'];
  if (!isBody(relation)) return;
  const table = tableOf(relation);
  const definitions = listOf(body['tableElts']).flatMap((item) => as(item, 'ColumnDef') ?? []);
  const columns = definitions.map(({ colname = '' }) => ({
    name: colname,
    origin: ofColumn(table.schema, table.name, colname),
  }));
  const scope: Scope = {
    items: [itemOf({ alias: table.name, columns, complete: true, open: () => UNKNOWN })],
    special: [],
    outer: undefined,
  };
  for (const definition of definitions) {
    for (const item of listOf(definition.constraints)) {
      const constraint = as(item, 'Constraint');
      if (constraint?.contype !== 'CONSTR_GENERATED') continue;
      computed(table, definition.colname ?? '', constraint.raw_expr, scope, queries);
    }
  }
}

/** What these say a column is, its rows hold at once. */
const STORES = new Set(['CONSTR_GENERATED', 'CONSTR_DEFAULT']);

/** A new column of a table that has rows: generated, with a default, or checked. */
function readColumn(table: TableName, definition: unknown, scope: Scope, queries: Queries): void {
  if (!isBody(definition)) return;
  const name = textOf(definition['colname']);
  const own = itemOf({
    alias: table.name,
    columns: [{ name, origin: ofColumn(table.schema, table.name, name) }],
    complete: true,
  });
  const wider: Scope = { ...scope, items: [...scope.items, own] };
  for (const item of listOf(definition['constraints'])) {
    const constraint = as(item, 'Constraint');
    if (STORES.has(constraint?.contype ?? '')) computed(table, name, constraint?.raw_expr, wider, queries);
    else readConstraint(item, wider, queries);
  }
}

function readConstraint(node: unknown, scope: Scope, queries: Queries): void {
  const constraint = as(node, 'Constraint');
  for (const part of [constraint?.raw_expr, constraint?.where_clause, constraint?.exclusions]) {
    if (part !== undefined) queries.uses.filter(queries.expressions.origin(part, scope, undefined));
  }
}

function readIndex(body: Body, relation: Body, queries: Queries): void {
  const scope: Scope = { items: [itemOf(namedRelation(relation, queries, undefined))], special: [], outer: undefined };
  for (const item of listOf(body['indexParams'])) {
    const expression = as(item, 'IndexElem')?.expr;
    if (expression !== undefined) queries.uses.filter(queries.expressions.origin(expression, scope, undefined));
  }
  if (body['whereClause'] !== undefined) {
    queries.uses.filter(queries.expressions.origin(body['whereClause'], scope, undefined));
  }
}

/** A stored column that is computed from others of its row. */
function computed(table: TableName, column: string, node: unknown, scope: Scope, queries: Queries): void {
  if (node === undefined || node === null) return;
  const into = { schema: table.schema, table: table.name, column };
  const value: Origin = queries.expressions.origin(node, scope, undefined);
  queries.uses.write(into);
  queries.uses.copy(into, value);
}

function find(relation: Body, { catalogue }: Queries): CatalogueRelation | undefined {
  if (catalogue === undefined) return undefined;
  return resolveRelation(catalogue, textOf(relation['schemaname']), textOf(relation['relname']));
}

function tableOf(relation: Body): TableName {
  return { schema: textOf(relation['schemaname']), name: textOf(relation['relname']) };
}
