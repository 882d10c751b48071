import type { Operation } from '../../model/request.ts';
import { type Program, ruleProgram, triggerProgram } from './bodies/program.ts';
import { type Catalogue, type CatalogueRelation, resolveRelation, withSearchPath } from './catalogue.ts';
import { descendantsOf } from './inheritance.ts';
import { as, type Body, isBody, listOf, tagOf, textOf } from './nodes.ts';
import { parseStatements } from './parser.ts';
import type { CatalogueTrigger, WriteEvent } from './programs.ts';
import { programsOfRow } from './silent-calls.ts';

/** What a write sets off. */
export interface WriteEffects {
  /** Defaults, checks and the like. */
  readonly programs: Set<Program>;
  readonly rules: Set<Program>;
  readonly triggers: Map<Program, CatalogueTrigger>;
  /** What is written in turn: the table under a view, rows that refer to those that change. */
  readonly operations: Operation[];
}

export interface Write {
  readonly relation: CatalogueRelation;
  readonly events: ReadonlySet<WriteEvent>;
  /** The columns that an UPDATE sets; undefined where it may be any. */
  readonly assigned?: ReadonlySet<string> | undefined;
  readonly hasWhere: boolean;
  /** TRUNCATE … CASCADE: what refers to the table is emptied, too. */
  readonly cascades?: boolean;
}

export function functionNameOf({ function: { schema, name } }: CatalogueTrigger): string {
  return `${schema}.${name}`.toLowerCase();
}

/** The tables that a statement writes, and how; `unresolved` where one of them is not in the catalogue. */
export function writesOf(
  tag: string,
  body: Body,
  hasWhere: boolean,
  catalogue: Catalogue,
): { readonly writes: readonly Write[]; readonly unresolved: boolean } {
  const events = eventsOf(tag, body);
  if (events.size === 0) return { writes: [], unresolved: false };
  const named =
    tag === 'TruncateStmt' ? listOf(body['relations']).map((one) => as(one, 'RangeVar')) : [body['relation']];
  const cascades = tag === 'TruncateStmt' && body['behavior'] === 'DROP_CASCADE';
  const writes: Write[] = [];
  let unresolved = false;
  for (const one of named) {
    if (!isBody(one)) continue;
    const relation = resolveRelation(catalogue, textOf(one['schemaname']), textOf(one['relname']));
    if (relation === undefined) unresolved = true;
    else writes.push({ relation, events, assigned: assignedBy(tag, body), hasWhere, cascades });
  }
  return { writes, unresolved };
}

export function effectsOfWrites(writes: readonly Write[], catalogue: Catalogue): WriteEffects {
  const effects: WriteEffects = { programs: new Set(), rules: new Set(), triggers: new Map(), operations: [] };
  const seen = new Set<string>();
  const queue = [...writes];
  for (let write = queue.shift(); write !== undefined; write = queue.shift()) {
    const key = `${write.relation.oid} ${[...write.events].join()}`;
    if (seen.has(key)) continue;
    seen.add(key);
    queue.push(...follow(write, catalogue, effects));
  }
  return effects;
}

/** Adds what one write sets off itself; returns the writes that it leads to. */
function follow(write: Write, catalogue: Catalogue, effects: WriteEffects): readonly Write[] {
  const { relation, events } = write;
  const { triggers, rules } = catalogue.programs;
  const next: Write[] = [];
  for (const one of [relation, ...descendantsOf(relation, catalogue)]) {
    for (const trigger of triggers.get(one.oid) ?? []) {
      if (trigger.events.some((event) => events.has(event))) effects.triggers.set(triggerProgram(trigger), trigger);
    }
    for (const rule of rules.get(one.oid) ?? []) effects.rules.add(ruleProgram(rule));
    if (events.has('insert') || events.has('update')) {
      for (const program of programsOfRow(one, catalogue)) effects.programs.add(program);
    }
    next.push(...referring(one, write, catalogue));
  }
  if (relation.kind === 'view') next.push(...underView(write, catalogue));
  for (const one of next) effects.operations.push(operationOf(one, relation));
  return next;
}

/** An INSERT, UPDATE or DELETE of a view without INSTEAD triggers is one of the table under it. */
function underView(write: Write, catalogue: Catalogue): readonly Write[] {
  const { relation, events } = write;
  const instead = (catalogue.programs.triggers.get(relation.oid) ?? []).filter((one) => one.timing === 'instead');
  const left = [...events].filter((event) => !instead.some((one) => one.events.includes(event)));
  if (left.length === 0 || relation.definition === undefined) return [];
  const parsed = parseStatements(relation.definition);
  const select = parsed.ok ? as(parsed.statements[0]?.node, 'SelectStmt') : undefined;
  const from = listOf(select?.fromClause);
  const named = as(from[0], 'RangeVar');
  if (from.length !== 1 || named === undefined) return [];
  const under = resolveRelation(withSearchPath(catalogue, []), named.schemaname ?? '', named.relname ?? '');
  // its columns have other names than the view's
  return under === undefined ? [] : [{ ...write, relation: under, events: new Set(left), assigned: undefined }];
}

/** Rows of other tables that change with those that they refer to (PostgreSQL manual, 5.5.5). */
function referring(table: CatalogueRelation, write: Write, catalogue: Catalogue): readonly Write[] {
  const found: Write[] = [];
  for (const key of catalogue.programs.references.get(table.oid) ?? []) {
    const relation = catalogue.relationsByOid.get(key.from);
    if (relation === undefined) continue;
    const common = { relation, hasWhere: true } as const;
    if (write.events.has('truncate') && write.cascades === true) {
      found.push({ ...common, events: new Set(['truncate']), cascades: true, hasWhere: write.hasWhere });
    }
    if (write.events.has('delete') && key.onDelete !== undefined) {
      found.push({ ...common, events: new Set([key.onDelete]), hasWhere: write.hasWhere });
    }
    const { assigned } = write;
    const isKeySet = assigned === undefined || key.columns.some((column) => assigned.has(column));
    if (write.events.has('update') && key.onUpdate !== undefined && isKeySet) {
      found.push({ ...common, events: new Set([key.onUpdate]), hasWhere: write.hasWhere });
    }
  }
  return found;
}

function operationOf({ relation, events, hasWhere }: Write, from: CatalogueRelation): Operation {
  const { schema, name } = relation;
  const [event, ...more] = [...events];
  return {
    kind: event === undefined || more.length > 0 ? 'merge' : event,
    access: 'write',
    tables: [{ schema, name, use: 'write' }],
    functions: [],
    hasWhere,
    flags: [from.kind === 'view' ? 'through-view' : 'cascades'],
    // which columns of the view are written, its own operation says; rows that go set none
    columns: from.kind === 'view' || event === 'delete' || event === 'truncate' ? [] : 'unknown',
    lock: event === 'truncate' ? 'access-exclusive' : 'row-exclusive',
  };
}

function eventsOf(tag: string, body: Body): ReadonlySet<WriteEvent> {
  switch (tag) {
    case 'InsertStmt':
      return new Set(isBody(body['onConflictClause']) ? ['insert', 'update'] : ['insert']);
    case 'UpdateStmt':
      return new Set(['update']);
    case 'DeleteStmt':
      return new Set(['delete']);
    case 'TruncateStmt':
      return new Set(['truncate']);
    case 'CopyStmt':
      return new Set(body['is_from'] === true ? ['insert'] : []);
    case 'MergeStmt':
      return new Set(
        listOf(body['mergeWhenClauses']).flatMap(
          (item) => MERGE_EVENTS[as(item, 'MergeWhenClause')?.commandType ?? ''] ?? [],
        ),
      );
    default:
      return new Set();
  }
}

const MERGE_EVENTS: Readonly<Record<string, WriteEvent>> = {
  CMD_INSERT: 'insert',
  CMD_UPDATE: 'update',
  CMD_DELETE: 'delete',
};

function assignedBy(tag: string, body: Body): ReadonlySet<string> | undefined {
  if (tag !== 'UpdateStmt') return undefined;
  const names = listOf(body['targetList']).map((item) =>
    tagOf(item) === 'ResTarget' ? as(item, 'ResTarget')?.name : undefined,
  );
  return names.some((name) => name === undefined) ? undefined : new Set(names.flatMap((name) => name ?? []));
}
