import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { casesOf } from '../../../../test/support/cases.ts';
import { contextOf, outputsLine, shopCatalogue } from '../../../../test/support/shop-catalogue.ts';
import { analyseOnce } from '../analyser.ts';
import { buildCatalogue, type Catalogue } from '../catalogue.ts';
import { loadPostgresParser } from '../parser.ts';

before(loadPostgresParser);

/** Of each result column what it is made of; `-` where that is not known. */
function rowsLine(text: string, catalogue: Catalogue | undefined): string {
  const outputs = analyseOnce(text, contextOf(catalogue)).statements.at(-1)?.outputs ?? [];
  return outputs
    .map(({ json }) => (json === undefined ? '-' : `${json.shape} ${outputsLine(json.leaves)}`))
    .join(' | ');
}

describe('JSON of whole rows is told by key', () => {
  for (const { input, expected } of casesOf(known())) {
    test(input, () => assert.deepEqual([rowsLine(input, shopCatalogue())], expected));
  }
});

describe('of JSON whose keys may be values nothing is told', () => {
  for (const input of notKnown()) {
    test(input, () => assert.match(rowsLine(input, shopCatalogue()), /^-( \| -)*$/));
  }
});

test('without a catalogue nothing is told', () => {
  assert.equal(rowsLine('select row_to_json(u) from users u', undefined), '-');
});

test('nothing is told where the database has a function of the name', () => {
  const own = { schema: 'app', name: 'to_jsonb', volatility: 'stable', language: 'sql' } as const;
  const users = { oid: 1, schema: 'public', name: 'users', kind: 'table', columns: [] } as const;
  const columns = [{ attnum: 1, name: 'id', type: 23 }];
  const described = { version: 1, searchPath: ['public'], relations: [{ ...users, columns }], functions: [own] };
  const text = 'select to_jsonb(u), to_json(u) from users u';
  assert.equal(rowsLine(text, buildCatalogue(described)), '- | object id=users.id!');
});

function known(): string {
  return String.raw`
select row_to_json(n), to_json(n.*), to_jsonb(n) from notes n
  object id=notes.id! body=notes.body! author=notes.author! | object id=notes.id! body=notes.body! author=notes.author! | object id=notes.id! body=notes.body! author=notes.author!
select json_agg(notes), pg_catalog.jsonb_agg(distinct notes order by notes) filter (where id > 1) from app.notes
  array id=app.notes.id! body=app.notes.body! | array id=app.notes.id! body=app.notes.body!
select to_jsonb(v) from v_users v
  object id=v_users.id+users.id! mail=v_users.mail+users.email
select to_jsonb(s) from (select id as x, lower(email) from users, now() n) s
  object x=users.id! lower=users.email
select to_jsonb(s) from (select id, email || look_up(name) as y from users) s
  object id=users.id! y=?
with s (a, b) as (select email, 1 from users) select json_agg(s) from s
  array a=users.email! b=
select to_jsonb(u) from orders o left join only users u tablesample system (10) on o.user_id = u.id
  object id=users.id! name=users.name! email=users.email! phone=users.phone! meta=users.meta! tags=users.tags!
select j, s.j from (select id, to_json(n) as j from app.notes n) s
  object id=app.notes.id! body=app.notes.body! | object id=app.notes.id! body=app.notes.body!
with c as (select to_json(n) as j from app.notes n) select * from c
  object id=app.notes.id! body=app.notes.body!
`;
}

function notKnown(): readonly string[] {
  return String.raw`
select n from notes n
select to_jsonb(n) - 'id' from notes n
select to_json(n)::jsonb, row_to_json(n, true) from notes n
select row_to_json(n)::text, row_to_json(n, true), coalesce(row_to_json(n)) from notes n
select json_build_object('id', n.id), json_object_agg(id, body), array_agg(n), to_json(array_agg(n)) from notes n
select to_jsonb(id), to_jsonb(row(id, body)), to_jsonb(public.n.*) from notes n, app.notes as x where false
select jsonb_agg(n) over () from notes n
select to_jsonb(anyelement => n) from notes n
select app.to_jsonb(n) from notes n
select (select to_jsonb(n)) from notes n
select case when n.id > 1 then to_jsonb(n) else to_jsonb(u) end from notes n, users u
select to_jsonb(n) from notes n (body, id, author)
select to_jsonb(s) from (select id, body from notes) s (body, id)
select to_jsonb(s) from (select id as a, body as a from notes) s
select to_jsonb(s) from (select *, id as body from notes) s
select to_jsonb(j) from (notes n join app.notes m using (id)) j
select to_jsonb(j) from notes n join app.notes m using (id) as j
select to_jsonb(body) from notes body
select to_json(s) from (select id, body as to_json from notes) s
select (select to_jsonb(author) from app.notes author limit 1) from notes
select x.j from notes, lateral (select to_jsonb(author) as j from app.notes author) x
select to_jsonb(f) from generate_series(1, 2) f
select to_jsonb(f) from json_to_recordset('[]') as f (id int)
select to_jsonb(t) from temporary_table t
select to_jsonb(s) from (select * from temporary_table) s
select j from (select to_json(n) as j from notes n union all select to_json(u) from users u) s
select j from (select to_json(n) as j from notes n) s (j)
insert into app.notes select id, body from notes returning to_jsonb(notes)
update notes n set body = author returning to_jsonb(n), to_jsonb(old), to_jsonb(new)
`
    .split('\n')
    .filter((line) => line !== '');
}
