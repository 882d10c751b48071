import { LIMITS } from '../../../model/limits.ts';
import type { Catalogue } from '../catalogue.ts';
import { as, type Body, bodyOf, isBody, listOf, namesOf, tagOf, textOf } from '../nodes.ts';
import { Expressions } from './expression.ts';
import { figureName } from './figure-name.ts';
import { compositeColumns, fromItems } from './from.ts';
import { returningColumns } from './modification.ts';
import { type Column, derived, either, NOTHING, UNKNOWN } from './origin.ts';
import { relationNamed, type Scope, starOf } from './scope.ts';
import { type CteScope, readWith } from './with.ts';

/** What queries return and where it comes from, under one catalogue. */
export class Queries {
  readonly catalogue: Catalogue | undefined;
  readonly expressions: Expressions;
  #depth = 0;
  #steps = 0;

  constructor(catalogue: Catalogue | undefined) {
    this.catalogue = catalogue;
    this.expressions = new Expressions(this);
  }

  /** The columns of a query or of a RETURNING; undefined where their number is not known. */
  columns(node: unknown, outer: Scope | undefined, ctes: CteScope | undefined): readonly Column[] | undefined {
    const tag = tagOf(node);
    if (tag === undefined || !isBody(node)) return undefined;
    if (++this.#depth > LIMITS.maxNestedQueries) throw new RangeError('queries are nested too deeply');
    this.step();
    const body = bodyOf(node, tag);
    const inner = readWith(body['withClause'], this, outer, ctes);
    const columns = tag === 'SelectStmt' ? this.#select(body, outer, inner) : returningColumns(tag, body, this, inner);
    this.#depth--;
    return columns;
  }

  /** Counts a piece of work. Nested recursion multiplies, so there is a bound. */
  step(): void {
    if (++this.#steps > LIMITS.maxLineageSteps)
      throw new RangeError('where the values come from takes too long to say');
  }

  /** The columns of a target list; undefined where a `*` in it cannot be expanded. */
  targets(list: unknown, scope: Scope, ctes: CteScope | undefined): readonly Column[] | undefined {
    const columns: Column[] = [];
    for (const item of listOf(list)) {
      const target = as(item, 'ResTarget');
      const expanded = this.#expand(target?.val, scope, ctes);
      if (expanded === 'unknown') return undefined;
      if (expanded !== 'no star') columns.push(...expanded);
      else {
        const name = target?.name === undefined || target.name === '' ? figureName(target?.val) : target.name;
        columns.push({ name, origin: this.expressions.origin(target?.val, scope, ctes) });
      }
    }
    return columns;
  }

  #select(body: Body, outer: Scope | undefined, ctes: CteScope | undefined): readonly Column[] | undefined {
    if (body['op'] !== 'SETOP_NONE') return this.#setOperation(body, outer, ctes);
    const rows = listOf(body['valuesLists']);
    if (rows.length > 0) return this.#values(rows, outer, ctes);
    const items = fromItems(body['fromClause'], this, outer, ctes);
    return this.targets(body['targetList'], { items, special: [], outer }, ctes);
  }

  #setOperation(body: Body, outer: Scope | undefined, ctes: CteScope | undefined): readonly Column[] | undefined {
    const left = this.columns({ SelectStmt: body['larg'] }, outer, ctes);
    const right = this.columns({ SelectStmt: body['rarg'] }, outer, ctes);
    if (left === undefined || right === undefined || left.length !== right.length) return undefined;
    // EXCEPT returns rows of the left side, but which ones depends on the right; so does INTERSECT
    return left.map((column, index) => ({
      name: column.name,
      origin: either([column.origin, right[index]?.origin ?? UNKNOWN]),
    }));
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

/** The name that an alias gives to a relation. */
export function aliasOf(body: Body): { readonly name: string | undefined; readonly columns: readonly string[] } {
  const alias = body['alias'];
  if (!isBody(alias)) return { name: undefined, columns: [] };
  return { name: textOf(alias['aliasname']), columns: namesOf(alias['colnames']) };
}
