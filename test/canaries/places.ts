import type { Place, Source } from './expressions.ts';
import type { Random } from './random.ts';
import type { Kind } from './relations.ts';

/** What subqueries a place can ask for. */
export interface Subqueries {
  scalar(kind: Kind, outer: readonly Source[]): string | undefined;
  test(outer: readonly Source[]): string | undefined;
}

/** Expressions over the columns of a FROM clause. */
export function columnPlace(
  random: Random,
  sources: readonly Source[],
  subqueries: Subqueries,
  windows: boolean,
): Place {
  return {
    windows,
    leaf: (kind) => column(random, sources, kind),
    row: () => {
      const named = sources.filter((source) => source.alias !== '' && source.columns.length > 0);
      return named.length === 0 ? undefined : random.pick(named).alias;
    },
    scalar: (kind) => subqueries.scalar(kind, sources),
    test: () => subqueries.test(sources),
  };
}

/** Expressions over groups: columns that are grouped by, and aggregates. */
export function groupedPlace(
  random: Random,
  sources: readonly Source[],
  grouped: readonly { readonly sql: string; readonly kind: Kind }[],
): Place {
  const keys = (kind: Kind) => grouped.filter((one) => one.kind === kind);
  return {
    windows: false,
    leaf: (kind) => {
      const known = keys(kind);
      if (known.length > 0 && random.chance(0.3)) return random.pick(known).sql;
      return aggregate(random, sources, kind);
    },
    row: () => undefined,
    scalar: () => undefined,
    test: () => undefined,
  };
}

function column(random: Random, sources: readonly Source[], kind: Kind): string | undefined {
  const found = sources.flatMap(({ alias, columns }) =>
    columns.filter((one) => one.kind === kind).map(({ name }) => ({ alias, name })),
  );
  if (found.length === 0) return undefined;
  const { alias, name } = random.pick(found);
  if (alias === '') return name;
  const unique = sources.flatMap((source) => source.columns).filter((one) => one.name === name).length === 1;
  const isAlias = sources.some((source) => source.alias === name);
  return unique && !isAlias && random.chance(0.3) ? name : `${alias}.${name}`;
}

function aggregate(random: Random, sources: readonly Source[], kind: Kind): string | undefined {
  const of = (other: Kind) => column(random, sources, other);
  const filter = random.chance(0.15) ? ` FILTER (WHERE ${of('text') ?? 'NULL'} IS NOT NULL)` : '';
  const wrap = (name: string, argument: string | undefined) =>
    argument === undefined ? undefined : `${name}(${argument})${filter}`;
  switch (kind) {
    case 'text': {
      const value = of('text');
      if (value === undefined) return undefined;
      const order = of('int') ?? '1';
      return random.pick([
        `min(${value})${filter}`,
        `max(${value})${filter}`,
        `string_agg(${value}, ',' ORDER BY ${order})${filter}`,
        `string_agg(DISTINCT ${value}, ',')${filter}`,
        `mode() WITHIN GROUP (ORDER BY ${value})`,
        `percentile_disc(0.5) WITHIN GROUP (ORDER BY ${value})`,
        `any_value(${value})${filter}`,
      ]);
    }
    case 'int':
      return wrap(random.pick(['min', 'max']), of('int'));
    case 'big':
      return random.chance(0.5)
        ? `count(${random.chance(0.3) ? 'DISTINCT ' : ''}${of(random.pick(['text', 'date', 'int'])) ?? '*'})${filter}`
        : wrap(random.pick(['min', 'max']), of('big'));
    case 'num':
      return random.chance(0.5) ? wrap(random.pick(['sum', 'avg', 'min', 'max']), of('num')) : wrap('sum', of('big'));
    case 'date':
      return wrap(random.pick(['min', 'max']), of('date'));
    case 'bool':
      return wrap(random.pick(['bool_and', 'bool_or', 'every']), of('bool'));
    case 'json': {
      const value = random.chance(0.3)
        ? random.pick(sources.filter(({ alias }) => alias !== '')).alias
        : of(random.pick(['text', 'date', 'json', 'big']));
      const key = of('text');
      if (random.chance(0.3) && key !== undefined)
        return `json_object_agg(coalesce(${key}, 'k'), ${value ?? '1'})::jsonb`;
      if (random.chance(0.2) && value !== undefined) return `JSON_ARRAYAGG(${value} RETURNING jsonb)`;
      return wrap('jsonb_agg', value);
    }
    case 'texts':
      return wrap('array_agg', of('text'));
    case 'contact':
      return undefined;
    default: {
      const never: never = kind;
      return never;
    }
  }
}
