import { type Body, isBody, namesOf, textOf } from '../nodes.ts';
import { fromItem } from './from.ts';
import { type Column, either } from './origin.ts';
import { aliasOf, type Queries } from './queries.ts';
import type { FromItem, Relation, Scope } from './scope.ts';
import { type CteScope, withNames } from './with.ts';

/**
 * A join. The columns of USING and NATURAL come first and once, and are of both sides; then the rest of the left, then
 * the rest of the right (PostgreSQL manual, 7.2.1.1).
 */
export function joinItem(body: Body, queries: Queries, before: Scope, ctes: CteScope | undefined): FromItem {
  const left = fromItem(body['larg'], queries, before, ctes);
  const right = fromItem(body['rarg'], queries, { ...before, items: [...before.items, left] }, ctes);
  const natural = body['isNatural'] === true;
  const shared = natural ? commonNames(left, right) : namesOf(body['usingClause']);
  // which columns a natural join merges is not known while a side's columns are not
  const complete = left.complete && right.complete;
  const merged = shared.map((name) => mergedColumn(name, left, right));
  const rest = (item: FromItem, other: FromItem): readonly Column[] => {
    const own = item.columns.filter((column) => !shared.includes(column.name));
    if (!natural || other.complete) return own;
    return own.map((column) => mergedColumn(column.name, item, other));
  };
  const columns = [...merged, ...rest(left, right), ...rest(right, left)];
  for (const { origin } of merged) queries.uses.filter(origin);
  if (body['quals'] !== undefined) {
    const scope: Scope = { items: [left, right], special: [], outer: before.outer };
    queries.uses.filter(queries.expressions.origin(body['quals'], scope, ctes));
  }
  const relations = [...left.relations, ...right.relations];
  const alias = aliasOf(body);
  if (alias.name !== undefined && alias.name !== '') {
    const open = relations.find((relation) => relation.open !== undefined)?.open;
    const named = { alias: alias.name, columns: withNames(columns, alias.columns), complete };
    const relation: Relation = open === undefined ? named : { ...named, open };
    return { columns: relation.columns, relations: [relation], complete };
  }
  const using = body['join_using_alias'];
  const extra = isBody(using) ? [{ alias: textOf(using['aliasname']), columns: merged, complete: true }] : [];
  return { columns, relations: [...relations, ...extra], complete };
}

function commonNames(left: FromItem, right: FromItem): string[] {
  const names = new Set(right.columns.map((column) => column.name));
  return left.columns.map((column) => column.name).filter((name) => names.has(name));
}

function mergedColumn(name: string, left: FromItem, right: FromItem): Column {
  const sides = [left, right].flatMap((item) => {
    const listed = item.columns.filter((column) => column.name === name).map((column) => column.origin);
    if (listed.length > 0) return listed;
    return item.relations.flatMap((relation) => (relation.open === undefined ? [] : [relation.open(name)]));
  });
  return { name, origin: either(sides) };
}
