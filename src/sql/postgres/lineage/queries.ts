import { LIMITS } from '../../../model/limits.ts';
import type { Catalogue } from '../catalogue.ts';
import { as, type Body, bodyOf, isBody, listOf, namesOf, tagOf, textOf } from '../nodes.ts';
import { filterOutputs, readClauses, readOrderAndLimit } from './clauses.ts';
import { ColumnUses } from './column-uses.ts';
import { Expressions } from './expression.ts';
import { figureName } from './figure-name.ts';
import { compositeColumns, fromItems } from './from.ts';
import { jsonRowsOf } from './json-rows.ts';
import { readModification } from './modification.ts';
import { type Column, derived, either, NOTHING, type Origin, UNKNOWN } from './origin.ts';
import { relationNamed, type Scope, starOf } from './scope.ts';
import { type CteScope, readWith } from './with.ts';

/** A statement that stands inside another: what it returns, and what it does with columns. */
export interface InnerStatement {
  readonly columns: readonly Column[] | undefined;
  readonly uses: ColumnUses;
}

/** What the queries of one statement return, where it comes from and what else they do with columns. */
export class Queries {
  readonly catalogue: Catalogue | undefined;
  readonly expressions: Expressions;
  /** Of each INSERT, UPDATE, DELETE and MERGE in a WITH clause, by the body of its node. */
  readonly inner = new Map<Body, InnerStatement>();
  /** Of the statement that is being read. */
  uses = new ColumnUses();
  /** A number named a column. */
  positional = false;
  /** What `$1`, `$2`, … stand for, where EXECUTE hands in expressions. */
  parameters: readonly Origin[] = [];
  #depth = 0;
  #steps = 0;

  /** The statement stands in a function's body: what is no column there is a parameter or a variable. */
  readonly isBody: boolean;

  constructor(catalogue: Catalogue | undefined, within?: 'body') {
    this.catalogue = catalogue;
    this.isBody = within === 'body';
    this.expressions = new Expressions(this);
  }

  /** The columns of a query or of a RETURNING; undefined where their number is not known. */
  columns(node: unknown, outer: Scope | undefined, ctes: CteScope | undefined): readonly Column[] | undefined {
    const tag = tagOf(node);
    if (tag === undefined || !isBody(node)) return undefined;
    if (++this.#depth > LIMITS.maxNestedQueries) throw new RangeError('queries are nested too deeply');
    this.step();
    const body = bodyOf(node, tag);
    const columns =
      tag === 'SelectStmt'
        ? this.#select(body, outer, readWith(body['withClause'], this, outer, ctes))
        : this.#modification(tag, body, outer, ctes);
    this.#depth--;
    return columns;
  }

  /** What decides in it decides around it too; what it writes and copies is its own. */
  #modification(tag: string, body: Body, outer: Scope | undefined, ctes: CteScope | undefined) {
    const around = this.uses;
    const uses = new ColumnUses();
    this.uses = uses;
    const columns = readModification(tag, body, this, readWith(body['withClause'], this, outer, ctes));
    this.inner.set(body, { columns, uses });
    this.uses = around;
    around.filter(uses.filters());
    return columns;
  }

  /** Counts a piece of work. Nested recursion multiplies, so there is a bound. */
  step(): void {
    if (++this.#steps > LIMITS.maxLineageSteps)
      throw new RangeError('where the values come from takes too long to say');
  }

  /**
   * The columns of a target list; undefined where a `*` in it cannot be expanded. What JSON is made of is told of a
   * SELECT's own list alone.
   */
  targets(list: unknown, scope: Scope, ctes: CteScope | undefined, isSelect = false): readonly Column[] | undefined {
    const columns: Column[] = [];
    for (const item of listOf(list)) {
      const target = as(item, 'ResTarget');
      const expanded = this.#expand(target?.val, scope, ctes);
      if (expanded === 'unknown') return undefined;
      if (expanded !== 'no star') columns.push(...expanded);
      else {
        const name = target?.name === undefined || target.name === '' ? figureName(target?.val) : target.name;
        const json = isSelect && !this.isBody ? jsonRowsOf(target?.val, scope, this.catalogue) : undefined;
        columns.push({ name, origin: this.expressions.origin(target?.val, scope, ctes), ...(json && { json }) });
      }
    }
    return columns;
  }

  #select(body: Body, outer: Scope | undefined, ctes: CteScope | undefined): readonly Column[] | undefined {
    if (body['op'] !== 'SETOP_NONE') return this.#setOperation(body, outer, ctes);
    const rows = listOf(body['valuesLists']);
    const none: Scope = { items: [], special: [], outer };
    if (rows.length > 0) {
      const values = this.#values(rows, outer, ctes);
      readOrderAndLimit(body, { queries: this, scope: none, ctes, outputs: values });
      return values;
    }
    const scope: Scope = { items: fromItems(body['fromClause'], this, outer, ctes), special: [], outer };
    const outputs = this.targets(body['targetList'], scope, ctes, true);
    readClauses(body, { queries: this, scope, ctes, outputs });
    return outputs;
  }

  #setOperation(body: Body, outer: Scope | undefined, ctes: CteScope | undefined): readonly Column[] | undefined {
    const left = this.columns({ SelectStmt: body['larg'] }, outer, ctes);
    const right = this.columns({ SelectStmt: body['rarg'] }, outer, ctes);
    if (body['op'] !== 'SETOP_UNION' || body['all'] !== true)
      for (const side of [left, right]) filterOutputs(side, this);
    const outputs = left === undefined || right === undefined ? undefined : unitedColumns(left, right);
    readOrderAndLimit(body, { queries: this, scope: { items: [], special: [], outer }, ctes, outputs });
    return outputs;
  }

  #values(rows: readonly unknown[], outer: Scope | undefined, ctes: CteScope | undefined): readonly Column[] {
    const lists = rows.map((row) => listOf(as(row, 'List')?.items));
    const width = lists[0]?.length ?? 0;
    return Array.from({ length: width }, (_, index) => {
      const origins = lists.map((list) => this.expressions.origin(list[index], outer, ctes));
      const touching = origins.filter((origin) => origin !== NOTHING);
      return { name: `column${index + 1}`, origin: derived(touching) };
    });
  }

  #expand(value: unknown, scope: Scope, ctes: CteScope | undefined): readonly Column[] | 'no star' | 'unknown' {
    const reference = as(value, 'ColumnRef');
    if (reference !== undefined) {
      const fields = listOf(reference.fields);
      if (tagOf(fields.at(-1)) !== 'A_Star') return 'no star';
      const path = namesOf(fields);
      if (path.length === 0) return starOf(scope) ?? 'unknown';
      const relation = relationNamed(path, scope);
      return relation?.complete === true ? relation.columns : 'unknown';
    }
    const indirection = as(value, 'A_Indirection');
    if (tagOf(indirection?.indirection?.at(-1)) !== 'A_Star') return 'no star';
    const argument = as(indirection?.arg, 'ColumnRef');
    const relation = argument === undefined ? undefined : relationNamed(namesOf(argument.fields), scope);
    if (indirection?.indirection?.length === 1 && relation?.complete === true) return relation.columns;
    // the fields of a composite value: their number is known for some functions, and else needs types
    const names = compositeColumns(indirection?.arg, this.catalogue);
    const origin = this.expressions.origin(indirection?.arg, scope, ctes);
    return names === undefined ? 'unknown' : names.map((name) => ({ name, origin }));
  }
}

/** EXCEPT returns rows of the left side, but which ones depends on the right; so does INTERSECT. */
function unitedColumns(left: readonly Column[], right: readonly Column[]): readonly Column[] | undefined {
  if (left.length !== right.length) return undefined;
  return left.map(({ name, origin }, index) => ({ name, origin: either([origin, right[index]?.origin ?? UNKNOWN]) }));
}

/** The name that an alias gives to a relation. */
export function aliasOf(body: Body): { readonly name: string | undefined; readonly columns: readonly string[] } {
  const alias = body['alias'];
  if (!isBody(alias)) return { name: undefined, columns: [] };
  return { name: textOf(alias['aliasname']), columns: namesOf(alias['colnames']) };
}
