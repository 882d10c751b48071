import type { Random } from './random.ts';
import { KINDS, type Kind, type TypedColumn } from './relations.ts';

/** A relation in a FROM clause, by the name that the query gives it. */
export interface Source {
  /** Empty for the merged column of a join by USING, which has no qualified name. */
  readonly alias: string;
  readonly columns: readonly TypedColumn[];
}

/** What an expression may be made of. */
export interface Place {
  /** An expression of this kind with nothing around it: a column, or an aggregate over columns. */
  leaf(kind: Kind): string | undefined;
  /** A relation as one value. */
  row(): string | undefined;
  /** A subquery in parentheses with one column of this kind. */
  scalar(kind: Kind): string | undefined;
  /** `EXISTS (…)` or `x IN (…)`. */
  test(): string | undefined;
  readonly windows: boolean;
}

/** Writes expressions of a kind, as deep as `depth`, out of a place. */
export class Expressions {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  of(kind: Kind, place: Place, depth: number): string {
    if (depth <= 0) return this.#leaf(kind, place);
    const shapes = SHAPES[kind];
    const inner = (other: Kind) => this.of(other, place, depth - 1 - this.#random.below(2));
    if (this.#random.chance(0.25)) return this.#leaf(kind, place);
    if (this.#random.chance(0.12)) return place.scalar(kind) ?? this.#leaf(kind, place);
    const flat = { ...place, windows: false };
    const plain = (other: Kind) => this.of(other, flat, depth - 1);
    if (this.#random.chance(0.25)) return this.#general(kind, place, inner, plain);
    return this.#random.pick(shapes)(inner, { random: this.#random, place, plain });
  }

  any(place: Place, depth: number): { readonly sql: string; readonly kind: Kind } {
    const kind = this.#random.pick(KINDS);
    return { sql: this.of(kind, place, depth), kind };
  }

  #leaf(kind: Kind, place: Place): string {
    const leaf = this.#random.chance(0.93) ? place.leaf(kind) : undefined;
    return leaf ?? LITERALS[kind];
  }

  /** What there is for every kind. */
  #general(kind: Kind, place: Place, inner: Inner, plain: Inner): string {
    const shape = this.#random.below(place.windows ? 7 : 4);
    const one = shape < 4 ? inner(kind) : plain(kind);
    switch (shape) {
      case 0:
        return `CASE WHEN ${inner('bool')} THEN ${one} ELSE ${inner(kind)} END`;
      case 1:
        return `coalesce(${one}, ${inner(kind)})`;
      case 2:
        return kind === 'json' || kind === 'contact' ? `(${one})` : `nullif(${one}, ${LITERALS[kind]})`;
      case 3:
        return `(ARRAY[${one}, ${inner(kind)}])[1]`;
      case 4:
        return `first_value(${one}) OVER (ORDER BY ${plain('int')})`;
      case 5:
        return `lag(${one}) OVER (PARTITION BY ${plain('text')} ORDER BY ${plain('date')})`;
      default:
        return `last_value(${one}) OVER (ORDER BY ${plain('text')} ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)`;
    }
  }
}

interface Tools {
  readonly random: Random;
  readonly place: Place;
  /** An expression without window functions, for within one. */
  readonly plain: Inner;
}

type Inner = (kind: Kind) => string;
type Shape = (inner: Inner, tools: Tools) => string;

const LITERALS: Readonly<Record<Kind, string>> = {
  text: `'word'::text`,
  int: '3',
  big: '4::bigint',
  num: '5.5::numeric',
  date: `date '2025-05-05'`,
  bool: 'true',
  json: `'{"k": 1}'::jsonb`,
  texts: `ARRAY['a', 'b']`,
  contact: `ROW ('e', 'p')::rental.contact`,
};

const rowOr = (tools: Tools, wrap: (row: string) => string, other: string) => {
  const row = tools.place.row();
  return row === undefined ? other : wrap(row);
};

const SHAPES: Readonly<Record<Kind, readonly Shape[]>> = {
  text: [
    (e) => `(${e('text')} || ${e('text')})`,
    (e, { random }) =>
      `${random.pick(['lower', 'upper', 'initcap', 'reverse', 'btrim', 'quote_literal'])}(${e('text')})`,
    (e, { random }) => `${random.pick(['left', 'right'])}(${e('text')}, ${1 + random.below(5)})`,
    (e, { random }) => `substr(${e('text')}, ${1 + random.below(4)}, 6)`,
    (e) => `concat(${e('text')}, ${e('int')}, ${e('date')})`,
    (e) => `concat_ws('-', ${e('text')}, ${e('num')})`,
    (e) => `format('%s/%s', ${e('text')}, ${e('big')})`,
    (e, { random }) => `(${e(random.pick(KINDS))})::text`,
    (e) => `(${e('text')})::varchar(12)::text`,
    (e) => `array_to_string(${e('texts')}, ';')`,
    (e, { random }) => `(${e('texts')})[${1 + random.below(2)}]`,
    (e, { random }) => `(${e('json')} ->> ${random.pick([`'note'`, `'k'`, '0'])})`,
    (e) => `(${e('json')} #>> '{list,0}')`,
    (e, { random }) => `(${e('contact')}).${random.pick(['email', 'phone'])}`,
    (e) => `replace(${e('text')}, 'a', ${e('text')})`,
    (e) => `split_part(${e('text')}, ' ', 1)`,
    (e) => `regexp_replace(${e('text')}, '^.', 'z')`,
    (e, { random }) => `${random.pick(['greatest', 'least'])}(${e('text')}, ${e('text')})`,
    (e) => `to_char(${e('date')}, 'YYYY-MM-DD')`,
    (e) => `json_build_object('k', ${e('text')}, 'n', ${e('big')})::text`,
    (e, tools) => rowOr(tools, (row) => `${row}::text`, e('text')),
    (e, tools) => rowOr(tools, (row) => `row_to_json(${row})::text`, e('text')),
    (e, tools) => rowOr(tools, (row) => `(to_jsonb(${row}) ->> 'email')`, e('text')),
    (e) => `ROW (${e('text')}, ${e('int')})::text`,
    (e) => `rental.customer_email(${e('int')})`,
    (e) => `rental.full_name(${e('text')}, ${e('text')})`,
    (e) => `(string_to_array(${e('text')}, ' '))[1]`,
    (e) => `lpad(${e('text')}, 40, 'x')`,
    (e) => `convert_from(convert_to(${e('text')}, 'UTF8'), 'UTF8')`,
    (e) => `json_value(${e('json')}, '$.note')`,
    (e) => `trim(both '"' from to_jsonb(${e('text')})::text)`,
    (e) => `(${e('text')} COLLATE "C")`,
    (e) => `overlay(${e('text')} placing 'zz' from 2 for 1)`,
  ],
  int: [
    (e) => `length(${e('text')})`,
    (e, { random }) => `(${e('int')} ${random.pick(['+', '-'])} ${1 + random.below(9)})`,
    (e) => `cardinality(${e('texts')})`,
    (e) => `extract(day FROM ${e('date')})::int`,
    (e) => `position('a' IN ${e('text')})`,
    (e) => `greatest(${e('int')}, ${e('int')})`,
    (e) => `(${e('bool')})::int`,
    (e, { place, plain }) => (place.windows ? `(row_number() OVER (ORDER BY ${plain('text')}))::int` : e('int')),
    (e, { place, plain }) => (place.windows ? `(count(${plain('text')}) OVER ())::int` : e('int')),
  ],
  big: [
    (e) => `(${e('int')})::bigint`,
    (e) => `(${e('big')} + 1)`,
    (e) => `(- ${e('big')})`,
    (e) => `greatest(${e('big')}, ${e('big')})`,
    (e, { place, plain }) =>
      place.windows ? `rank() OVER (PARTITION BY ${plain('text')} ORDER BY ${plain('big')})` : e('big'),
    (e) => `orders.order_value(${e('int')})::bigint`,
    (e) => `bank.balance_of(${e('int')})`,
    (e) => `abs(${e('big')})`,
  ],
  num: [
    (e) => `(${e('num')} + 1)`,
    (e) => `(${e('big')})::numeric`,
    (e) => `round(${e('num')}, 1)`,
    (e) => `(${e('num')} / 2)`,
    (e, { place, plain }) => (place.windows ? `sum(${plain('big')}) OVER (ORDER BY ${plain('int')})` : e('num')),
    (e, { place, plain }) => (place.windows ? `avg(${plain('big')}) OVER ()` : e('num')),
  ],
  date: [
    (e, { random }) => `(${e('date')} + ${random.below(9)})`,
    (e) => `greatest(${e('date')}, ${e('date')})`,
    (e) => `(${e('date')})::timestamp::date`,
    (e) => `date_trunc('month', ${e('date')})::date`,
  ],
  bool: [
    (e) => `(${e('text')} = ${e('text')})`,
    (e) => `(${e('int')} > ${e('int')})`,
    (e) => `(${e('text')} LIKE '%1%')`,
    (e) => `(${e('date')} IS NOT NULL)`,
    (e) => `(${e('big')} BETWEEN 1 AND ${e('big')})`,
    (e) => `(${e('bool')} AND NOT ${e('bool')})`,
    (e) => `(${e('bool')} OR ${e('bool')})`,
    (e) => `(${e('text')} = ANY (${e('texts')}))`,
    (e) => `(${e('json')} ? 'note')`,
    (e, { place }) => place.test() ?? e('bool'),
  ],
  json: [
    (e, { random }) => `to_jsonb(${e(random.pick(KINDS))})`,
    (e, { random }) => `jsonb_build_object('k', ${e(random.pick(KINDS))}, 'l', ${e('text')})`,
    (e) => `jsonb_build_array(${e('text')}, ${e('date')}, ${e('num')})`,
    (e, { random }) => `(${e('json')} -> ${random.pick([`'list'`, `'note'`, `'k'`, '0'])})`,
    (e) => `(${e('json')} || jsonb_build_object('x', ${e('text')}))`,
    (e) => `jsonb_set(${e('json')}, '{k}', to_jsonb(${e('text')}))`,
    (e, tools) => rowOr(tools, (row) => `to_jsonb(${row})`, e('json')),
    (e, tools) => rowOr(tools, (row) => `jsonb_build_array(${row}, 1)`, e('json')),
    (e) => `JSON_OBJECT('k' : ${e('text')} RETURNING jsonb)`,
    (e) => `JSON_ARRAY(${e('text')}, ${e('int')} RETURNING jsonb)`,
    (e) => `jsonb_path_query_first(${e('json')}, '$.*')`,
    (e) => `(${e('json')})['note']`,
    (e) => `jsonb_strip_nulls(${e('json')})`,
    (e) => `json_query(${e('json')}, '$.list' WITH WRAPPER)::jsonb`,
  ],
  texts: [
    (e) => `ARRAY[${e('text')}, ${e('text')}]`,
    (e) => `array_append(${e('texts')}, ${e('text')})`,
    (e) => `(${e('texts')} || ${e('texts')})`,
    (e) => `string_to_array(${e('text')}, '1')`,
    (e) => `(${e('texts')})[1:2]`,
    (e) => `array_remove(${e('texts')}, ${e('text')})`,
    (e) => `regexp_split_to_array(${e('text')}, ' ')`,
  ],
  contact: [
    (e) => `ROW (${e('text')}, ${e('text')})::rental.contact`,
    (e) => `jsonb_populate_record(${e('contact')}, ${e('json')})`,
  ],
};
