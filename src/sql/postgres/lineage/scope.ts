import { type Column, derived, either, NOT_FOUND, NOTHING, type Origin, ofColumn, UNKNOWN } from './origin.ts';

/** A relation that a query can name: a table, a CTE, a subquery, a function, a join with an alias. */
export interface Relation {
  readonly alias: string;
  /** The table's schema, where it is one and was named without an alias. */
  readonly schema?: string;
  readonly columns: readonly Column[];
  /** What a column that is not listed comes from; absent where the list is complete. */
  readonly open?: (name: string) => Origin;
  /** True where the list says what `*` expands to. */
  readonly complete: boolean;
  /** A table, view, subquery or CTE under names that are its own: its whole row as JSON has them as its keys. */
  readonly isRow?: true;
}

/** An item of a FROM list: what `*` and bare names see of it, and the relations that qualified names see. */
export interface FromItem {
  readonly columns: readonly Column[];
  readonly relations: readonly Relation[];
  readonly complete: boolean;
}

export interface Scope {
  readonly items: readonly FromItem[];
  /** Seen by qualified names only: `old`, `new`, `excluded`. */
  readonly special: readonly Relation[];
  readonly outer: Scope | undefined;
}

export const NO_SCOPE: Scope | undefined = undefined;

export function itemOf(relation: Relation): FromItem {
  return { columns: relation.columns, relations: [relation], complete: relation.complete };
}

/** The columns of `*`; undefined where their number is not known. */
export function starOf(scope: Scope): readonly Column[] | undefined {
  if (!scope.items.every((item) => item.complete)) return undefined;
  return scope.items.flatMap((item) => item.columns);
}

/** All columns of a relation as one value. */
export function wholeOf(relation: Relation): Origin {
  return relation.complete && relation.open === undefined
    ? derived(relation.columns.map((column) => column.origin))
    : derived([...relation.columns.map((column) => column.origin), relation.open?.(WHOLE) ?? UNKNOWN]);
}

/** A name without qualification: a column here or further out, or else a relation as a whole (parse_expr.c). */
export function resolveName(name: string, scope: Scope | undefined): Origin {
  const found = columnNamed(name, scope);
  if (found?.certain === true) return found.origin;
  const relation = relationNamed([name], scope);
  if (relation !== undefined) {
    const whole = wholeOf(relation);
    return found === undefined ? whole : derived([found.origin, whole]);
  }
  return found?.origin ?? NOT_FOUND;
}

/** True where a bare name is, or may be, a column of this query or of one around it. */
export function mayBeColumn(name: string, scope: Scope | undefined): boolean {
  return columnNamed(name, scope) !== undefined;
}

/** True where an item of this query itself, and none further out, has a column of this name. */
export function hasColumn(name: string, { items }: Scope): boolean {
  return items.some((item) => item.columns.some((column) => column.name === name));
}

/** `relation.column`, `schema.relation.column`. What is not found may be a call by attribute notation: unknown. */
export function resolveQualified(path: readonly string[], scope: Scope | undefined): Origin {
  const relation = relationNamed(path.slice(0, -1), scope);
  const name = path.at(-1) ?? '';
  if (relation === undefined) return NOT_FOUND;
  const column = relation.columns.filter((one) => one.name === name);
  if (column.length > 0) return either(column.map((one) => one.origin));
  if (SYSTEM_COLUMNS.has(name)) return NOTHING;
  return relation.open?.(name) ?? UNKNOWN;
}

export function relationNamed(path: readonly string[], scope: Scope | undefined): Relation | undefined {
  const name = path.at(-1) ?? '';
  const schema = path.at(-2);
  for (let at = scope; at !== undefined; at = at.outer) {
    const all = [...at.items.flatMap((item) => item.relations), ...at.special];
    const found = all.find((one) => one.alias === name && (schema === undefined || mayBeIn(one, schema)));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A relation's open columns where no catalogue says what they are: each is the table's column of that name. */
export function byName(schema: string, table: string): (name: string) => Origin {
  return (name) => (name === WHOLE ? UNKNOWN : ofColumn(schema, table, name));
}

/** Stands for all columns at once, where `open` is asked about a relation as a whole. */
const WHOLE = '\0';

/** PostgreSQL manual, 5.6; what they hold is no data. */
const SYSTEM_COLUMNS = new Set(['ctid', 'xmin', 'xmax', 'cmin', 'cmax', 'tableoid']);

function mayBeIn(relation: Relation, schema: string): boolean {
  return relation.schema === schema || relation.schema === '';
}

interface Found {
  readonly origin: Origin;
  /** False where it may also be something else. */
  readonly certain: boolean;
}

function columnNamed(name: string, scope: Scope | undefined): Found | undefined {
  if (scope === undefined) return undefined;
  const listed = scope.items.flatMap((item) => item.columns).filter((column) => column.name === name);
  if (listed.length > 0) return { origin: either(listed.map((column) => column.origin)), certain: true };
  const open = scope.items.flatMap((item) => item.relations).flatMap((one) => (one.open ? [one.open(name)] : []));
  const outer = columnNamed(name, scope.outer);
  if (open.length === 0) {
    if (outer !== undefined || !SYSTEM_COLUMNS.has(name) || scope.items.length === 0) return outer;
    return { origin: NOTHING, certain: true };
  }
  const candidates = outer === undefined ? open : [...open, outer.origin];
  const [only] = candidates;
  if (only !== undefined && candidates.length === 1) return { origin: only, certain: false };
  return { origin: derived(candidates), certain: false };
}
