import type { Volatility } from './catalogue.ts';

/** A function by its OID and its name; OIDs below 16384 are the server's own. */
export interface FunctionReference {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
}

/** A function, procedure or aggregate outside of what the server itself brings. What is absent is not known. */
export interface CatalogueFunction {
  readonly oid?: number;
  readonly schema: string;
  readonly name: string;
  readonly volatility: Volatility;
  readonly language: string;
  readonly kind?: 'function' | 'procedure' | 'aggregate' | 'window';
  /** How many arguments a call may have; `max` is Infinity for a variadic one. Absent: any number. */
  readonly arguments?: { readonly min: number; readonly max: number };
  readonly securityDefiner?: boolean;
  readonly returnsSet?: boolean;
  /** The names of its result's columns, where it returns rows of a known shape. */
  readonly resultColumns?: readonly string[];
  /** What pg_get_functiondef says while search_path is empty; for sql and plpgsql, within the bound on bytes. */
  readonly definition?: string;
  /** True where the body was left out because there is more than the bound of them. */
  readonly isTooLong?: boolean;
  /** What an aggregate calls. */
  readonly calls?: readonly FunctionReference[];
}

export type WriteEvent = 'insert' | 'update' | 'delete' | 'truncate';

export interface CatalogueTrigger {
  readonly table: number;
  readonly name: string;
  readonly events: readonly WriteEvent[];
  readonly timing: 'before' | 'after' | 'instead';
  /** `replica` fires only where session_replication_role says so, `always` in any case; disabled ones are left out. */
  readonly enabled: 'origin' | 'replica' | 'always';
  readonly function: FunctionReference;
  /** The names that its function knows the changed rows by, as if they were tables. */
  readonly transitions?: readonly string[];
  /** The whole CREATE TRIGGER, where it has a WHEN clause. */
  readonly definition?: string;
}

/** A rewrite rule other than a view's own: the whole CREATE RULE. */
export interface CatalogueRule {
  readonly table: number;
  readonly definition: string;
}

/** An expression that runs with a statement that writes the relation, or with any that uses it (row security). */
export interface CatalogueExpression {
  readonly relation: number;
  readonly runsOn: 'write' | 'use';
  readonly text: string;
}

export interface CatalogueOperator {
  readonly schema: string;
  readonly name: string;
  readonly function: FunctionReference;
}

export interface CatalogueCast {
  /** The name of the type that it makes. */
  readonly target: string;
  readonly context: 'explicit' | 'assignment' | 'implicit';
  readonly function: FunctionReference;
}

/** A domain with checks or a default that call something. */
export interface CatalogueDomain {
  readonly type: number;
  readonly name: string;
  readonly texts: readonly string[];
}

/** A foreign key. What becomes of its rows when those that they refer to change is absent where nothing does. */
export interface CatalogueReference {
  readonly from: number;
  readonly to: number;
  /** The columns that are referred to, and in the same order those that refer to them. */
  readonly columns: readonly string[];
  readonly referring?: readonly string[];
  readonly onDelete?: 'delete' | 'update';
  readonly onUpdate?: 'update';
}

interface AllParts {
  readonly functions: readonly CatalogueFunction[];
  readonly triggers: readonly CatalogueTrigger[];
  readonly rules: readonly CatalogueRule[];
  readonly expressions: readonly CatalogueExpression[];
  readonly operators: readonly CatalogueOperator[];
  readonly casts: readonly CatalogueCast[];
  readonly domains: readonly CatalogueDomain[];
  readonly references: readonly CatalogueReference[];
  /** What event triggers call; any DDL may fire them. */
  readonly eventTriggers: readonly FunctionReference[];
}

/** What runs in a database without being named: by a write, a read, an operator, a cast. Each list by its key. */
export interface Programs {
  readonly functionsByOid: ReadonlyMap<number, CatalogueFunction>;
  readonly triggers: ReadonlyMap<number, readonly CatalogueTrigger[]>;
  readonly rules: ReadonlyMap<number, readonly CatalogueRule[]>;
  readonly expressions: ReadonlyMap<number, readonly CatalogueExpression[]>;
  readonly operators: ReadonlyMap<string, readonly CatalogueOperator[]>;
  /** By the name of the type that they make. */
  readonly casts: ReadonlyMap<string, readonly CatalogueCast[]>;
  /** Those that any statement may set off unseen. */
  readonly silentCasts: readonly CatalogueCast[];
  readonly domains: ReadonlyMap<number, CatalogueDomain>;
  readonly domainsByName: ReadonlyMap<string, readonly CatalogueDomain[]>;
  /** By the table that is referred to. */
  readonly references: ReadonlyMap<number, readonly CatalogueReference[]>;
  readonly eventTriggers: readonly FunctionReference[];
}

export type ProgramParts = { readonly [Name in keyof AllParts]?: AllParts[Name] };

export function buildPrograms(parts: ProgramParts): Programs {
  const casts = parts.casts ?? [];
  const domains = parts.domains ?? [];
  return {
    functionsByOid: new Map((parts.functions ?? []).flatMap((one) => (one.oid === undefined ? [] : [[one.oid, one]]))),
    triggers: grouped(parts.triggers, (one) => one.table),
    rules: grouped(parts.rules, (one) => one.table),
    expressions: grouped(parts.expressions, (one) => one.relation),
    operators: grouped(parts.operators, (one) => one.name),
    casts: grouped(casts, (one) => one.target),
    silentCasts: casts.filter((one) => one.context !== 'explicit'),
    domains: new Map(domains.map((one) => [one.type, one])),
    domainsByName: grouped(domains, (one) => one.name),
    references: grouped(parts.references, (one) => one.to),
    eventTriggers: parts.eventTriggers ?? [],
  };
}

function grouped<Item, Key>(items: readonly Item[] | undefined, keyOf: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of items ?? []) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
