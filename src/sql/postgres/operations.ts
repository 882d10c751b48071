import { LIMITS } from '../../model/limits.ts';
import type { Operation, TableUse } from '../../model/request.ts';
import type { AnalysisContext, Effects, Statement } from './analysis.ts';
import { type CallEffect, PURE } from './builtin-effects.ts';
import { callOperations, operationsWithin, programsRun, type RunProgram, tablesOf } from './called-programs.ts';
import { type Catalogue, resolveRelation, throughPath, withStale, withUnknownPath } from './catalogue.ts';
import { copyDetails } from './copy.ts';
import type { CteNames } from './cte-names.ts';
import { Facts } from './facts.ts';
import { strictest } from './functions.ts';
import type { StatementLineage } from './lineage/statement.ts';
import { lockOf } from './lock-modes.ts';
import { type Body, bodyOf, isBody, tagOf } from './nodes.ts';
import { firesEventTriggers, hiddenOutput, marksOf, mayChangeSession, withoutMarks } from './operation-marks.ts';
import { CHANGES_DEFINITIONS, intoOf, OPAQUE, returningRead, tableKey } from './operation-parts.ts';
import type { ParsedStatement } from './parser.ts';
import { effectsOf } from './session-effects.ts';
import { SessionNames } from './session-names.ts';
import { settingChanges } from './setting-changes.ts';
import { describe, executes, isTemporary, type StatementFacts } from './special-statements.ts';
import { bothStale, staleAfter, staleOf } from './stale.ts';
import { StatementLineages } from './statement-lineages.ts';
import { STATEMENTS } from './statement-table.ts';
import { walkStatement } from './statement-walk.ts';
import { effectsOfWrites, functionNameOf, writesOf } from './write-effects.ts';

/** Turns the statements of one text into operations, in order, keeping track of what earlier ones change for later. */
export class OperationBuilder {
  readonly operations: Operation[] = [];
  #catalogue: Catalogue | undefined;
  readonly #names: SessionNames;
  readonly #lineages: StatementLineages;
  /** Names may mean something else than the catalogue says, once an earlier statement changed definitions. */
  #stale = false;
  #depth = 0;

  /** What its statements run that can be looked into; `within` a program, this is left to whoever asks. */
  readonly reached: RunProgram[] = [];
  readonly #isWithin: boolean;

  constructor(context: AnalysisContext, within?: 'body') {
    this.#isWithin = within === 'body';
    this.#stale = context.catalogue?.stale !== undefined;
    this.#names = new SessionNames(context);
    this.#lineages = new StatementLineages(this.#names, within);
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
    if (!this.#isWithin) this.operations.push(...operationsWithin(this.reached.splice(0)));
    const added = this.operations.slice(first);
    const effects = this.#effects(tag, body, parsed, added);
    if (!this.#isWithin) {
      for (let i = first; i < this.operations.length; i++) this.operations[i] = withoutMarks(this.operations[i]);
    }
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
      const facts = new Facts(this.#catalogue, this.#isWithin);
      const inner = walkStatement(tag, body, facts, ctes, this.#catalogue);
      const described = describe(tag, body, known);
      this.#addWithInner(tag, body, described, facts.finish(), inner, known.ddl);
    }
    this.#depth--;
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
    const written = ddl || isInto ? [] : this.#setOff(tag, body, facts, described.hasWhere);
    if (ddl) firesEventTriggers(facts, this.#catalogue);
    const flags = [...facets.flags, ...marksOf(tag, body, ddl || isInto)];
    const run = this.#runs(tag, facts);
    const { reason: _reason, ...known } = facets;
    this.#push({ ...(run === undefined ? facets : known), ...run, ...lost, flags }, facts);
    const reached = this.reached.length;
    this.reached.push(...programsRun(facts, this.#catalogue));
    if (!RUNS.has(tag)) this.operations.push(...callOperations(facts, this.#catalogue));
    this.operations.push(...written);
    const mode = tag === 'ExplainStmt' && !executes(body) ? 'planned' : 'executed';
    const afterOwn = this.operations.length;
    // a cursor's query was read when it was declared, through the search_path of then
    const catalogue = this.#catalogue;
    if (tag === 'FetchStmt' && catalogue !== undefined) this.#catalogue = withUnknownPath(catalogue);
    const lineage = this.#lineages.of(tag, body, query, this.#catalogue, this.#stale);
    for (const nested of facts.nested) this.#statement(nested.node, nested.ctes);
    for (const statement of [...inner, ...query]) this.#statement(statement, undefined);
    const below = this.operations.slice(afterOwn);
    if (mode === 'planned') this.#keepPlanned(afterOwn, reached);
    this.#complete(own, tag, body, facts, below, lineage);
    this.#lock(own, tag, body);
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
      for (const table of below.flatMap((one) => (one.kind === 'function' ? [] : one.tables))) {
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
      ...(outputs ? { outputs: tag === 'ExplainStmt' && opaque ? outputs.map(hiddenOutput) : outputs } : {}),
    };
    this.operations[own] = full;
    if (returning) this.operations.splice(own + 1, 0, returningRead(full, opaque));
  }

  #lock(own: number, tag: string, body: Body): void {
    const operation = this.operations[own];
    if (operation === undefined || operation.tables.length === 0) return;
    const into = tag === 'SelectStmt' && intoOf(body) !== undefined;
    const lock = into
      ? undefined
      : (lockOf(tag, body) ?? (tag === 'FetchStmt' || tag === 'ExplainStmt' ? 'access-share' : undefined));
    if (lock !== undefined) this.operations[own] = { ...operation, lock };
  }

  /** True for a relation whose rows come from others: what is unknown about it is unknown about those. */
  #hides(table: TableUse): boolean {
    if (this.#catalogue === undefined) return true;
    const found = resolveRelation(this.#catalogue, table.schema, table.name);
    return found === undefined || found.kind === 'view' || found.kind === 'matview' || found.parents !== undefined;
  }

  /** Adds what a write sets off to the facts; returns the writes that it leads to. */
  #setOff(tag: string, body: Body, facts: Facts, hasWhere: boolean): readonly Operation[] {
    const catalogue = this.#catalogue;
    if (catalogue === undefined) return [];
    const { writes, unresolved } = writesOf(tag, body, hasWhere, catalogue);
    if (unresolved) facts.flags.add('unknown-relation');
    if (catalogue.stale?.writes === true && (writes.length > 0 || unresolved)) facts.doubtWrites();
    const { programs, rules, triggers, operations } = effectsOfWrites(writes, catalogue);
    for (const program of programs) facts.program(program);
    for (const program of rules) facts.program(program);
    for (const [program, trigger] of triggers) facts.program(program, [functionNameOf(trigger)]);
    if (rules.size > 0 || triggers.size > 0) facts.flags.add('fires-trigger');
    return operations;
  }

  /** What a DO or CALL does is what it runs. */
  #runs(tag: string, facts: Facts): (Partial<StatementFacts> & { readonly tables: readonly TableUse[] }) | undefined {
    if (!RUNS.has(tag) || this.#catalogue === undefined) return undefined;
    const effects = Array.from(facts.calls.values(), ({ effect }) => effect);
    let effect: CallEffect = PURE;
    for (const one of effects) effect = strictest(effect, one);
    const tables = tablesOf([...facts.programs.keys()], this.#isWithin ? undefined : this.#catalogue);
    const { access, reason = '' } = effect;
    return { access, tables, ...(access === 'unknown' ? { reason } : {}) };
  }

  /** A plan without ANALYZE executes nothing, but what is not volatile might be called while planning. */
  #keepPlanned(from: number, reached: number): void {
    const planned = this.operations.splice(from);
    const programs = this.reached.splice(reached).filter(({ program }) => program.mayRunPlanned);
    this.reached.push(...programs);
    const called = new Set(programs.flatMap(({ functions }) => functions));
    const mayRun = (one: Operation): boolean =>
      one.kind === 'function' && one.functions.some((name) => called.has(name));
    this.operations.push(...planned.filter((one) => one.access === 'unknown' || mayRun(one)));
  }

  #push(statement: StatementFacts & { readonly tables?: readonly TableUse[] }, facts: Facts): void {
    const flags = new Set([...statement.flags, ...facts.flags]);
    if (this.#stale) facts.opaque = true;
    const { kind, access, reason } = statement;
    this.operations.push({
      kind,
      access,
      tables: [...facts.tables.values(), ...(statement.tables ?? [])],
      functions: [...facts.functions],
      hasWhere: statement.hasWhere,
      flags: [...flags],
      ...(reason === undefined ? {} : { reason }),
      ...(facts.programs.size === 0 ? {} : { runsPrograms: true }),
    });
  }

  #effects(tag: string, body: Body, parsed: ParsedStatement, added: readonly Operation[]): Effects {
    const ddl = added.some((one) => one.flags.includes(CHANGES_DEFINITIONS));
    const effects = effectsOf(tag, body, parsed, ddl);
    const stale = staleAfter(tag, body, added);
    const changesPath = added.some((one) => one.flags.includes('search-path'));
    const settings = settingChanges(tag, body, added);
    return {
      ...effects,
      ...(stale === undefined ? {} : { stale }),
      ...(changesPath && effects.searchPath === undefined ? { searchPath: 'unknown' } : {}),
      ...(settings.length === 0 ? {} : { settings }),
      ...(added.some(mayChangeSession) ? { opaque: true } : {}),
      ...(added.some((one) => one.flags.includes('temporary')) ? { temporary: true } : {}),
    };
  }

  #follow(effects: Effects): void {
    this.#names.follow(effects);
    this.#stale ||= effects.ddl;
    const stale = staleOf(effects);
    if (stale !== undefined && this.#catalogue !== undefined) {
      this.#catalogue = withStale(this.#catalogue, bothStale(this.#catalogue.stale, stale) ?? stale);
    }
    const path = effects.searchPath;
    if (path !== undefined && this.#catalogue !== undefined) this.#catalogue = throughPath(this.#catalogue, path);
  }
}

/** Statements that are what they run, so that their calls are no operations beside them. */
const RUNS = new Set(['DoStmt', 'CallStmt']);
/** The kinds whose reply can carry values of tables. */
const SHOWS = new Set('select copy-out copy-program fetch execute explain call'.split(' '));
const RETURNS_ROWS = new Set('select fetch show explain execute call'.split(' '));
