import { Expressions, type Source } from './expressions.ts';
import { columnPlace, groupedPlace, type Subqueries } from './places.ts';
import type { Random } from './random.ts';
import { type BaseRelation, KINDS, type Kind, type TypedColumn } from './relations.ts';

/** A query, and the columns that it returns under the names that it gives them. */
export interface MadeQuery {
  readonly sql: string;
  readonly columns: readonly TypedColumn[];
}

/** Writes SELECT statements over relations of known types: joins, CTEs, set operations, subqueries, groups, windows. */
export class Queries {
  readonly random: Random;
  readonly expressions: Expressions;
  readonly #relations: readonly BaseRelation[];
  readonly #subqueries: Subqueries;
  #names = 0;
  #nesting = 0;

  constructor(random: Random, relations: readonly BaseRelation[]) {
    this.random = random;
    this.expressions = new Expressions(random);
    this.#relations = relations;
    this.#subqueries = { scalar: (kind, outer) => this.#scalar(kind, outer), test: (outer) => this.#test(outer) };
  }

  /** `kinds` asks for columns of just these kinds, in this order. */
  query(
    depth: number,
    outer: readonly Source[] = [],
    ctes: readonly Source[] = [],
    kinds?: readonly Kind[],
  ): MadeQuery {
    this.#nesting++;
    try {
      if (depth > 0 && this.random.chance(0.18)) return this.#withClause(depth, outer, ctes, kinds);
      if (depth > 0 && this.random.chance(0.14)) return this.#setOperation(depth, outer, ctes, kinds);
      return this.#select(depth, outer, ctes, kinds);
    } finally {
      this.#nesting--;
    }
  }

  name(prefix: string): string {
    return `${prefix}${++this.#names}`;
  }

  /** Any relation; more often one in which, or behind which, something is classified. */
  base(): BaseRelation {
    const hot = this.#relations.filter(({ name }) => HOT.has(name));
    return this.random.pick(this.random.chance(0.6) ? hot : this.#relations);
  }

  place(sources: readonly Source[], windows: boolean) {
    return columnPlace(this.random, sources, this.#subqueries, windows);
  }

  #select(
    depth: number,
    outer: readonly Source[],
    ctes: readonly Source[],
    kinds: readonly Kind[] | undefined,
  ): MadeQuery {
    const { random } = this;
    const from = random.many(1, depth > 0 ? 2 : 1, () => 0);
    const sources: Source[] = [];
    const items = from.map(() => this.#item(depth, sources, outer, ctes));
    const seen = [...sources, ...(outer.length > 0 && random.chance(0.4) ? outer : [])];
    if (random.chance(0.2)) return this.#grouped(items, sources, seen, kinds);
    const hidden = sources.some(({ alias }) =>
      sources.some(({ columns }) => columns.some(({ name }) => name === alias)),
    );
    if (kinds === undefined && !hidden && random.chance(0.12)) return this.#star(items, sources, seen);
    if (kinds === undefined && random.chance(0.12)) return this.#rowsAsJson(items, sources, seen);
    const place = this.place(seen, true);
    // some names come again in other queries, so that joins by USING find partners of another source
    const shared = kinds === undefined && random.chance(0.3);
    const targets = (kinds ?? random.many(1, 4, () => random.pick(KINDS))).map((kind, index, all) => ({
      sql: this.expressions.of(kind, place, 1 + random.below(3)),
      name: shared && all.indexOf(kind) === index ? `shared_${kind}` : this.name('c'),
      kind,
    }));
    const distinct = random.chance(0.08) && targets.every(({ kind }) => kind !== 'contact') ? 'DISTINCT ' : '';
    const list = targets.map(({ sql, name }) => `${sql} AS ${name}`).join(', ');
    const order =
      distinct === '' && random.chance(0.2)
        ? ` ORDER BY ${random.pick([...targets.map(({ name }) => name), '1'])}`
        : '';
    const sql = `SELECT ${distinct}${list} FROM ${items.join(', ')}${this.#where(seen)}${order}`;
    return { sql: `${sql}${random.chance(0.2) ? ' LIMIT 7' : ''}`, columns: targets };
  }

  /** `*`, `a.*`, and whole rows expanded; the columns are those of the sources, where each name stands once. */
  #star(items: readonly string[], sources: readonly Source[], seen: readonly Source[]): MadeQuery {
    const one = this.random.pick(sources.filter(({ alias }) => alias !== ''));
    const star = this.random.pick([`${one.alias}.*`, `(${one.alias}).*`]);
    return { sql: `SELECT ${star} FROM ${items.join(', ')}${this.#where(seen)}`, columns: one.columns };
  }

  /** Whole rows as JSON. What stands around this query takes it for jsonb. */
  #rowsAsJson(items: readonly string[], sources: readonly Source[], seen: readonly Source[]): MadeQuery {
    const { random } = this;
    const { alias } = random.pick(sources.filter((one) => one.alias !== ''));
    const names = this.#nesting === 1 ? ['row_to_json', 'to_json', 'json_agg', 'jsonb_agg', 'to_jsonb'] : ['to_jsonb'];
    const name = this.name('c');
    const sql = `SELECT ${random.pick(names)}(${alias}${random.pick(['', '.*'])}) AS ${name} FROM ${items.join(', ')}`;
    return { sql: `${sql}${this.#where(seen)}`, columns: [{ name, kind: 'json' }] };
  }

  #grouped(
    items: readonly string[],
    sources: readonly Source[],
    seen: readonly Source[],
    kinds: readonly Kind[] | undefined,
  ): MadeQuery {
    const { random } = this;
    const candidates = sources.flatMap(({ alias, columns }) =>
      columns
        .filter(({ kind }) => kind !== 'contact' && kind !== 'json')
        .map(({ name, kind }) => ({ sql: alias === '' ? name : `${alias}.${name}`, kind })),
    );
    const keys = candidates.length === 0 ? [] : random.many(0, 2, () => random.pick(candidates));
    const place = groupedPlace(random, sources, keys);
    const targets = (kinds ?? random.many(1, 3, () => random.pick(KINDS))).map((kind) => ({
      sql: this.expressions.of(kind, place, 1),
      name: this.name('c'),
      kind,
    }));
    const list = targets.map(({ sql, name }) => `${sql} AS ${name}`).join(', ');
    const sets = random.pick(['', 'ROLLUP ', 'CUBE ', '']);
    const all = keys.map(({ sql }) => sql).join(', ');
    const group = keys.length === 0 ? '' : ` GROUP BY ${sets === '' ? all : `${sets}(${all})`}`;
    const having = random.chance(0.15) ? ' HAVING count(*) > 0' : '';
    return { sql: `SELECT ${list} FROM ${items.join(', ')}${this.#where(seen)}${group}${having}`, columns: targets };
  }

  #where(sources: readonly Source[]): string {
    if (!this.random.chance(0.35)) return '';
    return ` WHERE ${this.expressions.of('bool', this.place(sources, false), 2)}`;
  }

  /** An item of FROM; what it brings into sight is added to `sources`. */
  #item(depth: number, sources: Source[], outer: readonly Source[], ctes: readonly Source[]): string {
    const { random } = this;
    if (random.chance(0.06)) return this.#mergingJoin(sources);
    const first = this.#single(depth, sources, outer, ctes);
    if (depth <= 0 || !random.chance(0.35)) return first;
    const before = [...sources];
    const second = this.#single(depth - 1, sources, outer, ctes, true);
    const left = before.at(-1);
    const right = sources.at(-1);
    const shared = left?.columns.find(({ name, kind }) =>
      right?.columns.some((one) => one.name === name && one.kind === kind),
    );
    const join = random.pick(['JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN']);
    if (random.chance(0.15)) return `${first} CROSS JOIN ${second}`;
    if (shared !== undefined && random.chance(0.15)) {
      // what is common may be more than what is known here: the server refuses a name that is ambiguous then
      this.#using(shared, left, right, sources, '');
      return `${first} NATURAL ${join} ${second}`;
    }
    if (shared !== undefined && random.chance(0.6)) {
      const joined = this.#using(shared, left, right, sources);
      return `${first} ${join} ${second} USING (${shared.name})${joined}`;
    }
    const condition = this.expressions.of('bool', this.place(left && right ? [left, right] : sources, false), 1);
    return `${first} ${join === 'FULL JOIN' ? 'JOIN' : join} ${second} ON ${condition}`;
  }

  /** Two queries with a column of one name, which a join makes one of. */
  #mergingJoin(sources: Source[]): string {
    const kind = this.random.pick(KINDS.filter((one) => one !== 'contact' && one !== 'json'));
    const side = () => {
      const { schema, name, columns } = this.base();
      const place = this.place([{ alias: 'i', columns }], false);
      return `(SELECT ${this.expressions.of(kind, place, 1)} AS m FROM ${schema}.${name} AS i) AS ${this.name('s')}`;
    };
    const join = this.random.pick(['JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN']);
    const alias = this.name('j');
    const merged = { alias, columns: [{ name: 'm', kind }] };
    sources.push(merged);
    const left = side();
    const right = side();
    return this.random.chance(0.5)
      ? `(${left} ${join} ${right} USING (m)) AS ${alias}`
      : `(${left} NATURAL ${join} ${right}) AS ${alias}`;
  }

  /** The merged column has no relation, or that of `USING (x) AS j`. */
  #using(
    shared: TypedColumn,
    left: Source | undefined,
    right: Source | undefined,
    sources: Source[],
    alias = this.random.chance(0.3) ? this.name('j') : '',
  ): string {
    if (left === undefined || right === undefined) return '';
    sources.push({ alias, columns: [shared] });
    return alias === '' ? '' : ` AS ${alias}`;
  }

  #single(depth: number, sources: Source[], outer: readonly Source[], ctes: readonly Source[], joined = false): string {
    const { random } = this;
    if (ctes.length > 0 && random.chance(0.6)) {
      const cte = random.pick(ctes);
      const alias = this.name('t');
      sources.push({ alias, columns: cte.columns });
      return `${cte.alias} AS ${alias}`;
    }
    if (depth > 0 && random.chance(0.25)) {
      const lateral = !joined && sources.length > 0 && random.chance(0.5);
      const inner = this.query(depth - 1, lateral ? sources : outer, ctes);
      return `${lateral ? 'LATERAL ' : ''}(${inner.sql}) AS ${this.#named(inner.columns, sources)}`;
    }
    if (random.chance(0.15)) return this.#function(joined ? [] : sources, sources);
    if (random.chance(0.06)) return this.#values(sources, outer, joined);
    const { schema, name, columns, isTable } = this.base();
    const only = isTable && random.chance(0.05) ? 'ONLY ' : '';
    const sample = isTable && random.chance(0.04) ? ' TABLESAMPLE BERNOULLI (60)' : '';
    if (random.chance(0.15) && !sources.some(({ alias }) => alias === name)) {
      sources.push({ alias: name, columns });
      return `${only}${schema}.${name}${sample}`;
    }
    const alias = this.name('t');
    sources.push({ alias, columns });
    return `${only}${schema}.${name} AS ${alias}${sample}`;
  }

  /** An alias, with names for the columns where chance says so. */
  #named(columns: readonly TypedColumn[], sources: Source[]): string {
    const alias = this.name('s');
    if (columns.length === 0 || !this.random.chance(0.25)) {
      sources.push({ alias, columns });
      return alias;
    }
    const named = columns.map(({ kind }) => ({ name: this.name('n'), kind }));
    sources.push({ alias, columns: named });
    return `${alias} (${named.map(({ name }) => name).join(', ')})`;
  }

  /** Rows of expressions, over what stands before them where they are LATERAL. */
  #values(sources: Source[], outer: readonly Source[], joined: boolean): string {
    const lateral = !joined && sources.length > 0;
    const place = this.place(lateral ? sources : outer, false);
    const row = () => `(${this.expressions.of('text', place, 1)}, ${this.expressions.of('int', place, 1)})`;
    const alias = this.name('v');
    const values = `${lateral ? 'LATERAL ' : ''}(VALUES ${row()}, ${row()}) AS ${alias} (a, b)`;
    sources.push({
      alias,
      columns: [
        { name: 'a', kind: 'text' },
        { name: 'b', kind: 'int' },
      ],
    });
    return values;
  }

  /** A function in FROM. Its arguments may be columns of what stands before it. */
  #function(before: readonly Source[], sources: Source[]): string {
    const place = { ...this.place(before, false), scalar: () => undefined, test: () => undefined };
    const argument = (kind: Kind) => this.expressions.of(kind, place, 1);
    const alias = this.name('f');
    const { call, columns } = this.random.pick(FUNCTIONS)(argument);
    if (columns === undefined) {
      const customer = this.#relations.find(({ name }) => name === 'customer')?.columns ?? [];
      sources.push({ alias, columns: customer });
      return `${call} AS ${alias}`;
    }
    const list = columns.map(([name]) => name).join(', ');
    sources.push({ alias, columns: columns.map(([name, kind]) => ({ name, kind })) });
    if (call.includes(') AS')) return call.replace(') AS', `) AS ${alias}`);
    return `${call} AS ${alias} (${list})`;
  }

  #withClause(
    depth: number,
    outer: readonly Source[],
    ctes: readonly Source[],
    kinds: readonly Kind[] | undefined,
  ): MadeQuery {
    const { random } = this;
    const made: Source[] = [];
    let recursive = false;
    const items = random.many(1, 2, () => {
      const alias = this.name('w');
      if (random.chance(0.3)) {
        recursive = true;
        return this.#recursive(alias, made);
      }
      const inner = this.query(depth - 1, [], [...ctes, ...made]);
      made.push({ alias, columns: inner.columns });
      return `${alias} AS ${random.pick(['', 'MATERIALIZED ', 'NOT MATERIALIZED '])}(${inner.sql})`;
    });
    const body = this.#select(depth - 1, outer, [...ctes, ...made], kinds);
    return { sql: `WITH ${recursive ? 'RECURSIVE ' : ''}${items.join(', ')} ${body.sql}`, columns: body.columns };
  }

  #recursive(alias: string, made: Source[]): string {
    const columns: TypedColumn[] = [
      { name: 'n', kind: 'int' },
      { name: 'v', kind: 'text' },
    ];
    const start = this.#select(0, [], [], ['int', 'text']);
    const next = this.base();
    const source = { alias: this.name('t'), columns: next.columns };
    const value = this.expressions.of('text', this.place([source, { alias: 'r', columns }], false), 1);
    made.push({ alias, columns });
    const step = `SELECT r.n + 1000, ${value} FROM ${alias} AS r, ${next.schema}.${next.name} AS ${source.alias} WHERE r.n < 1000`;
    return `${alias} (n, v) AS (SELECT * FROM (SELECT * FROM (${start.sql}) AS s1 LIMIT 3) AS s0 UNION ALL (${step}))`;
  }

  #setOperation(
    depth: number,
    outer: readonly Source[],
    ctes: readonly Source[],
    kinds: readonly Kind[] | undefined,
  ): MadeQuery {
    const { random } = this;
    const asked = kinds ?? random.many(1, 3, () => random.pick(KINDS));
    const operator = random.pick(['UNION', 'UNION ALL', 'EXCEPT', 'INTERSECT', 'UNION ALL']);
    const left = this.query(depth - 1, outer, ctes, asked);
    const right = this.query(depth - 1, outer, ctes, asked);
    const order = random.chance(0.2) ? ` ORDER BY ${1 + random.below(asked.length)}` : '';
    return { sql: `(${left.sql}) ${operator} (${right.sql})${order}`, columns: left.columns };
  }

  #scalar(kind: Kind, outer: readonly Source[]): string | undefined {
    if (this.#nesting > 3) return undefined;
    const inner = this.query(0, outer, [], [kind]);
    if (kind === 'texts' && this.random.chance(0.5)) return `ARRAY (${this.query(0, outer, [], ['text']).sql})`;
    return `(SELECT ${inner.columns[0]?.name ?? '*'} FROM (${inner.sql}) AS ${this.name('q')} LIMIT 1)`;
  }

  #test(outer: readonly Source[]): string | undefined {
    if (this.#nesting > 3) return undefined;
    const place = { ...this.place(outer, false), scalar: () => undefined, test: () => undefined };
    if (this.random.chance(0.4)) return `EXISTS (${this.query(0, outer).sql})`;
    return `${this.expressions.of('text', place, 0)} IN (${this.query(0, outer, [], ['text']).sql})`;
  }
}

const HOT = new Set(
  `address staff customer payment customer_log customer_list active_customer mailing_list big_spender customer_total
   suppliers customers employees invoices partners paid accounts owners balances records closed_records`.split(/\s+/),
);

type Argument = (kind: Kind) => string;
interface Call {
  readonly call: string;
  /** Undefined: rows of rental.customer. */
  readonly columns: readonly (readonly [string, Kind])[] | undefined;
}

const FUNCTIONS: readonly ((argument: Argument) => Call)[] = [
  () => ({ call: 'generate_series(1, 3)', columns: [['g', 'int']] }),
  (e) => ({ call: `unnest(${e('texts')})`, columns: [['u', 'text']] }),
  (e) => ({
    call: `unnest(${e('texts')}) WITH ORDINALITY`,
    columns: [
      ['u', 'text'],
      ['o', 'big'],
    ],
  }),
  (e) => ({
    call: `jsonb_each_text(jsonb_build_object('k', ${e('text')}))`,
    columns: [
      ['k', 'text'],
      ['v', 'text'],
    ],
  }),
  (e) => ({ call: `jsonb_array_elements(jsonb_build_array(${e('json')}, ${e('text')}))`, columns: [['j', 'json']] }),
  (e) => ({ call: `string_to_table(${e('text')}, ' ')`, columns: [['w', 'text']] }),
  (e) => ({ call: `regexp_matches(${e('text')}, '.', 'g')`, columns: [['m', 'texts']] }),
  (e) => ({
    call: `rental.films_like(${e('text')})`,
    columns: [
      ['id', 'int'],
      ['title', 'text'],
    ],
  }),
  () => ({
    call: `orders.team(1)`,
    columns: [
      ['id', 'int'],
      ['person', 'text'],
      ['pay', 'big'],
    ],
  }),
  () => ({ call: 'rental.customers_of(1)', columns: undefined }),
  (e) => ({
    call: `ROWS FROM (generate_series(1, 2), unnest(${e('texts')}))`,
    columns: [
      ['g', 'int'],
      ['u', 'text'],
    ],
  }),
  (e) => ({
    call: `JSON_TABLE(jsonb_build_array(${e('text')}, ${e('text')}), '$[*]' COLUMNS (ord FOR ORDINALITY, val text PATH '$')) AS`,
    columns: [
      ['ord', 'int'],
      ['val', 'text'],
    ],
  }),
  (e) => ({
    call: `jsonb_to_record(jsonb_build_object('a', ${e('text')}, 'b', ${e('int')})) AS (a text, b int)`,
    columns: [
      ['a', 'text'],
      ['b', 'int'],
    ],
  }),
];
