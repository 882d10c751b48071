import type { ColumnSource, JsonRows, OutputColumn } from '../../../model/request.ts';

/** Where a value comes from: these columns, and where `unknown` also what nobody can tell. */
export interface Origin {
  readonly sources: ReadonlyMap<string, ColumnSource>;
  readonly unknown: boolean;
  /** What is unknown about it is what was handed in: a parameter or a variable of the function that it stands in. */
  readonly handed?: boolean;
  /** The value is a source column as it stands. */
  readonly plain: boolean;
}

/** A column of a query, a relation or a result. */
export interface Column {
  readonly name: string;
  readonly origin: Origin;
  /** Beside the origin, so that whatever makes a column of another one loses it. */
  readonly json?: JsonRows;
}

export const NOTHING: Origin = { sources: new Map(), unknown: false, plain: false };
export const UNKNOWN: Origin = { sources: new Map(), unknown: true, plain: false };
/** A name that no relation in sight has, all of which are known: in a function's body a parameter or a variable. */
export const NOT_FOUND: Origin = { sources: new Map(), unknown: true, plain: false };
export const HANDED_IN: Origin = { sources: new Map(), unknown: true, handed: true, plain: false };

export function ofColumn(schema: string, table: string, column: string): Origin {
  const source = { schema, table, column };
  return { sources: new Map([[keyOf(source), source]]), unknown: false, plain: true };
}

/** One string for one column: no name holds a NUL. */
export function keyOf({ schema, table, column }: ColumnSource): string {
  return `${schema}\0${table}\0${column}`;
}

/** The value is computed from all of these. */
export function derived(origins: readonly Origin[]): Origin {
  let only: Origin | undefined;
  let several = false;
  for (const origin of origins) {
    if ((!origin.unknown && origin.sources.size === 0) || origin === only) continue;
    several ||= only !== undefined;
    only ??= origin;
  }
  if (only === undefined) return NOTHING;
  if (!several) return only.plain ? { ...only, plain: false } : only;
  return merge(origins, false);
}

/** The value is one of these as it stands: the same column of the arms of a UNION. */
export function either(origins: readonly Origin[]): Origin {
  const [only] = origins;
  if (only !== undefined && origins.length === 1) return only;
  return merge(
    origins,
    origins.every((origin) => origin.plain),
  );
}

/** The same value, which was also given something else: a column that a statement assigns before it returns it. */
export function assigned(column: Origin, value: Origin): Origin {
  return value.unknown || value.sources.size > 0 ? merge([column, value], false) : column;
}

export function sameOrigin(one: Origin, other: Origin): boolean {
  return (
    one.unknown === other.unknown &&
    one.handed === other.handed &&
    one.plain === other.plain &&
    one.sources.size === other.sources.size
  );
}

export function outputOf({ name, origin, json }: Column): OutputColumn {
  const sources = origin.unknown ? 'unknown' : sourcesOf(origin);
  return { name, sources, plain: origin.plain, ...(json && { json }) };
}

/** The columns of an origin as a list: the same list for the same origin, as those of large relations are shared. */
export function sourcesOf(origin: Origin): readonly ColumnSource[] {
  const known = lists.get(origin.sources);
  if (known !== undefined) return known;
  const list = [...origin.sources.values()];
  lists.set(origin.sources, list);
  return list;
}

const lists = new WeakMap<Origin['sources'], readonly ColumnSource[]>();

function merge(origins: readonly Origin[], plain: boolean): Origin {
  const sources = new Map<string, ColumnSource>();
  let unknown = false;
  let handed = true;
  for (const origin of origins) {
    unknown ||= origin.unknown;
    handed &&= !origin.unknown || origin.handed === true;
    for (const [key, source] of origin.sources) sources.set(key, source);
  }
  return unknown && handed ? { sources, unknown, handed, plain } : { sources, unknown, plain };
}
