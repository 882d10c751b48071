import { as, isBody, listOf, namesOf, tagOf } from './nodes.ts';

/**
 * True when a WHERE clause can restrain the rows that an UPDATE or DELETE touches: it compares something of the row.
 * `where true`, `where 1 = 1`, `where id = id` and `where x or true` do not. An estimate against haste, not a proof:
 * there are conditions that look selective and hold for every row.
 */
export function restrains(condition: unknown): boolean {
  if (!isBody(condition)) return false;
  const logic = as(condition, 'BoolExpr');
  if (logic !== undefined) {
    const args = listOf(logic.args);
    return logic.boolop === 'OR_EXPR' ? args.every(restrains) : args.some(restrains);
  }
  const comparison = as(condition, 'A_Expr');
  if (comparison !== undefined && sameExpression(comparison.lexpr, comparison.rexpr)) return false;
  if (as(condition, 'CurrentOfExpr') !== undefined) return true;
  return mentionsRow(condition, false);
}

/** A column reference outside of subqueries, or a qualified one inside (the correlation with the row). */
function mentionsRow(value: unknown, inSubquery: boolean): boolean {
  if (Array.isArray(value)) return value.some((item) => mentionsRow(item, inSubquery));
  if (!isBody(value)) return false;
  const tag = tagOf(value);
  if (tag === 'ColumnRef') return !inSubquery || namesOf(as(value, 'ColumnRef')?.fields).length > 1;
  const inside = inSubquery || tag === 'SelectStmt';
  return Object.values(value).some((part) => mentionsRow(part, inside));
}

function sameExpression(one: unknown, other: unknown): boolean {
  return one !== undefined && JSON.stringify(withoutLocations(one)) === JSON.stringify(withoutLocations(other));
}

function withoutLocations(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutLocations);
  if (!isBody(value)) return value;
  const kept: Record<string, unknown> = {};
  for (const [key, part] of Object.entries(value)) if (key !== 'location') kept[key] = withoutLocations(part);
  return kept;
}
