import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { casesOf } from '../../../../test/support/cases.ts';
import { contextOf, outputsLine, shopCatalogue } from '../../../../test/support/shop-catalogue.ts';
import { analyseOnce } from '../analyser.ts';
import type { Catalogue } from '../catalogue.ts';
import { loadPostgresParser } from '../parser.ts';

const PREPARED = { picked: 'select email from users' };
const CURSORS = { c: 'declare c cursor for select id, email from users' };

/** What the last statement of a text returns. */
function lastOutputs(text: string, catalogue: Catalogue | undefined): string {
  return outputsLine(analyseOnce(text, contextOf(catalogue, PREPARED, CURSORS)).statements.at(-1)?.outputs);
}

before(loadPostgresParser);

describe('result columns are followed back to the columns they derive from', () => {
  for (const { input, expected } of casesOf(withCatalogue())) {
    test(input, () => assert.deepEqual([lastOutputs(input, shopCatalogue())], expected));
  }
});

describe('without a catalogue a column may be of any table in sight', () => {
  for (const { input, expected } of casesOf(withoutCatalogue())) {
    test(input, () => assert.deepEqual([lastOutputs(input, undefined)], expected));
  }
});

/** A statement, and below it its result columns: what each derives from, ! where as it stands, ? where unknown. */
function withCatalogue(): string {
  return String.raw`
select email from users
  email=users.email!
select u.email as e, public.users.id from users u, users
  e=users.email! id=users.id!
select * from notes
  id=notes.id! body=notes.body! author=notes.author!
select n.*, 1 as one from notes n
  id=notes.id! body=notes.body! author=notes.author! one=
select lower(email), email || name, email::text, -id from users
  lower=users.email ?column?=users.email+users.name email=users.email ?column?=users.id
select case when id > 1 then email end, coalesce(email, name), array[email, name], row(id, email) from users
  case=users.id+users.email coalesce=users.email+users.name array=users.email+users.name row=users.id+users.email
select count(email), count(*), max(email), string_agg(name, ',' order by email) from users
  count= count= max=users.email string_agg=users.name
select row_number() over (order by email), lag(email) over (order by id) from users
  row_number= lag=users.email
select percentile_disc(0.5) within group (order by email) from users
  percentile_disc=users.email
select (select email from users limit 1), exists (select email from users), array(select name from users)
  email=users.email exists= array=users.name
select (select o.note from orders o where o.user_id = u.id), (select u.email) from users u
  note=orders.note email=users.email
select u from users u
  u=users.id+users.name+users.email+users.phone+users.meta+users.tags
select to_jsonb(u), row_to_json(u.*), json_agg(u) from users u
  to_jsonb=users.id+users.name+users.email+users.phone+users.meta+users.tags row_to_json=users.id+users.name+users.email+users.phone+users.meta+users.tags json_agg=users.id+users.name+users.email+users.phone+users.meta+users.tags
select (u).email from users u
  email=users.id+users.name+users.email+users.phone+users.meta+users.tags
select (u).* from users u
  id=users.id! name=users.name! email=users.email! phone=users.phone! meta=users.meta! tags=users.tags!
select t.users from (select users from users) t
  users=users.id+users.name+users.email+users.phone+users.meta+users.tags
select e from (select email as e from users) s
  e=users.email!
select * from (select email, id from users) s (a)
  a=users.email! id=users.id!
with x as (select email from users) select * from x
  email=users.email!
with x (e) as (select email from users), y as (select e || '' as f from x) select * from y
  f=users.email
with users as (select body as email from notes) select email from users
  email=notes.body!
with recursive r (n, e) as (select id, name from users union all select r.n + 1, u.email from r join users u on u.id = r.n) select * from r
  n=users.id e=users.name+users.email!
with recursive r as (select id, name from users union select id, body from notes where id in (select id from r)) search depth first by id set ord cycle id set looped using path select * from r
  id=users.id+notes.id! name=users.name+notes.body! ord=users.id+notes.id+users.name+notes.body looped= path=users.id+notes.id+users.name+notes.body
select email from users union all select body from notes
  email=users.email+notes.body!
select id, email from users except select id, body from notes
  id=users.id+notes.id! email=users.email+notes.body!
values (1, 'x'), ((select id from users), 'y')
  column1=users.id column2=
select column2 from (values (1, (select email from users))) v
  column2=users.email
table notes
  id=notes.id! body=notes.body! author=notes.author!
select * from users join orders using (id)
  id=users.id+orders.id! name=users.name! email=users.email! phone=users.phone! meta=users.meta! tags=users.tags! user_id=orders.user_id! total=orders.total! note=orders.note!
select * from notes natural join orders
  id=notes.id+orders.id! body=notes.body! author=notes.author! user_id=orders.user_id! total=orders.total! note=orders.note!
select j.id, j.note from (notes join orders using (id)) j
  id=notes.id+orders.id! note=orders.note!
select x.id from notes join orders using (id) as x
  id=notes.id+orders.id!
select * from notes n, lateral (select n.body || o.note as both from orders o) l
  id=notes.id! body=notes.body! author=notes.author! both=notes.body+orders.note
select l.e from users u left join lateral (select u.email as e) l on true
  e=users.email!
select x from users, unnest(tags) as x
  x=users.tags
select * from users u, jsonb_each_text(u.meta) as kv
  id=users.id! name=users.name! email=users.email! phone=users.phone! meta=users.meta! tags=users.tags! key=users.meta value=users.meta
select k, v from users, jsonb_each(meta) as j (k, v)
  k=users.meta v=users.meta
select r.a from users, jsonb_to_record(meta) as r (a int, b text)
  a=users.meta
select g, g + 1 from generate_series(1, 3) g
  g= ?column?=
select jt.a from users, json_table(meta, '$' columns (a text path '$.a')) jt
  a=users.meta
select x.a from users, xmltable('/r' passing meta columns a text path 'a') x
  a=users.meta
select (jsonb_each(meta)).* from users
  key=users.meta value=users.meta
select meta -> 'a', meta #>> '{b}', tags[1], meta['x'] from users
  ?column?=users.meta ?column?=users.meta tags=users.tags meta=users.meta
select xmlelement(name e, email), json_object('k': email), json_array(name, email) from users
  xmlelement=users.email json_object=users.email json_array=users.name+users.email
select json_value(meta, '$.a'), jsonb_path_query(meta, '$') from users
  json_value=users.meta jsonb_path_query=users.meta
select email like 'a%', email is null, id between 1 and 2 from users
  ?column?=users.email ?column?=users.email ?column?=users.id
select current_user, now(), version(), 'x', $1, null
  current_user= now= version= ?column?= ?column?= ?column?=
select tidy(email), look_up(id), wipe(email) from users
  tidy=users.email look_up=? wipe=?
select s.anything from look_up(1) s
  anything=?
select * from look_up(1)
  not known
select * from v_users
  id=v_users.id+users.id! mail=v_users.mail+users.email
select mail from v_users v
  mail=v_users.mail+users.email
select * from m_users
  email=m_users.email+v_users.mail+users.email
select * from v_broken
  id=? mail=?
select who from events
  who=events.who+events_2026.who!
select who from only events
  who=events.who!
select who, e.id from events_2026 e
  who=events_2026.who+events.who! id=events_2026.id+events.id!
select ctid, xmin from users
  ctid= xmin=
select nothing from users
  nothing=?
select nobody.id from users
  id=?
select * from nowhere
  not known
select x, y.z from nowhere y
  x=? z=?
select users.row_to_json from users
  row_to_json=?
select oid, relname from pg_class
  oid=pg_catalog.pg_class.oid! relname=pg_catalog.pg_class.relname!
select * from pg_settings
  name=pg_catalog.pg_settings.name! setting=pg_catalog.pg_settings.setting!
select * from pg_stats
  tablename=? most_common_vals=?
insert into notes values (1, 'x', 'y') returning *
  id=notes.id! body=notes.body! author=notes.author!
insert into notes (body) select email from users returning body, id
  body=notes.body+users.email id=notes.id!
insert into notes select id, email from users returning *
  id=notes.id+users.id body=notes.body+users.email author=notes.author!
insert into notes (id, body) values (1, (select email from users limit 1)) on conflict (id) do update set author = excluded.body returning *
  id=notes.id! body=notes.body+users.email author=notes.author+notes.body+users.email
update notes set body = u.email from users u returning notes.body, u.name, author
  body=notes.body+users.email name=users.name! author=notes.author!
update notes set (body, author) = (select email, name from users limit 1) returning *
  id=notes.id! body=notes.body+users.email author=notes.author+users.name
delete from notes using users u where u.id = notes.id returning body, u.email
  body=notes.body! email=users.email!
update notes set body = 'x' returning old.body, new.body, old
  body=notes.body! body=notes.body! old=notes.id+notes.body+notes.author
merge into notes n using users u on u.id = n.id when matched then update set body = u.email when not matched then insert (id, author) values (u.id, u.name) returning n.body, n.author, merge_action(), u.phone
  body=notes.body+users.email author=notes.author+users.name merge_action= phone=users.phone!
with d as (delete from notes returning *) select body from d
  body=notes.body!
with i as (insert into notes (body) select email from users returning body) select * from i
  body=notes.body+users.email
copy (select email from users) to stdout
  email=users.email!
execute picked
  email=users.email!
prepare p as select email from users
  not known
declare c cursor for select email from users
  not known
fetch 2 from c
  id=users.id! email=users.email!
explain select email from users
  QUERY PLAN=
show search_path
  search_path=
create table x as select email from users
  not known
select email into x from users
  not known
delete from users
  not known
select set_config('a.b', 'x', false)
  set_config=
create table z (id int); select email from users
  email=?
set search_path = app; select v from secret
  v=app.secret.v!
`;
}

function withoutCatalogue(): string {
  return String.raw`
select email from users
  email=.users.email!
select u.email from users u
  email=.users.email!
select email from users, orders
  email=.users.email+.orders.email
select u.email, note from users u join orders o on true
  email=.users.email! note=.users.note+.orders.note
select public.users.email from public.users
  email=users.email!
select lower(email) from app.users
  lower=app.users.email
select * from users
  not known
select u.* from users u
  not known
select users from users
  users=?
select e from (select email as e from users) s
  e=.users.email!
select s.e, x from (select email as e from users) s, orders
  e=.users.email! x=.orders.x!
with x as (select email from users) select * from x
  email=.users.email!
with x as (select * from users) select email from x
  email=?
select (select email from users where users.id = orders.id) from orders
  email=.users.email+.orders.email
select id from users join orders using (id)
  id=.users.id+.orders.id!
select * from (select email from users) a, (select note from orders) b
  email=.users.email! note=.orders.note!
select a.one from users as a (one)
  one=?
insert into notes (body) select email from users returning body
  body=.notes.body+.users.email
insert into notes select email from users returning body
  body=.notes.body+.users.email
copy users to stdout
  not known
copy users (email) to stdout
  email=.users.email!
select 1, now()
  ?column?= now=
`;
}
