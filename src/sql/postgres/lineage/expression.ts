import { effectOfCall, effectOfReference, effectWithin } from '../functions.ts';
import { as, type Body, bodyOf, isBody, listOf, namesOf, tagOf } from '../nodes.ts';
import { castFunctions, operatorFunctions } from '../silent-calls.ts';
import { olderCallOf } from '../sql-json-names.ts';
import { readWindow } from './clauses.ts';
import { functionValue } from './function-value.ts';
import { derived, HANDED_IN, NOT_FOUND, NOTHING, type Origin, UNKNOWN } from './origin.ts';
import type { Queries } from './queries.ts';
import { relationNamed, resolveName, resolveQualified, type Scope, starOf, wholeOf } from './scope.ts';
import type { CteScope } from './with.ts';

/** Where the values of expressions come from. What is not understood is unknown. */
export class Expressions {
  readonly #queries: Queries;
  /** A cast that no text names may put what it reads in the place of any value. */
  readonly #isCastUnseen: boolean;

  constructor(queries: Queries) {
    this.#queries = queries;
    const { catalogue } = queries;
    this.#isCastUnseen =
      catalogue?.programs.silentCasts.some(
        (cast) => effectWithin(effectOfReference(cast.function, catalogue), catalogue).result === 'unknown',
      ) ?? false;
  }

  origin(node: unknown, scope: Scope | undefined, ctes: CteScope | undefined): Origin {
    const tag = tagOf(node);
    if (tag === undefined || !isBody(node)) return this.#parts(node, scope, ctes);
    this.#queries.step();
    const body = bodyOf(node, tag);
    if (this.#isCastUnseen || this.#callsSilently(tag, body)) {
      this.#queries.uses.lost();
      return UNKNOWN;
    }
    switch (tag) {
      case 'ColumnRef':
        return this.#column(body, scope);
      case 'ParamRef':
        return this.#queries.parameters[Number(body['number'] ?? 0) - 1] ?? NOTHING;
      case 'FuncCall':
        return this.#call(body, scope, ctes);
      case 'SubLink':
        return this.#subLink(body, scope, ctes);
      case 'JsonArrayQueryConstructor':
        return this.query(body['query'], scope, ctes);
      case 'TypeCast':
        return derived([this.origin(body['arg'], scope, ctes)]);
      case 'CaseExpr':
        if (body['arg'] !== undefined) this.#queries.uses.filter(this.origin(body['arg'], scope, ctes));
        return this.#parts(body, scope, ctes);
      case 'CaseWhen':
        this.#queries.uses.filter(this.origin(body['expr'], scope, ctes));
        return this.#parts(body, scope, ctes);
      case 'JsonObjectAgg':
      case 'JsonArrayAgg':
        return this.#jsonAggregate(body, scope, ctes);
      default:
        if (VALUELESS.has(tag)) return NOTHING;
        if (!COMPOSITE.has(tag)) this.#queries.uses.lost();
        return COMPOSITE.has(tag) ? this.#parts(body, scope, ctes) : UNKNOWN;
    }
  }

  #column(body: Body, scope: Scope | undefined): Origin {
    const origin = columnOrigin(body, scope);
    return origin === NOT_FOUND && this.#queries.isBody ? HANDED_IN : origin;
  }

  /** An operator or a cast that the database defined is a function, which may read and return anything. */
  #callsSilently(tag: string, body: Body): boolean {
    const { catalogue } = this.#queries;
    if (catalogue === undefined || tag === 'SubLink') return false;
    const older = olderCallOf(tag, body);
    if (older !== undefined && catalogue.functions.has(older)) return true;
    if (tag === 'TypeCast') return castFunctions(body['typeName'], catalogue).length > 0;
    return operatorFunctions(tag, body, catalogue).length > 0;
  }

  /** All that a subquery returns, as one value. */
  query(node: unknown, scope: Scope | undefined, ctes: CteScope | undefined): Origin {
    const columns = this.#queries.columns(node, scope, ctes);
    return columns === undefined ? UNKNOWN : derived(columns.map((column) => column.origin));
  }

  /** The union of everything that stands in a body or a list. */
  #parts(value: unknown, scope: Scope | undefined, ctes: CteScope | undefined): Origin {
    if (Array.isArray(value)) return derived(value.map((item) => this.origin(item, scope, ctes)));
    if (!isBody(value)) return NOTHING;
    const origins: Origin[] = [];
    for (const key in value) {
      const part = value[key];
      if (typeof part === 'object' && part !== null) origins.push(this.origin(part, scope, ctes));
    }
    return derived(origins);
  }

  /** EXISTS tells of no value, but what stands in it is read: conditions in it decide. */
  #subLink(body: Body, scope: Scope | undefined, ctes: CteScope | undefined): Origin {
    const inner = this.query(body['subselect'], scope, ctes);
    if (body['subLinkType'] === 'EXISTS_SUBLINK') return NOTHING;
    return derived([inner, this.origin(body['testexpr'], scope, ctes)]);
  }

  /** `count(x)` tells of no value of x; an ordered-set aggregate returns what it orders by. */
  #call(body: Body, scope: Scope | undefined, ctes: CteScope | undefined): Origin {
    const names = namesOf(body['funcname']);
    const schema = names.length > 1 ? (names.at(-2) ?? '') : '';
    const name = names.at(-1) ?? '';
    if (schema === 'pg_catalog' && name === 'system_user') return systemUser(scope);
    const effect = effectOfCall(schema, name, this.#queries.catalogue);
    const inputs = listOf(body['args']).map((argument) => this.origin(argument, scope, ctes));
    const order = listOf(body['agg_order']).map((item) => this.origin(as(item, 'SortBy')?.node, scope, ctes));
    if (body['agg_within_group'] === true) inputs.push(...order);
    const value = derived(inputs);
    const { uses } = this.#queries;
    this.#qualifiers(body, body['agg_within_group'] === true ? [] : order, scope, ctes);
    // what does more than read may show its arguments elsewhere: a notification, a setting, a file
    if (effect.access !== 'read') uses.output(value);
    // what returns sets makes as many rows as its arguments say, which can be counted
    // rank(pin) WITHIN GROUP over numbers is pin
    const counts = effect.result === 'nothing' && body['agg_within_group'] !== true;
    if (counts || body['agg_distinct'] === true || RETURNS_SETS.test(name)) uses.filter(value);
    if (counts) return NOTHING;
    return effect.result === 'unknown' ? this.#result(schema, name, inputs) : value;
  }

  /** What a function in SQL returns is what its body selects, and what it was handed. */
  #result(schema: string, name: string, inputs: readonly Origin[]): Origin {
    const { catalogue, uses } = this.#queries;
    const result = functionValue(schema, name, inputs.length, catalogue);
    if (result === undefined) return UNKNOWN;
    uses.filter(result.filters);
    return derived([...result.columns, ...inputs]);
  }

  /** FILTER, ORDER BY and OVER of a call decide what goes into its value. */
  #qualifiers(body: Body, order: readonly Origin[], scope: Scope | undefined, ctes: CteScope | undefined): void {
    const queries = this.#queries;
    if (order.length > 0) queries.uses.filter(derived(order));
    const condition = body['agg_filter'];
    if (condition !== undefined) queries.uses.filter(this.origin(condition, scope, ctes));
    readWindow(body['over'], { queries, scope, ctes });
  }

  #jsonAggregate(body: Body, scope: Scope | undefined, ctes: CteScope | undefined): Origin {
    const { constructor: _constructor, ...values } = body;
    const plain = body['constructor'];
    if (isBody(plain)) {
      const order = listOf(plain['agg_order']).map((item) => this.origin(as(item, 'SortBy')?.node, scope, ctes));
      this.#qualifiers(plain, order, scope, ctes);
    }
    return this.#parts(values, scope, ctes);
  }
}

/** Until PostgreSQL 16 a name like others, so that a column may be meant. */
function systemUser(scope: Scope | undefined): Origin {
  const origin = resolveName('system_user', scope);
  return origin === NOT_FOUND ? NOTHING : origin;
}

/** Functions of pg_catalog and of well-known extensions that return sets. */
const RETURNS_SETS =
  /^(generate_(series|subscripts)|unnest|regexp_(matches|split_to_table)|string_to_table|jsonb?_(array_elements|each)(_text)?|jsonb?_(object_keys|populate_recordset|to_recordset)|jsonb_path_query(_tz)?|each|skeys|svals|ts_parse|xpath_table)$/;

/** Expressions that carry no value of any table. */
const VALUELESS = new Set(
  `A_Const SQLValueFunction SetToDefault MergeSupportFunc GroupingFunc CurrentOfExpr TypeName String Integer
   Float Boolean BitString A_Star JsonFormat JsonReturning JsonOutput WindowDef`.split(/\s+/),
);

/** Expressions whose value derives from their parts, whatever they make of them. */
const COMPOSITE = new Set(
  `A_Expr A_ArrayExpr A_Indirection A_Indices BoolExpr NullTest BooleanTest RowExpr CaseExpr CaseWhen CoalesceExpr
   MinMaxExpr CollateClause NamedArgExpr List XmlExpr XmlSerialize ResTarget MultiAssignRef JsonValueExpr JsonKeyValue
   JsonFuncExpr JsonArgument JsonObjectConstructor JsonArrayConstructor JsonObjectAgg JsonArrayAgg JsonAggConstructor
   JsonScalarExpr JsonParseExpr JsonSerializeExpr JsonIsPredicate JsonBehavior SortBy RangeTableFuncCol JsonTableColumn
   JsonTablePathSpec`.split(/\s+/),
);

function columnOrigin(body: Body, scope: Scope | undefined): Origin {
  const fields = listOf(body['fields']);
  const names = namesOf(fields);
  const star = tagOf(fields.at(-1)) === 'A_Star';
  if (!star) {
    return names.length === 1 ? resolveName(names[0] ?? '', scope) : resolveQualified(names, scope);
  }
  if (names.length > 0) {
    const relation = relationNamed(names, scope);
    return relation === undefined ? UNKNOWN : wholeOf(relation);
  }
  const all = scope === undefined ? undefined : starOf(scope);
  return all === undefined ? UNKNOWN : derived(all.map((column) => column.origin));
}
