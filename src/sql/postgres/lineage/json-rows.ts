import type { JsonRows } from '../../../model/request.ts';
import type { Catalogue } from '../catalogue.ts';
import { as, bodyOf, isBody, listOf, namesOf, tagOf } from '../nodes.ts';
import { outputOf } from './origin.ts';
import { mayBeColumn, type Relation, type Scope } from './scope.ts';

/** The functions that make JSON of a row, whose keys are the names of its columns, in their order. */
const SHAPES: Readonly<Record<string, JsonRows['shape']>> = {
  row_to_json: 'object',
  to_json: 'object',
  to_jsonb: 'object',
  json_agg: 'array',
  jsonb_agg: 'array',
};

/**
 * What a value of a target list is made of, where it is JSON of whole rows of one relation and every key is known from
 * the names in sight: `row_to_json(u)`, `json_agg(u.*)`, or a column of a subquery that is one of these. Undefined for
 * anything else: structure that hangs on a value tells of it.
 */
export function jsonRowsOf(node: unknown, scope: Scope, catalogue: Catalogue | undefined): JsonRows | undefined {
  if (catalogue === undefined || catalogue.stale !== undefined || catalogue.pathUnknown === true) return undefined;
  const reference = as(node, 'ColumnRef');
  if (reference !== undefined) return passedOn(listOf(reference.fields), scope);
  if (!isBody(node) || tagOf(node) !== 'FuncCall') return undefined;
  const call = bodyOf(node, 'FuncCall');
  const [argument, ...more] = listOf(call['args']);
  if (more.length > 0 || UNTHOUGHT.some((key) => (call[key] ?? false) !== false)) return undefined;
  const path = namesOf(call['funcname']);
  const shape = shapeOf(path, catalogue);
  const relation = shape === undefined ? undefined : wholeRow(listOf(as(argument, 'ColumnRef')?.fields), scope);
  if (shape === undefined || relation === undefined || !isSureOfNames(relation, path.at(-1) ?? '')) return undefined;
  const leaves = relation.columns.map((column) => {
    const { name, sources, plain } = outputOf(column);
    return { name, sources, plain };
  });
  return { shape, leaves };
}

/** What a call may have that is not looked into here. DISTINCT, ORDER BY and FILTER only choose and order rows. */
const UNTHOUGHT = ['over', 'func_variadic', 'agg_star', 'agg_within_group'];

/** A function of the database that has the name may be what the call means, whatever the order of schemas. */
function shapeOf(path: readonly string[], catalogue: Catalogue): JsonRows['shape'] | undefined {
  const name = path.at(-1) ?? '';
  const isBuiltin = path.length === 1 || (path.length === 2 && path[0] === 'pg_catalog');
  if (!isBuiltin || !Object.hasOwn(SHAPES, name) || catalogue.functions.has(name)) return undefined;
  return SHAPES[name];
}

/** The relation that `u` or `u.*` stands for: an item of this query's own FROM, and nothing else. */
function wholeRow(fields: readonly unknown[], scope: Scope): Relation | undefined {
  const names = namesOf(fields);
  const [name] = names;
  const isStar = fields.length === 2 && tagOf(fields[1]) === 'A_Star';
  if (name === undefined || names.length !== 1 || (fields.length !== 1 && !isStar)) return undefined;
  // a column of the name comes before a row, from however far out
  return !isStar && mayBeColumn(name, scope) ? undefined : ownRelation(name, scope);
}

function ownRelation(name: string, { items }: Scope): Relation | undefined {
  const [found, ...others] = items.flatMap((item) => item.relations).filter(({ alias }) => alias === name);
  if (found === undefined || others.length > 0) return undefined;
  return found.isRow === true && found.complete && found.open === undefined ? found : undefined;
}

/**
 * Of two columns of one name, JSON has both and jsonb the last. A column that is called like the function is what the
 * call means before PostgreSQL 11 (parse_func.c, column projection).
 */
function isSureOfNames({ columns }: Relation, called: string): boolean {
  const names = new Set(columns.map(({ name }) => name));
  return names.size === columns.length && !names.has(called);
}

/** `j` or `s.j`, where a subquery or CTE of this query's own FROM made it. */
function passedOn(fields: readonly unknown[], scope: Scope): JsonRows | undefined {
  const names = namesOf(fields);
  if (names.length !== fields.length || names.length === 0 || names.length > 2) return undefined;
  const [relation] = names.length === 2 ? [ownRelation(names[0] ?? '', scope)] : [undefined];
  const columns = names.length === 2 ? (relation?.columns ?? []) : scope.items.flatMap((item) => item.columns);
  const [found, ...others] = columns.filter(({ name }) => name === names.at(-1));
  return others.length === 0 ? found?.json : undefined;
}
