import type { Queries } from './queries.ts';
import type { BaseRelation, Kind } from './relations.ts';

/** Statements to run in one transaction that is rolled back; the last one's reply is looked at. */
export interface MadeStatement {
  readonly setup: readonly string[];
  readonly sql: string;
  readonly form: 'select' | 'copy' | 'execute' | 'fetch' | 'change' | 'stored';
  /** For `stored`: where the values went, to be read afterwards. */
  readonly table?: { readonly schema: string; readonly name: string };
}

/** Wraps a query in one of the ways in which a statement can return rows, or store them. */
export function makeStatement(queries: Queries): MadeStatement {
  const { random } = queries;
  const turn = random.next();
  if (turn < 0.58) return { setup: [], sql: queries.query(2).sql, form: 'select' };
  if (turn < 0.64) return { setup: [], sql: `COPY (${queries.query(2).sql}) TO STDOUT`, form: 'copy' };
  if (turn < 0.655) return executed(queries);
  if (turn < 0.69) return { setup: [`PREPARE p1 AS ${queries.query(2).sql}`], sql: 'EXECUTE p1', form: 'execute' };
  if (turn < 0.74)
    return { setup: [`DECLARE c1 CURSOR FOR ${queries.query(2).sql}`], sql: 'FETCH 20 FROM c1', form: 'fetch' };
  if (turn < 0.8) return stored(queries);
  return { setup: [], sql: change(queries), form: 'change' };
}

/** EXECUTE hands in the result of a function, which no column stands in. */
function executed(queries: Queries): MadeStatement {
  const place = { ...queries.place([], false), scalar: () => undefined, test: () => undefined };
  const setup = [`PREPARE p1 (text) AS SELECT upper($1), length($1), s.* FROM (${queries.query(1).sql}) AS s`];
  return { setup, sql: `EXECUTE p1(${queries.expressions.of('text', place, 3)})`, form: 'execute' };
}

function stored(queries: Queries): MadeStatement {
  const { random } = queries;
  const table = { schema: 'rental', name: 'copied' };
  if (random.chance(0.4)) {
    const inner = queries.query(2).sql;
    return { setup: [], sql: `CREATE TABLE rental.copied AS ${inner}`, form: 'stored', table };
  }
  const target = random.pick(TARGETS);
  const name = { schema: target.schema, name: target.name };
  if (random.chance(0.5)) {
    const inner = queries.query(
      1,
      [],
      [],
      target.columns.map(([, kind]) => kind),
    );
    const columns = target.columns.map(([column]) => column).join(', ');
    const sql = `INSERT INTO ${target.schema}.${target.name} (${target.key}, ${columns}) SELECT row_number() OVER () + 9000, s.* FROM (${inner.sql}) AS s`;
    return { setup: [], sql, form: 'stored', table: name };
  }
  const sets = target.columns.map(
    ([column, kind]) => `${column} = ${queries.expressions.of(kind, joined(queries, target).place, 2)}`,
  );
  const from = joinedRelation(queries, target);
  return {
    setup: [],
    sql: `UPDATE ${target.schema}.${target.name} AS x SET ${sets.join(', ')} FROM ${from}`,
    form: 'stored',
    table: name,
  };
}

interface Target {
  readonly schema: string;
  readonly name: string;
  readonly key: string;
  readonly columns: readonly (readonly [name: string, kind: Kind])[];
}

/** Tables without classified columns, that anything of these kinds may be put into. */
const TARGETS: readonly Target[] = [
  {
    schema: 'rental',
    name: 'mailing',
    key: 'mailing_id',
    columns: [
      ['recipient', 'text'],
      ['body', 'text'],
    ],
  },
  { schema: 'orders', name: 'shipments', key: 'shipment_id', columns: [['label', 'text']] },
  {
    schema: 'bank',
    name: 'statements',
    key: 'sid',
    columns: [
      ['body', 'text'],
      ['total', 'int'],
    ],
  },
];

/** A target that is joined with another relation, whose columns may be assigned. */
const partners = new WeakMap<Target, { readonly relation: BaseRelation; readonly alias: string }>();

function joined(queries: Queries, target: Target) {
  const relation = queries.base();
  const known = partners.get(target) ?? { relation, alias: 'y' };
  partners.set(target, known);
  const own = { alias: 'x', columns: target.columns.map(([name, kind]) => ({ name, kind })) };
  return { place: queries.place([own, { alias: known.alias, columns: known.relation.columns }], false) };
}

function joinedRelation(queries: Queries, target: Target): string {
  const { relation, alias } = partners.get(target) ?? { relation: queries.base(), alias: 'y' };
  partners.delete(target);
  return `${relation.schema}.${relation.name} AS ${alias}`;
}

/** INSERT, UPDATE, DELETE, MERGE with RETURNING, alone or in a WITH clause. */
function change(queries: Queries): string {
  const { random } = queries;
  const made = random.pick([insert, update, remove, merge])(queries);
  if (!random.chance(0.3)) return made.sql;
  const alias = queries.name('w');
  const place = queries.place([{ alias, columns: made.columns }], true);
  const list = random.many(1, 3, () => `${queries.expressions.any(place, 2).sql} AS ${queries.name('c')}`).join(', ');
  return `WITH ${alias} AS (${made.sql}) SELECT ${list} FROM ${alias}`;
}

type Changed = ReturnType<typeof returning>;

function insert(queries: Queries): Changed {
  const { random } = queries;
  const target = random.pick(TARGETS);
  const inner = queries.query(
    1,
    [],
    [],
    target.columns.map(([, kind]) => kind),
  );
  const list = target.columns.map(([name]) => name);
  const conflict = random.chance(0.3)
    ? ` ON CONFLICT (${target.key}) DO UPDATE SET ${list[0]} = concat(excluded.${list.at(-1)}, x.${list[0]})`
    : '';
  const key = conflict === '' ? 'row_number() OVER () + 9000' : 'row_number() OVER ()';
  const sql = `INSERT INTO ${target.schema}.${target.name} AS x (${target.key}, ${list.join(', ')}) SELECT ${key}, s.* FROM (SELECT * FROM (${inner.sql}) AS i LIMIT 4) AS s${conflict}`;
  return returning(queries, sql, [{ alias: 'x', columns: target.columns.map(([name, kind]) => ({ name, kind })) }]);
}

function update(queries: Queries): Changed {
  const target = queries.random.pick(TARGETS);
  const { place } = joined(queries, target);
  const sets = target.columns.map(([column, kind]) => `${column} = ${queries.expressions.of(kind, place, 2)}`);
  const partner = partners.get(target)?.relation;
  const from = joinedRelation(queries, target);
  const sql = `UPDATE ${target.schema}.${target.name} AS x SET ${sets.join(', ')} FROM ${from}`;
  const own = target.columns.map(([name, kind]) => ({ name, kind }));
  return returning(queries, sql, [
    { alias: 'x', columns: own },
    { alias: 'y', columns: partner?.columns ?? [] },
  ]);
}

function remove(queries: Queries): Changed {
  const target = queries.random.pick(TARGETS);
  const relation = queries.base();
  const sql = `DELETE FROM ${target.schema}.${target.name} AS x USING ${relation.schema}.${relation.name} AS y`;
  const own = target.columns.map(([name, kind]) => ({ name, kind }));
  return returning(queries, sql, [
    { alias: 'x', columns: own },
    { alias: 'y', columns: relation.columns },
  ]);
}

function merge(queries: Queries): Changed {
  const { random } = queries;
  const target = random.pick(TARGETS);
  const inner = queries.query(1, [], [], ['int', ...target.columns.map(([, kind]) => kind)]);
  const names = ['k', ...target.columns.map(([name]) => `${name}_`)];
  const source = `(SELECT * FROM (${inner.sql}) AS q (${names.join(', ')}) LIMIT 1) AS y`;
  const sets = target.columns.map(([name]) => `${name} = y.${name}_`).join(', ');
  const sql = `MERGE INTO ${target.schema}.${target.name} AS x USING ${source} ON x.${target.key} = 1 WHEN MATCHED THEN UPDATE SET ${sets} WHEN NOT MATCHED THEN DO NOTHING`;
  const own = target.columns.map(([name, kind]) => ({ name, kind }));
  const other = [
    { name: 'k', kind: 'int' as Kind },
    ...target.columns.map(([name, kind]) => ({ name: `${name}_`, kind })),
  ];
  return returning(queries, sql, [
    { alias: 'x', columns: own },
    { alias: 'y', columns: other },
  ]);
}

function returning(queries: Queries, sql: string, sources: Parameters<Queries['place']>[0]) {
  const { random } = queries;
  const own = sources[0]?.columns ?? [];
  const versions = random.chance(0.3) ? ['old', 'new'].map((alias) => ({ alias, columns: own })) : [];
  const seen = queries.place([...sources, ...versions], false);
  // PostgreSQL 18.0 to 18.4 ends by a segmentation fault on DELETE … RETURNING new.a IN (SELECT …)
  const place = versions.length === 0 ? seen : { ...seen, test: () => undefined };
  const columns = random.many(1, 3, () => ({ ...queries.expressions.any(place, 2), name: queries.name('r') }));
  return { sql: `${sql} RETURNING ${columns.map((one) => `${one.sql} AS ${one.name}`).join(', ')}`, columns };
}
