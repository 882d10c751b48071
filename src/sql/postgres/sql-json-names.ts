import { type Body, textOf } from './nodes.ts';

/**
 * The name that a server before SQL/JSON (PostgreSQL 15 and 16 know parts of it) looks for a function by, where the parser
 * of 18 sees an expression: `json_scalar(x)` is a call there. Undefined for any other node.
 */
export function olderCallOf(tag: string, body: Body): string | undefined {
  return tag === 'JsonFuncExpr' ? OPERATIONS[textOf(body['op'])] : NAMES[tag];
}

const NAMES: Readonly<Record<string, string>> = {
  JsonScalarExpr: 'json_scalar',
  JsonParseExpr: 'json',
  JsonSerializeExpr: 'json_serialize',
  JsonObjectConstructor: 'json_object',
  JsonArrayConstructor: 'json_array',
  JsonArrayQueryConstructor: 'json_array',
  JsonObjectAgg: 'json_objectagg',
  JsonArrayAgg: 'json_arrayagg',
  MergeSupportFunc: 'merge_action',
};

const OPERATIONS: Readonly<Record<string, string>> = {
  JSON_EXISTS_OP: 'json_exists',
  JSON_QUERY_OP: 'json_query',
  JSON_VALUE_OP: 'json_value',
};
