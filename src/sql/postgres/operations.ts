import { LIMITS } from '../../model/limits.ts';
import type { Operation, TableUse } from '../../model/request.ts';
import type { AnalysisContext, Effects, Statement } from './analysis.ts';
import { type Catalogue, resolveRelation, throughPath, withUnknownPath } from './catalogue.ts';
import { copyDetails } from './copy.ts';
import type { CteNames } from './cte-names.ts';
import { Facts } from './facts.ts';
import type { StatementLineage } from './lineage/statement.ts';
import { type Body, bodyOf, isBody, listOf, tagOf } from './nodes.ts';
import { intoOf, isStatement, OPAQUE, objectTables, returningRead, selectInto, tableKey } from './operation-parts.ts';
import type { ParsedStatement } from './parser.ts';
import { effectsOf } from './session-effects.ts';
import { SessionNames } from './session-names.ts';
import { settingChanges } from './setting-changes.ts';
import { describe, executes, isTemporary, type StatementFacts } from './special-statements.ts';
import { StatementLineages } from './statement-lineages.ts';
import { STATEMENTS } from './statement-table.ts';

/** Turns the statements of one text into operations, in order, keeping track of what earlier ones change for later. */
export class OperationBuilder {
  readonly operations: Operation[] = [];
  #catalogue: Catalogue | undefined;
  readonly #names: SessionNames;
  readonly #lineages: StatementLineages;
  /** Names may mean something else than the catalogue says, once an earlier statement changed definitions. */
  #stale = false;
  #depth = 0;

  constructor(context: AnalysisContext) {
    this.#names = new SessionNames(context);
    this.#lineages = new StatementLineages(this.#names);
    this.#catalogue = context.catalogue;
  }

  /** A number in the text names a column, so that what was said holds for that number alone. */
  get positional(): boolean {
    return this.#lineages.positional;
  }

  /** Adds the operations of one top-level statement. */
  add(parsed: ParsedStatement): Statement {
    const first = this.operations.length;
    const { tag, body } = this.#open(parsed.node);
    this.#statement(parsed.node, undefined);
    const own = this.operations[first];
    if (own === undefined) throw new Error('a statement has an operation');
    const added = this.operations.slice(first);
    const ddl = added.some((one) => one.flags.includes(DDL));
    for (let i = first; i < this.operations.length; i++) this.operations[i] = withoutMark(this.operations[i]);
    const effects = this.#effects(tag, body, parsed, ddl, added);
    this.#follow(effects);
    const outputs = this.operations[first]?.outputs;
    const names = this.#names.takeAsked();
    return {
      kind: own.kind,
      ...(outputs !== undefined ? { outputs } : {}),
      returnsRows:
        (outputs !== undefined && tag !== 'CopyStmt') || RETURNS_ROWS.has(own.kind) || own.flags.includes('returning'),
      ...(tag === 'CopyStmt' ? { copy: copyDetails(body) } : {}),
      effects,
      ...(names.length === 0 ? {} : { names }),
    };
  }

  #open(node: Body): { tag: string; body: Body } {
    const tag = tagOf(node) ?? '';
    return { tag, body: bodyOf(node, tag) };
  }

  /** Adds a statement's operation, then those of what stands inside it. Returns the tables that it touches. */
  #statement(node: Body, ctes: CteNames | undefined): void {
    if (++this.#depth > LIMITS.maxNestedStatements) throw new RangeError('statements are nested too deeply');
    const { tag, body } = this.#open(node);
    const known = STATEMENTS.get(tag);
    if (known === undefined) {
      const reason = `the statement ${tag === '' ? 'node' : tag} is not known`;
      this.#push({ kind: 'unknown', access: 'unknown', flags: [], hasWhere: true, reason }, new Facts(undefined));
    } else {
      const facts = new Facts(this.#catalogue);
      const inner = this.#walk(tag, body, facts, ctes);
      const described = describe(tag, body, known);
      this.#addWithInner(tag, body, described, facts.finish(), inner, known.ddl);
    }
    this.#depth--;
  }

  /** Collects the statement's own facts; returns the statements that stand inside it. */
  #walk(tag: string, body: Body, facts: Facts, ctes: CteNames | undefined): readonly Body[] {
    switch (tag) {
      case 'SelectStmt':
        if (intoOf(body) !== undefined) return selectInto(body, facts);
        facts.walk({ SelectStmt: body }, 'read', ctes);
        return [];
      case 'InsertStmt':
      case 'UpdateStmt':
      case 'DeleteStmt':
      case 'MergeStmt':
        facts.walk(body['relation'], 'write', ctes);
        facts.query(body, 'read', ctes, ['relation']);
        return [];
      case 'CopyStmt':
        facts.walk(body['relation'], body['is_from'] === true ? 'write' : 'read', ctes);
        facts.walk(body['whereClause'], 'read', ctes);
        return isBody(body['query']) ? [body['query']] : [];
      case 'CallStmt':
        facts.walk({ FuncCall: body['funccall'] }, 'read', ctes);
        return [];
      case 'LockStmt':
        facts.walk(body['relations'], body['mode'] === 1 ? 'read' : 'write', ctes);
        return [];
      case 'ExecuteStmt':
        facts.walk(body['params'], 'read', ctes);
        return [];
      case 'DropStmt':
      case 'CommentStmt':
      case 'SecLabelStmt':
        objectTables(body, facts);
        return [];
      default:
        facts.walkParts(body, 'write', ctes, ['query', 'actions', 'schemaElts']);
        return [body['query'], ...listOf(body['actions']), ...listOf(body['schemaElts'])].filter(isStatement);
    }
  }

  #addWithInner(
    tag: string,
    body: Body,
    described: StatementFacts,
    facts: Facts,
    inner: readonly Body[],
    ddl: boolean,
  ) {
    const own = this.operations.length;
    const isInto = tag === 'SelectStmt' && inner.length > 0;
    const facets: StatementFacts = isInto
      ? {
          ...described,
          kind: 'create',
          access: 'ddl',
          flags: isTemporary(intoOf(body)) ? ['into', 'temporary'] : ['into'],
        }
      : described;
    const named = this.#names.queryOf(tag, body);
    const lost: Partial<StatementFacts> = named && 'reason' in named ? { access: 'unknown', reason: named.reason } : {};
    const query = named && 'query' in named ? [named.query] : [];
    const flags = ddl || isInto ? [...facets.flags, DDL] : facets.flags;
    this.#push({ ...facets, ...lost, flags }, facts);
    const mode = tag === 'ExplainStmt' && !executes(body) ? 'planned' : 'executed';
    if (mode === 'executed') this.#calls(facts);
    const afterOwn = this.operations.length;
    // a cursor's query was read when it was declared, through the search_path of then
    const catalogue = this.#catalogue;
    if (tag === 'FetchStmt' && catalogue !== undefined) this.#catalogue = withUnknownPath(catalogue);
    const lineage = this.#lineages.of(tag, body, query, this.#catalogue, this.#stale);
    for (const nested of facts.nested) this.#statement(nested.node, nested.ctes);
    for (const statement of [...inner, ...query]) this.#statement(statement, undefined);
    const below = this.operations.slice(afterOwn);
    if (mode === 'planned') this.#keepUnknownCalls(afterOwn);
    this.#complete(own, tag, body, facts, below, lineage);
    this.#catalogue = catalogue;
  }

  /** Fills in what is known only once the inner statements are: their tables, the outputs, what RETURNING reads. */
  #complete(
    own: number,
    tag: string,
    body: Body,
    facts: Facts,
    below: readonly Operation[],
    lineage: StatementLineage,
  ): void {
    const operation = this.operations[own];
    if (operation === undefined) return;
    const tables = new Map(operation.tables.map((table) => [tableKey(table), table]));
    const reads = tag === 'SelectStmt' || tag === 'ExplainStmt' || tag === 'CopyStmt' || tag === 'FetchStmt';
    if (reads && !operation.flags.includes('into')) {
      for (const table of below.flatMap((one) => one.tables)) {
        const read: TableUse = { ...table, use: 'read' };
        tables.set(tableKey(read), read);
      }
    }
    const { outputs, columns, copies } = lineage;
    const hidden = outputs?.some((column) => column.sources === 'unknown') ?? true;
    const opaque =
      facts.opaque ||
      (hidden && [...tables.values()].some((table) => this.#hides(table))) ||
      below.some((one) => one.flags.includes(OPAQUE));
    const flags = [...operation.flags];
    const lost = copies.some((copy) => copy.from === 'unknown');
    if (opaque && (lost || SHOWS.has(operation.kind))) flags.push(OPAQUE);
    const returning = isBody(body['returningClause']);
    if (returning) flags.push('returning');
    const full: Operation = {
      ...operation,
      tables: [...tables.values()],
      flags,
      columns: operation.access === 'unknown' ? 'unknown' : columns,
      ...(copies.length === 0 ? {} : { copies }),
      ...(outputs ? { outputs } : {}),
    };
    this.operations[own] = full;
    if (returning) this.operations.splice(own + 1, 0, returningRead(full, opaque));
  }

  /** True for a relation whose rows come from others: what is unknown about it is unknown about those. */
  #hides(table: TableUse): boolean {
    if (this.#catalogue === undefined) return true;
    const found = resolveRelation(this.#catalogue, table.schema, table.name);
    return found === undefined || found.kind === 'view' || found.kind === 'matview' || found.parents !== undefined;
  }

  /** An operation of its own for each call that does more than read, so that a rule for reads alone permits no call. */
  #calls(facts: Facts): void {
    for (const { name, effect } of facts.calls.values()) {
      const reason = effect.reason === undefined ? {} : { reason: `${name}: ${effect.reason}` };
      const access = effect.access;
      const functions = [name.split(' ', 1)[0] ?? name];
      this.operations.push({
        kind: 'function',
        access,
        tables: [],
        functions,
        hasWhere: true,
        flags: effect.flags,
        ...reason,
      });
    }
  }

  /** A plan without ANALYZE executes nothing, but what is unknown might be called while planning. */
  #keepUnknownCalls(from: number): void {
    const planned = this.operations.splice(from);
    this.operations.push(...planned.filter((one) => one.access === 'unknown'));
  }

  #push(statement: StatementFacts, facts: Facts): void {
    const flags = new Set([...statement.flags, ...facts.flags]);
    if (this.#stale) facts.opaque = true;
    const { kind, access, reason } = statement;
    this.operations.push({
      kind,
      access,
      tables: [...facts.tables.values()],
      functions: [...facts.functions],
      hasWhere: statement.hasWhere,
      flags: [...flags],
      ...(reason === undefined ? {} : { reason }),
    });
  }

  #effects(tag: string, body: Body, parsed: ParsedStatement, ddl: boolean, added: readonly Operation[]): Effects {
    const effects = effectsOf(tag, body, parsed, ddl);
    const changesPath = added.some((one) => one.flags.includes('search-path'));
    const settings = settingChanges(tag, body, added);
    return {
      ...effects,
      ...(changesPath && effects.searchPath === undefined ? { searchPath: 'unknown' } : {}),
      ...(settings.length === 0 ? {} : { settings }),
      ...(added.some((one) => one.access === 'unknown') ? { opaque: true } : {}),
      ...(added.some((one) => one.flags.includes('temporary')) ? { temporary: true } : {}),
    };
  }

  #follow(effects: Effects): void {
    this.#names.follow(effects);
    this.#stale ||= effects.ddl;
    const path = effects.searchPath;
    if (path !== undefined && this.#catalogue !== undefined) this.#catalogue = throughPath(this.#catalogue, path);
  }
}

/** A mark between the passes of this file; no operation leaves with it. */
const DDL = ' ddl';
/** The kinds whose reply can carry values of tables. */
const SHOWS = new Set('select copy-out copy-program fetch execute explain call'.split(' '));
const RETURNS_ROWS = new Set('select fetch show explain execute call'.split(' '));

function withoutMark(operation: Operation | undefined): Operation {
  if (operation === undefined) throw new Error('an operation stands where one was added');
  const columns = operation.columns ?? (operation.access === 'unknown' ? 'unknown' : []);
  return { ...operation, columns, flags: operation.flags.filter((flag) => flag !== DDL) };
}
