import { as, bodyOf, isBody, listOf, namesOf, tagOf, textOf } from '../nodes.ts';

/** The name that the server gives a column without AS (FigureColname in parse_target.c). */
export function figureName(node: unknown): string {
  return figure(node).name ?? '?column?';
}

/** A strong name stops the search; a weak one (of a cast's type, of CASE) is used where nothing better is inside. */
interface Figure {
  readonly name: string | undefined;
  readonly strong: boolean;
}

const NONE: Figure = { name: undefined, strong: false };

function strong(name: string | undefined): Figure {
  return name === undefined ? NONE : { name, strong: true };
}

function figure(node: unknown): Figure {
  const tag = tagOf(node);
  if (tag === undefined || !isBody(node)) return NONE;
  const body = bodyOf(node, tag);
  switch (tag) {
    case 'ColumnRef':
      return strong(namesOf(body['fields']).at(-1));
    case 'A_Indirection':
      return indirectionName(body['arg'], namesOf(body['indirection']));
    case 'FuncCall':
      return strong(namesOf(body['funcname']).at(-1));
    case 'A_Expr':
      return body['kind'] === 'AEXPR_NULLIF' ? strong('nullif') : NONE;
    case 'TypeCast':
      return orElse(figure(body['arg']), namesOf(as(node, 'TypeCast')?.typeName?.names).at(-1));
    case 'CollateClause':
      return figure(body['arg']);
    case 'GroupingFunc':
      return strong('grouping');
    case 'MergeSupportFunc':
      return strong('merge_action');
    case 'SubLink':
      return subLinkName(body['subLinkType'], body['subselect']);
    case 'CaseExpr':
      return orElse(figure(body['defresult']), 'case');
    case 'A_ArrayExpr':
      return strong('array');
    case 'RowExpr':
      return strong('row');
    case 'CoalesceExpr':
      return strong('coalesce');
    case 'MinMaxExpr':
      return strong(body['op'] === 'IS_GREATEST' ? 'greatest' : 'least');
    case 'SQLValueFunction':
      return strong(SQL_VALUE_NAMES[textOf(body['op'])]);
    default:
      return strong(FIXED[tag] ?? operationName(tag, body['op']));
  }
}

function orElse(inner: Figure, weak: string | undefined): Figure {
  return inner.strong ? inner : { name: weak ?? inner.name, strong: false };
}

function indirectionName(arg: unknown, fields: readonly string[]): Figure {
  const last = fields.at(-1);
  return last === undefined ? figure(arg) : strong(last);
}

function subLinkName(type: unknown, subselect: unknown): Figure {
  if (type === 'EXISTS_SUBLINK') return strong('exists');
  if (type === 'ARRAY_SUBLINK') return strong('array');
  if (type !== 'EXPR_SUBLINK') return NONE;
  const target = as(listOf(as(subselect, 'SelectStmt')?.targetList)[0], 'ResTarget');
  if (target === undefined) return NONE;
  return target.name === undefined || target.name === '' ? figure(target.val) : strong(target.name);
}

function operationName(tag: string, op: unknown): string | undefined {
  if (tag === 'XmlExpr') return textOf(op).replace(/^IS_/, '').toLowerCase();
  if (tag === 'JsonFuncExpr') return textOf(op).replace(/_OP$/, '').toLowerCase();
  return undefined;
}

const FIXED: Readonly<Record<string, string>> = {
  XmlSerialize: 'xmlserialize',
  JsonParseExpr: 'json',
  JsonScalarExpr: 'json_scalar',
  JsonSerializeExpr: 'json_serialize',
  JsonObjectConstructor: 'json_object',
  JsonArrayConstructor: 'json_array',
  JsonArrayQueryConstructor: 'json_array',
  JsonObjectAgg: 'json_objectagg',
  JsonArrayAgg: 'json_arrayagg',
};

const SQL_VALUE_NAMES: Readonly<Record<string, string>> = {
  SVFOP_CURRENT_DATE: 'current_date',
  SVFOP_CURRENT_TIME: 'current_time',
  SVFOP_CURRENT_TIME_N: 'current_time',
  SVFOP_CURRENT_TIMESTAMP: 'current_timestamp',
  SVFOP_CURRENT_TIMESTAMP_N: 'current_timestamp',
  SVFOP_LOCALTIME: 'localtime',
  SVFOP_LOCALTIME_N: 'localtime',
  SVFOP_LOCALTIMESTAMP: 'localtimestamp',
  SVFOP_LOCALTIMESTAMP_N: 'localtimestamp',
  SVFOP_CURRENT_ROLE: 'current_role',
  SVFOP_CURRENT_USER: 'current_user',
  SVFOP_USER: 'user',
  SVFOP_SESSION_USER: 'session_user',
  SVFOP_CURRENT_CATALOG: 'current_catalog',
  SVFOP_CURRENT_SCHEMA: 'current_schema',
};
