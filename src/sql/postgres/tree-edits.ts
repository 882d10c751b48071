import { isDeepStrictEqual } from 'node:util';
import { type Body, bodyOf, isBody, listOf } from './nodes.ts';

/** True where two parse trees are the same but for where their tokens stand. */
export function isSameTree(one: unknown, other: unknown): boolean {
  return isDeepStrictEqual(withoutPlaces(one), withoutPlaces(other));
}

/** The tree with the limit of another query put to `query`, which is a part of it. */
export function treeWithLimit(tree: unknown, query: Body, { limitCount, limitOption }: Body): unknown {
  if (tree === query) return { ...query, limitCount, limitOption };
  if (Array.isArray(tree)) return tree.map((child) => treeWithLimit(child, query, { limitCount, limitOption }));
  if (!isBody(tree)) return tree;
  const children = Object.entries(tree).map(([key, child]) => [
    key,
    treeWithLimit(child, query, { limitCount, limitOption }),
  ]);
  return Object.fromEntries(children);
}

/** `SELECT * FROM (…)` as `outer` has it, with another query inside. */
export function treeAround(outer: Body | undefined, inner: Body): unknown {
  const select = bodyOf(outer ?? {}, 'SelectStmt');
  const [from] = listOf(select['fromClause']);
  const subselect = isBody(from) ? bodyOf(from, 'RangeSubselect') : {};
  return { SelectStmt: { ...select, fromClause: [{ RangeSubselect: { ...subselect, subquery: inner } }] } };
}

const PLACES = /location$|^stmt_len$|list_(?:start|end)$/;

function withoutPlaces(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withoutPlaces);
  if (!isBody(node)) return node;
  const kept = Object.entries(node).filter(([key]) => !PLACES.test(key));
  return Object.fromEntries(kept.map(([key, child]) => [key, withoutPlaces(child)]));
}
