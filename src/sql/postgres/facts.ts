import { LIMITS } from '../../model/limits.ts';
import type { TableUse } from '../../model/request.ts';
import type { Program } from './bodies/program.ts';
import { type CallEffect, PURE } from './builtin-effects.ts';
import { type Catalogue, type CatalogueRelation, resolveRelation } from './catalogue.ts';
import { type ColumnNames, type CteNames, columnNames, findCte } from './cte-names.ts';
import { effectOfName, effectOfReference, effectWithin, isBuiltin } from './functions.ts';
import { as, type Body, bodyOf, isBody, listOf, namesOf, tagOf, textOf } from './nodes.ts';
import type { FunctionReference } from './programs.ts';
import { isSensitive } from './sensitive.ts';
import { SetConfigCalls } from './set-config.ts';
import { castFunctions, domainPrograms, operatorFunctions, operatorsOf, programsOfUse } from './silent-calls.ts';
import { olderCallOf } from './sql-json-names.ts';

/** A call of a function, or something else that runs, that does more than read. */
export interface EffectfulCall {
  readonly functions: readonly string[];
  readonly effect: CallEffect;
}

/** A statement that stands inside another one: a data-modifying CTE. */
export interface NestedStatement {
  readonly node: Body;
  readonly ctes: CteNames | undefined;
}

type Use = TableUse['use'];

/** Walks a parse tree and collects what it touches: tables, functions, side doors, and statements inside it. */
export class Facts {
  readonly tables = new Map<string, TableUse>();
  readonly functions = new Set<string>();
  readonly flags = new Set<string>();
  readonly calls = new Map<string, EffectfulCall>();
  readonly nested: NestedStatement[] = [];
  /** What runs with it and can be looked into, with the functions that the statement calls for it. */
  readonly programs = new Map<Program, readonly string[]>();
  /** True where the result may derive from tables that are not among `tables`. */
  opaque = false;
  readonly #catalogue: Catalogue | undefined;
  readonly #isWithin: boolean;
  /** What each alias or name in a FROM list may stand for, by its columns; undefined where they are not known. */
  readonly #aliases = new Map<string, (ColumnNames | undefined)[]>();
  readonly #attributes: { readonly of: string; readonly name: string }[] = [];
  readonly #settings = new SetConfigCalls();
  #depth = 0;

  /** `within` a program, what it calls is only collected. */
  constructor(catalogue: Catalogue | undefined, within = false) {
    this.#catalogue = catalogue;
    this.#isWithin = within;
  }

  /** Walks a node, a body or a list. `use` is what a relation named outside of any query counts as. */
  walk(value: unknown, use: Use, ctes: CteNames | undefined): void {
    if (typeof value !== 'object' || value === null) return;
    if (++this.#depth > LIMITS.maxStatementDepth) throw new RangeError('the statement is nested too deeply');
    if (Array.isArray(value)) for (const item of value) this.walk(item, use, ctes);
    else this.#walkBody(value as Body, use, ctes);
    this.#depth--;
  }

  /** Walks the parts of a statement's or expression's body, without asking what the body itself is. */
  walkParts(body: Body, use: Use, ctes: CteNames | undefined, except: readonly string[] = []): void {
    for (const key in body) if (!except.includes(key)) this.walk(body[key], use, ctes);
  }

  /** A query's CTEs, then its other parts with the CTEs' names in sight. */
  query(body: Body, use: Use, ctes: CteNames | undefined, except: readonly string[] = []): void {
    const inner = this.with(body['withClause'], ctes);
    this.walkParts(body, use, inner, ['withClause', 'lockingClause', ...except]);
    if (listOf(body['lockingClause']).length > 0) this.flags.add('for-update');
  }

  /** Walks a WITH clause and returns the names that the query after it sees (PostgreSQL manual, 7.8). */
  with(clause: unknown, outer: CteNames | undefined): CteNames | undefined {
    if (!isBody(clause)) return outer;
    const names = new Map<string, ColumnNames | undefined>();
    const scope: CteNames = { names, outer };
    const items = listOf(clause['ctes']).map((item) => bodyOf(isBody(item) ? item : {}, 'CommonTableExpr'));
    const recursive = clause['recursive'] === true;
    if (recursive) for (const item of items) names.set(textOf(item['ctename']), columnNames(item, item['ctequery']));
    for (const item of items) {
      const query = item['ctequery'];
      const sight: CteNames = recursive ? scope : { names: new Map(names), outer };
      if (as(query, 'SelectStmt') !== undefined) this.walk(query, 'read', sight);
      else if (isBody(query)) this.#nest(query, sight);
      names.set(textOf(item['ctename']), columnNames(item, query));
    }
    return scope;
  }

  /** Decides what had to wait until all aliases were seen. Call it once, after everything was walked. */
  finish(): this {
    for (const { of, name } of this.#attributes) {
      const meant = this.#aliases.get(of) ?? [undefined];
      if (meant.every((columns) => columns?.has(name) === true)) continue;
      this.call('', name, 1);
    }
    this.#attributes.length = 0;
    for (const cast of this.#catalogue?.programs.silentCasts ?? []) this.reference(cast.function);
    return this;
  }

  table(schema: string, name: string, use: Use): void {
    const found = this.#find(schema, name);
    const isTemporary = schema === '' && this.#catalogue?.temporaries?.has(name) === true;
    const resolved = found?.schema ?? (isTemporary ? 'pg_temp' : schema);
    if (isSensitive(resolved, name)) this.flags.add('sensitive-catalog');
    if (found === undefined) this.opaque = true;
    else this.#uses(found, use);
    if (use === 'write' && resolved === 'pg_catalog' && name === 'pg_settings') this.#setConfig([]);
    this.tables.set(`${use}\0${resolved}\0${name}`, { schema: resolved, name, use });
  }

  /** A call by name; `count` is how many arguments it has, where that is known. */
  call(schema: string, name: string, count?: number): void {
    const shown = schema === '' ? name : `${schema}.${name}`;
    this.functions.add(shown.toLowerCase());
    this.effect(shown, effectOfName(schema, name, this.#catalogue, count));
  }

  /** A call by an operator, a cast, a trigger. */
  reference(called: FunctionReference): void {
    if (this.#catalogue === undefined) return;
    this.effect(`${called.schema}.${called.name}`, effectOfReference(called, this.#catalogue));
  }

  effect(name: string, own: CallEffect, functions: readonly string[] = [functionOf(name)]): void {
    const effect = this.#isWithin ? own : effectWithin(own, this.#catalogue);
    for (const flag of effect.flags) this.flags.add(flag);
    for (const program of own.programs ?? []) this.programs.set(program, functions);
    if (effect.result === 'unknown') this.opaque = true;
    if (effect.access !== 'read') this.calls.set(name, { functions, effect });
  }

  /** Something that runs with the statement without being called: of its result nothing is seen. */
  program(program: Program, functions: readonly string[] = []): void {
    const effect = effectWithin({ ...PURE, programs: [program] }, this.#isWithin ? undefined : this.#catalogue);
    for (const flag of effect.flags) this.flags.add(flag);
    this.programs.set(program, functions);
    if (effect.access !== 'read') this.calls.set(program.title, { functions, effect });
  }

  /** Triggers, rules or defaults may be others than the catalogue knows. */
  doubtWrites(): void {
    const reason = 'triggers and rules may have been defined since the catalogue was read';
    this.effect('a trigger', { access: 'unknown', flags: ['fires-trigger'], result: 'nothing', reason }, []);
  }

  #uses(relation: CatalogueRelation, use: Use): void {
    if (relation.kind === 'foreign') this.flags.add('foreign-access');
    if (this.#catalogue === undefined) return;
    for (const program of programsOfUse(relation, use, this.#catalogue)) this.program(program);
  }

  #operators(tag: string, body: Body): void {
    const catalogue = this.#catalogue;
    if (catalogue === undefined) return;
    for (const called of operatorFunctions(tag, body, catalogue)) this.reference(called);
    if (catalogue.stale?.functions !== 'any' || operatorsOf(tag, body).length === 0) return;
    const reason = 'operators may have been defined since the catalogue was read';
    this.effect('operator', { access: 'unknown', flags: ['unknown-function'], result: 'unknown', reason }, []);
  }

  #cast(typeName: unknown): void {
    if (this.#catalogue === undefined) return;
    for (const called of castFunctions(typeName, this.#catalogue)) this.reference(called);
    for (const program of domainPrograms(typeName, this.#catalogue)) this.program(program);
  }

  #walkBody(value: Body, use: Use, ctes: CteNames | undefined): void {
    const tag = tagOf(value);
    if (tag === undefined) {
      if (typeof value['relname'] === 'string') this.#relation(value, use, ctes);
      else if (isSelect(value)) this.#select(value, ctes);
      else this.walkParts(value, use, ctes);
      return;
    }
    const body = value[tag];
    if (!isBody(body)) return;
    this.#walkNode(tag, body, use, ctes);
  }

  #walkNode(tag: string, body: Body, use: Use, ctes: CteNames | undefined): void {
    const older = olderCallOf(tag, body);
    if (older !== undefined && this.#catalogue?.functions.has(older) === true) this.call('', older);
    switch (tag) {
      case 'A_Const':
      case 'String':
      case 'ParamRef':
        return;
      case 'RangeVar':
        this.#relation(body, use, ctes);
        return;
      case 'SelectStmt':
        this.#select(body, ctes);
        return;
      case 'InsertStmt':
      case 'UpdateStmt':
      case 'DeleteStmt':
      case 'MergeStmt':
        this.#nest({ [tag]: body }, ctes);
        return;
      case 'TableLikeClause':
        this.walkParts(body, 'read', ctes);
        return;
      case 'Constraint':
        this.walk(body['pktable'], 'read', ctes);
        this.walkParts(body, use, ctes, ['pktable']);
        return;
      case 'FuncCall':
        this.#functionCall(body);
        this.walkParts(body, use, ctes, ['funcname']);
        return;
      case 'A_Indirection':
        for (const name of namesOf(body['indirection'])) if (this.#matters(name)) this.call('', name, 1);
        this.walkParts(body, use, ctes);
        return;
      case 'A_Expr':
      case 'SubLink':
      case 'SortBy':
      case 'CaseExpr':
        this.#operators(tag, body);
        this.walkParts(body, use, ctes);
        return;
      case 'TypeCast':
        this.#cast(body['typeName']);
        this.walkParts(body, use, ctes);
        return;
      case 'ColumnRef':
        this.#columnReference(namesOf(body['fields']));
        return;
      case 'RangeSubselect':
        this.#alias(body, columnNames(body['alias'], body['subquery']));
        this.walkParts(body, use, ctes);
        return;
      case 'RangeFunction':
      case 'RangeTableFunc':
      case 'JsonTable':
      case 'JoinExpr':
        this.#alias(body, undefined);
        this.#operators(tag, body);
        this.walkParts(body, use, ctes);
        return;
      default:
        this.walkParts(body, use, ctes);
    }
  }

  #nest(node: Body, ctes: CteNames | undefined): void {
    this.nested.push({ node, ctes });
  }

  #select(body: Body, ctes: CteNames | undefined): void {
    if (isBody(body['intoClause'])) this.flags.add('into');
    this.#settings.note(body);
    this.query(body, 'read', ctes, ['intoClause']);
  }

  #relation(body: Body, use: Use, ctes: CteNames | undefined): void {
    const name = textOf(body['relname']);
    const schema = typeof body['schemaname'] === 'string' ? body['schemaname'] : '';
    const cte = use === 'read' && schema === '' ? findCte(name, ctes) : undefined;
    const columns = this.#find(schema, name)?.columns.map((column) => column.name);
    if (cte !== undefined) this.#alias(body, cte.names.get(name));
    else this.#alias(body, columns === undefined ? undefined : new Set(columns));
    if (cte === undefined) this.table(schema, name, use);
  }

  #functionCall(body: Body): void {
    const names = namesOf(body['funcname']);
    const name = names.at(-1) ?? '';
    const schema = names.length > 1 ? (names.at(-2) ?? '') : '';
    const args = listOf(body['args']);
    // what an ordered-set aggregate orders by is an argument, too
    const count = body['agg_within_group'] === true ? undefined : args.length;
    if (name === 'set_config' && (schema === '' || schema === 'pg_catalog')) this.#setConfig(args);
    else this.call(schema, name, count);
  }

  /** `(x).f` and `t.f` may call the function f (PostgreSQL manual, 8.16.5), so a name that would matter counts. */
  #columnReference(names: readonly string[]): void {
    const name = names.at(-1) ?? '';
    if (names.length > 1 && this.#matters(name)) this.#attributes.push({ of: names.at(-2) ?? '', name });
  }

  #matters(name: string): boolean {
    if (!isBuiltin(name) && this.#catalogue?.functions.has(name) !== true) return false;
    const effect = effectOfName('', name, this.#catalogue, 1);
    return effect.access !== 'read' || effect.result === 'unknown' || effect.programs !== undefined;
  }

  #alias(body: Body, columns: ColumnNames | undefined): void {
    const { alias } = body;
    const renamed = isBody(alias) && listOf(alias['colnames']).length > 0 && typeof body['relname'] === 'string';
    const name = isBody(alias) ? alias['aliasname'] : body['relname'];
    if (typeof name !== 'string') return;
    this.#aliases.set(name, [...(this.#aliases.get(name) ?? []), renamed ? undefined : columns]);
  }

  #find(schema: string, name: string): CatalogueRelation | undefined {
    return this.#catalogue === undefined ? undefined : resolveRelation(this.#catalogue, schema, name);
  }

  #setConfig(args: readonly unknown[]): void {
    this.functions.add('set_config');
    const { name, effect } = this.#settings.effectOf(args);
    this.effect(name, effect);
  }
}

/** True for the body of a SelectStmt that stands without its tag (an arm of a set operation). */
function isSelect(body: Body): boolean {
  return typeof body['op'] === 'string' && body['op'].startsWith('SETOP_');
}

/** The function of a call's name, which may have a setting's name behind it. */
function functionOf(name: string): string {
  return (name.split(' ', 1)[0] ?? name).toLowerCase();
}
