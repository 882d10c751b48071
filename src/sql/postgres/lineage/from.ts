import type { Catalogue } from '../catalogue.ts';
import { columnsOfBuiltin, effectOfCall, isBuiltin } from '../functions.ts';
import { as, type Body, bodyOf, isBody, listOf, namesOf, tagOf, textOf } from '../nodes.ts';
import { figureName } from './figure-name.ts';
import { type FunctionValue, functionValue } from './function-value.ts';
import { joinItem } from './join.ts';
import { type Column, derived, NOTHING, type Origin, UNKNOWN } from './origin.ts';
import { aliasOf, type Queries } from './queries.ts';
import { tableRelation } from './relations.ts';
import { type FromItem, itemOf, type Relation, type Scope } from './scope.ts';
import { type CteScope, cteColumns, withNames } from './with.ts';

/** The items of a FROM list. Each may see those before it, where it is LATERAL or a function. */
export function fromItems(
  list: unknown,
  queries: Queries,
  outer: Scope | undefined,
  ctes: CteScope | undefined,
): readonly FromItem[] {
  const items: FromItem[] = [];
  for (const node of listOf(list)) items.push(fromItem(node, queries, { items: [...items], special: [], outer }, ctes));
  return items;
}

/** One item of a FROM list; `before` is what stands before it, within the query's outer scope. */
export function fromItem(node: unknown, queries: Queries, before: Scope, ctes: CteScope | undefined): FromItem {
  const tag = tagOf(node);
  if (tag === undefined || !isBody(node)) return UNKNOWN_ITEM;
  const body = bodyOf(node, tag);
  switch (tag) {
    case 'RangeVar':
      return itemOf(namedRelation(body, queries, ctes));
    case 'JoinExpr':
      return joinItem(body, queries, before, ctes);
    case 'RangeSubselect': {
      const sight = body['lateral'] === true ? before : before.outer;
      return itemOf(derivedRelation(body, queries.columns(body['subquery'], sight, ctes)));
    }
    case 'RangeFunction':
      return itemOf(functionRelation(body, queries, before, ctes));
    case 'RangeTableSample':
      for (const part of [body['args'], body['repeatable']]) {
        if (part !== undefined) queries.uses.filter(queries.expressions.origin(part, before, ctes));
      }
      return fromItem(body['relation'], queries, before, ctes);
    case 'RangeTableFunc':
    case 'JsonTable':
      return itemOf(tableFunctionRelation(body, queries, before, ctes));
    default:
      return UNKNOWN_ITEM;
  }
}

/** A table, a view or a CTE by its name. */
export function namedRelation(body: Body, queries: Queries, ctes: CteScope | undefined): Relation {
  const name = textOf(body['relname']);
  const schema = textOf(body['schemaname']);
  const columns = schema === '' ? cteColumns(name, ctes) : 'none';
  if (columns !== 'none') return derivedRelation({ alias: { aliasname: name }, ...body }, columns);
  return tableRelation({ schema, name, only: body['inh'] !== true }, aliasOf(body), queries);
}

/** A subquery's or CTE's columns under its alias. */
function derivedRelation(body: Body, columns: readonly Column[] | undefined): Relation {
  const alias = aliasOf(body);
  if (columns === undefined) return { alias: alias.name ?? '', columns: [], open: () => UNKNOWN, complete: false };
  const relation = { alias: alias.name ?? '', columns: withNames(columns, alias.columns), complete: true };
  return alias.columns.length === 0 ? { ...relation, isRow: true } : relation;
}

const UNKNOWN_ITEM: FromItem = itemOf({ alias: '', columns: [], open: () => UNKNOWN, complete: false });

/** Functions whose result may be a row of the argument's type, so that its columns are not known here. */
const ROW_OF_ARGUMENT = /^(unnest|jsonb?_populate_record(set)?(_valid)?|jsonb?_to_record(set)?)$/;

function functionRelation(body: Body, queries: Queries, before: Scope, ctes: CteScope | undefined): Relation {
  const alias = aliasOf(body);
  const columns: Column[] = [];
  const origins: Origin[] = [];
  let complete = true;
  const functions = listOf(body['functions']).map((item) => listOf(as(item, 'List')?.items));
  for (const [call, definitions] of functions) {
    const origin = queries.expressions.origin(call, before, ctes);
    origins.push(origin);
    const listed = [...columnNames(definitions), ...columnNames(body['coldeflist'])];
    const shape = listed.length > 0 ? { names: listed, sure: true } : shapeOf(call, alias.name, queries);
    complete &&= shape.sure;
    const each = shape.value?.columns.length === shape.names.length ? shape.value.columns : undefined;
    const handed =
      shape.value === undefined ? origin : queries.expressions.origin(as(call, 'FuncCall')?.args, before, ctes);
    // how many rows there are hangs on its arguments, and can be counted
    queries.uses.filter(handed);
    for (const [index, name] of shape.names.entries()) {
      const own = each?.[index];
      columns.push({ name, origin: own === undefined ? origin : withArguments(own, handed) });
    }
  }
  if (body['ordinality'] === true) columns.push({ name: 'ordinality', origin: NOTHING });
  const all = derived(origins);
  const name = alias.name ?? columns[0]?.name ?? '';
  const relation = { alias: name, columns: withNames(columns, alias.columns), complete };
  return complete ? relation : { ...relation, open: () => all };
}

/** A column of a function's result stays a column as it stands where nothing was handed in that it could derive from. */
function withArguments(own: Origin, handed: Origin): Origin {
  return handed === NOTHING ? own : derived([own, handed]);
}

/** The columns of `(f(x)).*` for a function that has several; undefined for anything else. */
export function compositeColumns(node: unknown, catalogue: Catalogue | undefined): readonly string[] | undefined {
  const call = as(node, 'FuncCall');
  const path = namesOf(call?.funcname);
  const name = path.at(-1) ?? '';
  const schema = path.length > 1 ? (path.at(-2) ?? '') : '';
  const value = functionValue(schema, name, listOf(call?.args).length, catalogue);
  if (value?.names !== undefined) return value.names;
  if (schema !== '' && schema !== 'pg_catalog') return undefined;
  if (schema === '' && catalogue?.functions.has(name) === true) return undefined;
  const columns = columnsOfBuiltin(name);
  return columns !== undefined && columns.length > 1 ? columns : undefined;
}

interface Shape {
  readonly names: readonly string[];
  /** The names are all. */
  readonly sure: boolean;
  readonly value?: FunctionValue;
}

/** The result columns of a function in FROM (`chooseScalarFunctionAlias`). */
function shapeOf(call: unknown, alias: string | undefined, queries: Queries): Shape {
  const function_ = as(call, 'FuncCall');
  if (function_ === undefined) return { names: [alias ?? figureName(call)], sure: true };
  const path = namesOf(function_.funcname);
  const name = path.at(-1) ?? '';
  const schema = path.length > 1 ? (path.at(-2) ?? '') : '';
  const { catalogue } = queries;
  const value = functionValue(schema, name, listOf(function_.args).length, catalogue);
  if (value !== undefined) return { names: value.names ?? [alias ?? name], sure: true, value };
  const user = schema !== 'pg_catalog' && catalogue?.functions.has(name) === true;
  if (user || !isBuiltin(name) || (schema !== '' && schema !== 'pg_catalog')) return { names: [], sure: false };
  if (effectOfCall(schema, name, catalogue).result === 'unknown' && columnsOfBuiltin(name) === undefined) {
    return { names: [], sure: false };
  }
  if (ROW_OF_ARGUMENT.test(name)) {
    const scalars = name === 'unnest' ? listOf(function_.args).map(() => alias ?? name) : [];
    return { names: scalars, sure: false };
  }
  return { names: columnsOfBuiltin(name) ?? [alias ?? name], sure: true };
}

function columnNames(definitions: unknown): string[] {
  const list = Array.isArray(definitions) ? definitions : listOf(as(definitions, 'List')?.items);
  return list.flatMap((item) => as(item, 'ColumnDef')?.colname ?? []);
}

/** XMLTABLE and JSON_TABLE: every column derives from the document and the expressions around it. */
function tableFunctionRelation(body: Body, queries: Queries, before: Scope, ctes: CteScope | undefined): Relation {
  const { alias: _alias, ...parts } = body;
  const origin = queries.expressions.origin(parts, before, ctes);
  queries.uses.filter(origin);
  const alias = aliasOf(body);
  const columns = tableFunctionColumns(body['columns']).map((name) => ({ name, origin }));
  return { alias: alias.name ?? '', columns: withNames(columns, alias.columns), complete: true };
}

function tableFunctionColumns(list: unknown): string[] {
  return listOf(list).flatMap((item) => {
    const xml = as(item, 'RangeTableFuncCol')?.colname;
    if (xml !== undefined) return [xml];
    const json = as(item, 'JsonTableColumn');
    if (json?.coltype === 'JTC_NESTED') return tableFunctionColumns(json.columns);
    return json?.name === undefined ? [] : [json.name];
  });
}
