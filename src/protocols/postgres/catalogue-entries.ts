import { Fault } from '../../model/fault.ts';
import type { CatalogueColumn, CatalogueRelation, RelationKind, Volatility } from '../../sql/postgres/catalogue.ts';
import type {
  CatalogueCast,
  CatalogueFunction,
  CatalogueReference,
  CatalogueTrigger,
  FunctionReference,
  ProgramParts,
  WriteEvent,
} from '../../sql/postgres/programs.ts';

/** One row of the catalogue query: a kind, and what is told of it in order. */
export type Entry = readonly unknown[];

export function relationsOf(entries: readonly Entry[]): readonly CatalogueRelation[] {
  return ofKind(entries, 'relation').map(relation);
}

export function programsOf(
  entries: readonly Entry[],
): ProgramParts & { readonly functions: readonly CatalogueFunction[] } {
  return {
    functions: ofKind(entries, 'function').map(routine),
    triggers: ofKind(entries, 'trigger').map(trigger),
    rules: ofKind(entries, 'rule').map(([, table, text]) => ({ table: Number(table), definition: String(text) })),
    expressions: ofKind(entries, 'expression').map(([, owner, runsOn, text]) => ({
      relation: Number(owner),
      runsOn: runsOn === 'use' ? 'use' : 'write',
      text: String(text),
    })),
    operators: ofKind(entries, 'operator').map(([, schema, name, called]) => ({
      schema: String(schema),
      name: String(name),
      function: reference(called),
    })),
    casts: ofKind(entries, 'cast').map(cast),
    domains: ofKind(entries, 'domain').map(([, type, name, texts]) => ({
      type: Number(type),
      name: String(name),
      texts: listOf(texts).map(String),
    })),
    references: ofKind(entries, 'reference').map(foreignKey),
    eventTriggers: ofKind(entries, 'event-trigger').map(([, , , called]) => reference(called)),
  };
}

export function listOf(value: unknown): readonly unknown[] {
  if (value === null) return [];
  if (!Array.isArray(value)) throw incomplete();
  return value;
}

export function incomplete(): Fault {
  return new Fault('upstream-protocol', "the server's answer about its catalogue is not whole");
}

function ofKind(entries: readonly Entry[], kind: string): readonly Entry[] {
  return entries.filter((entry) => entry[0] === kind);
}

function relation(entry: Entry): CatalogueRelation {
  const [, oid, schema, name, kind, columns, definition, parents, server, rowSecurity] = entry;
  return {
    oid: Number(oid),
    schema: String(schema),
    name: String(name),
    kind: RELATION_KINDS[String(kind)] ?? 'other',
    columns: listOf(columns).map(column),
    ...(typeof definition === 'string' ? { definition } : {}),
    ...(parents === null ? {} : { parents: listOf(parents).map(Number) }),
    ...(typeof server === 'string' ? { server } : {}),
    ...(rowSecurity === true ? { rowSecurity } : {}),
  };
}

function column(entry: unknown): CatalogueColumn {
  const [attnum, name, type, generated, expression] = listOf(entry);
  const column = { attnum: Number(attnum), name: String(name), type: Number(type) };
  if (generated !== true) return column;
  return { ...column, generated, ...(typeof expression === 'string' ? { expression } : {}) };
}

/** A letter that a later version adds counts as the least harmless. */
function routine(entry: Entry): CatalogueFunction {
  const [, oid, schema, name, volatility, language, kind, count, defaults] = entry;
  const [variadic, definer, returnsSet, columns, definition, calls] = entry.slice(9);
  const most = Number(count);
  const isInLanguage = language === 'sql' || language === 'plpgsql';
  return {
    oid: Number(oid),
    schema: String(schema),
    name: String(name),
    volatility: VOLATILITIES[String(volatility)] ?? 'volatile',
    language: String(language),
    kind: ROUTINE_KINDS[String(kind)] ?? 'function',
    // a call of a procedure may also name what it gives back, and that of an ordered-set aggregate what it orders
    ...(kind === 'f'
      ? {
          arguments: {
            min: most - Number(defaults) - (variadic === true ? 1 : 0),
            max: variadic === true ? Infinity : most,
          },
        }
      : {}),
    ...(definer === true ? { securityDefiner: true } : {}),
    ...(returnsSet === true ? { returnsSet: true } : {}),
    ...(columns === null
      ? {}
      : { resultColumns: listOf(columns).map((name) => (typeof name === 'string' ? name : '')) }),
    ...(typeof definition === 'string' ? { definition } : isInLanguage ? { isTooLong: true } : {}),
    ...(calls === null ? {} : { calls: listOf(calls).map(reference) }),
  };
}

function trigger(entry: Entry): CatalogueTrigger {
  const [, table, name, type, enabled, called, definition, transitions] = entry;
  const bits = Number(type);
  return {
    table: Number(table),
    name: String(name),
    events: TRIGGER_EVENTS.filter(([bit]) => (bits & bit) !== 0).map(([, event]) => event),
    timing: (bits & 64) !== 0 ? 'instead' : (bits & 2) !== 0 ? 'before' : 'after',
    enabled: enabled === 'A' ? 'always' : enabled === 'R' ? 'replica' : 'origin',
    function: reference(called),
    ...(typeof definition === 'string' ? { definition } : {}),
    ...(Array.isArray(transitions)
      ? { transitions: transitions.filter((one): one is string => typeof one === 'string') }
      : {}),
  };
}

function foreignKey(entry: Entry): CatalogueReference {
  const [, from, to, onDelete, onUpdate, columns, referring] = entry;
  const deleted = KEY_ACTIONS[String(onDelete)];
  const updated = KEY_ACTIONS[String(onUpdate)];
  return {
    from: Number(from),
    to: Number(to),
    columns: listOf(columns).map(String),
    referring: listOf(referring).map(String),
    ...(deleted === undefined ? {} : { onDelete: deleted }),
    ...(updated === undefined ? {} : { onUpdate: 'update' }),
  };
}

/** What becomes of the rows that refer (pg_constraint.confdeltype): nothing, or this. */
const KEY_ACTIONS: Readonly<Record<string, 'delete' | 'update'>> = { c: 'delete', n: 'update', d: 'update' };

function cast(entry: Entry): CatalogueCast {
  const [, target, context, called] = entry;
  return {
    target: String(target),
    context: context === 'e' ? 'explicit' : context === 'a' ? 'assignment' : 'implicit',
    function: reference(called),
  };
}

function reference(value: unknown): FunctionReference {
  const [oid, schema, name] = listOf(value);
  return { oid: Number(oid), schema: String(schema), name: String(name) };
}

/** pg_class.relkind. */
const RELATION_KINDS: Readonly<Record<string, RelationKind>> = {
  r: 'table',
  p: 'partitioned',
  v: 'view',
  m: 'matview',
  f: 'foreign',
  S: 'sequence',
};

/** pg_proc.provolatile. */
const VOLATILITIES: Readonly<Record<string, Volatility>> = { i: 'immutable', s: 'stable', v: 'volatile' };

/** pg_proc.prokind. */
const ROUTINE_KINDS: Readonly<Record<string, NonNullable<CatalogueFunction['kind']>>> = {
  f: 'function',
  p: 'procedure',
  a: 'aggregate',
  w: 'window',
};

/** pg_trigger.tgtype (catalog/pg_trigger.h). */
const TRIGGER_EVENTS: readonly (readonly [number, WriteEvent])[] = [
  [4, 'insert'],
  [8, 'delete'],
  [16, 'update'],
  [32, 'truncate'],
];
