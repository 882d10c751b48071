import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { casesOf } from '../../../../test/support/cases.ts';
import { columnsLine, contextOf, shopCatalogue } from '../../../../test/support/shop-catalogue.ts';
import { analyseOnce } from '../analyser.ts';
import type { Catalogue } from '../catalogue.ts';
import { loadPostgresParser } from '../parser.ts';

const PREPARED = {
  picked: 'select email from users where id = $1',
  filled: 'insert into notes (body) select name from users',
};
const CURSORS = { c: 'declare c cursor for select id from users where email is not null' };

/** Of each operation: its kind, its columns by use, and its copies. */
function linesOf(text: string, catalogue: Catalogue | undefined): readonly string[] {
  const { operations } = analyseOnce(text, contextOf(catalogue, PREPARED, CURSORS));
  return operations.map((operation) => `${operation.kind} ${columnsLine(operation)}`.trim());
}

before(loadPostgresParser);

describe('each operation says what it does with columns, and where it stores what it read', () => {
  for (const { input, expected } of casesOf(withCatalogue())) {
    test(input, () => assert.deepEqual(linesOf(input, shopCatalogue()), expected));
  }
});

describe('without a catalogue columns are those that the text can mean', () => {
  for (const { input, expected } of casesOf(withoutCatalogue())) {
    test(input, () => assert.deepEqual(linesOf(input, undefined), expected));
  }
});

/** A statement, and below it each operation: o shown, f deciding, w assigned; after |, each column < what goes into it. */
function withCatalogue(): string {
  return String.raw`
# what is shown, and what decides
select id from users where email like 'a%'
  select o:users.id f:users.email
select email from users order by name
  select o:users.email f:users.name
select email as e from users order by e
  select o:users.email f:users.email
select email from users order by 1
  select o:users.email f:users.email
select lower(name) as email from users order by email
  select o:users.name f:users.name
select lower(name) as email from users group by email
  select o:users.name f:users.email
select id as n from users group by n having max(email) > 'a'
  select o:users.id f:users.email f:users.id
select distinct email, id from users
  select o:users.email o:users.id f:users.email f:users.id
select distinct on (email) id from users
  select o:users.id f:users.email
select count(email), count(*) from users
  select f:users.email
select count(distinct email) from users
  select f:users.email
select max(id) filter (where email is not null) from users
  select o:users.id f:users.email
select string_agg(name, ',' order by email) from users
  select o:users.name f:users.email
select row_number() over (partition by name order by email) from users
  select f:users.name f:users.email
select rank() over w from users window w as (order by phone)
  select f:users.phone
select case when email like 'a%' then 1 else 2 end from users
  select o:users.email f:users.email
select nullif(email, 'x') from users
  select o:users.email
select id from users limit (select length(email) from users limit 1)
  select o:users.id f:users.email
select u.id from users u join orders o on o.user_id = u.id and u.email <> o.note
  select o:users.id f:orders.user_id f:users.id f:users.email f:orders.note
select total from users join orders using (id)
  select o:orders.total f:users.id f:orders.id
select total from users natural join orders
  select o:orders.total f:users.id f:orders.id
select u.id from users u, lateral (select note from orders o where o.user_id = u.id) l
  select o:users.id f:orders.user_id f:users.id
select id from users where exists (select 1 from orders where note = users.email)
  select o:users.id f:orders.note f:users.email
select id from users where email in (select body from notes where author is null)
  select o:users.id f:notes.author f:notes.body f:users.email
select (select note from orders where total > 5 limit 1) from users
  select o:orders.note f:orders.total
select id from (select id, email from users where phone is null) s
  select o:users.id f:users.phone
with x as (select id, email from users where meta is null) select id from x
  select o:users.id f:users.meta
with recursive r as (select id from users where name = 'a' union all select o.user_id from orders o join r on r.id = o.id where o.note is null) select id from r
  select o:users.id o:orders.user_id f:users.name f:users.id f:orders.id f:orders.note f:orders.user_id
select id from users union select id from orders
  select o:users.id o:orders.id f:users.id f:orders.id
select id from users union all select id from orders
  select o:users.id o:orders.id
select id from users except select user_id from orders order by 1
  select o:users.id o:orders.user_id f:users.id f:orders.user_id
values (1), ((select id from users)) order by 1
  select o:users.id f:users.id
select id from users group by rollup (name, id), cube (email)
  select o:users.id f:users.name f:users.id f:users.email
select id from users tablesample system (10)
  select o:users.id
select id from v_users where mail like 'a%'
  select o:v_users.id o:users.id f:v_users.mail f:users.email
select j.a from users, json_table(meta, '$' columns (a text path '$.a')) j
  select o:users.meta f:users.meta
select json_arrayagg(name order by email) from users
  select o:users.name f:users.email
select pg_notify('c', email) from users
  select o:users.email f:users.email
  function
select look_up(id) from users
  select ?
  select o:notes.body
select id from users where look_up(id) is null
  select ?
  select o:notes.body
select nextval('s'), current_user
  select
  function
# rows that are changed
insert into notes (id, body) values (1, 'x')
  insert w:notes.id w:notes.body
insert into notes values (1, 'x')
  insert w:notes.id w:notes.body
insert into notes (body, author) select email, name from users where phone is null
  insert f:users.phone w:notes.body w:notes.author | notes.body<users.email notes.author<users.name
insert into notes select * from users
  insert w:notes.id w:notes.body w:notes.author | notes.id<users.id+users.phone+users.meta+users.tags notes.body<users.name+users.phone+users.meta+users.tags notes.author<users.email+users.phone+users.meta+users.tags
insert into notes select * from nowhere
  insert w:notes.id w:notes.body w:notes.author | notes.id<? notes.body<? notes.author<?
insert into nowhere select email from users
  insert ? | .nowhere.*<users.email
insert into notes (body) select email from users returning id, body
  insert o:notes.id o:notes.body o:users.email w:notes.body | notes.body<users.email
  returning o:notes.id o:notes.body o:users.email
insert into notes (id, body) values (1, (select email from users limit 1)) on conflict (id) do update set author = excluded.body || notes.body where notes.author is null
  insert f:notes.id f:notes.author w:notes.id w:notes.body w:notes.author | notes.body<users.email notes.author<notes.body+users.email
insert into v_users (id, mail) select id, body from notes
  insert w:v_users.id w:users.id w:v_users.mail w:users.email | v_users.id<notes.id users.id<notes.id v_users.mail<notes.body users.email<notes.body
  insert
insert into events select id, email from users
  insert w:events.id w:events.who | events.id<users.id events.who<users.email
update notes set body = author where id = 4
  update f:notes.id w:notes.body | notes.body<notes.author
update notes set body = body || 'x'
  update w:notes.body
update notes set body = u.email from users u where u.id = notes.id
  update f:users.id f:notes.id w:notes.body | notes.body<users.email
update notes set (body, author) = (u.name, u.email) from users u
  update w:notes.body w:notes.author | notes.body<users.name notes.author<users.email
update notes set (body, author) = (select name, email from users limit 1)
  update w:notes.body w:notes.author | notes.body<users.name notes.author<users.email
update notes set body = default, author = $1
  update w:notes.body w:notes.author
delete from notes where body = (select email from users limit 1)
  delete f:notes.body f:users.email
delete from notes using users u where u.email = notes.body returning author
  delete o:notes.author f:users.email f:notes.body
  returning o:notes.author
merge into notes n using users u on u.id = n.id when matched and u.phone is null then update set body = u.email when not matched then insert (id, author) values (u.id, u.name) when not matched by source then delete
  merge f:users.id f:notes.id f:users.phone w:notes.body w:notes.id w:notes.author | notes.body<users.email notes.id<users.id notes.author<users.name
with d as (delete from users where email like 'a%' returning *) insert into notes (body) select name from d
  insert f:users.email w:notes.body | notes.body<users.name
  delete o:users.id o:users.name o:users.email o:users.phone o:users.meta o:users.tags f:users.email
  returning o:users.id o:users.name o:users.email o:users.phone o:users.meta o:users.tags
with x as (select email from users), i as (insert into notes (body) select email from x returning id) select id from i
  select o:notes.id
  insert o:notes.id w:notes.body | notes.body<users.email
  returning o:notes.id
truncate users
  truncate
copy users (id, email) to stdout
  copy-out o:users.id o:users.email
copy (select id from users where email is null) to stdout
  copy-out o:users.id f:users.email
  select o:users.id f:users.email
copy notes (id, body) from stdin
  copy-in w:notes.id w:notes.body
copy priced from stdin
  copy-in w:priced.net
# what is stored under another name
create table x as select email, lower(name) as n, 1 as one from users where phone is null
  create f:users.phone w:.x.email w:.x.n w:.x.one | .x.email<users.email .x.n<users.name
  select o:users.email o:users.name f:users.phone
create temp table x (a) as select email from users
  create w:.x.a | .x.a~<users.email
  select o:users.email
create table x as execute picked(1)
  create f:users.id w:.x.email | .x.email<users.email
  execute o:users.email f:users.id
  select o:users.email f:users.id
create table x as execute nobody
  create ? | .x.*<?
  execute ?
create table x as select * from nowhere
  create ? | .x.*<?
  select ?
select email into x from users
  create w:.x.email | .x.email<users.email
  select o:users.email
select email, 1 as one into temp x from users
  create w:.x.email w:.x.one | .x.email~<users.email
  select o:users.email
create materialized view m as select email from users
  create w:.m.email | .m.email<users.email
  select o:users.email
create view w as select email from users
  create
  select o:users.email
create table x (a text, b text generated always as (lower(a)) stored)
  create w:.x.b | .x.b<.x.a
alter table users rename column email to mail
  alter | users.mail<users.email
alter table events rename column who to whom
  alter | events.whom<events.who events_2026.whom<events_2026.who
alter table notes rename to remarks
  alter | remarks.id<notes.id remarks.body<notes.body remarks.author<notes.author
alter table notes set schema app
  alter | app.notes.id<notes.id app.notes.body<notes.body app.notes.author<notes.author
alter table nowhere rename to x
  alter ? | .x.*<?
alter view v_users rename to w
  alter | w.id<v_users.id w.mail<v_users.mail
alter schema app rename to old
  alter | old.secret.k<app.secret.k old.secret.v<app.secret.v old.notes.id<app.notes.id old.notes.body<app.notes.body
alter table users alter column name type text using email || name
  alter w:users.name | users.name<users.email
alter table users add column domain text generated always as (split_part(email, '@', 2)) stored
  alter w:users.domain | users.domain<users.email
alter table users alter column name type varchar(20)
  alter
alter table users add constraint c check (email like '%@%')
  alter f:users.email
alter table events attach partition notes for values from (1) to (2)
  alter | events.id<notes.id
alter table events detach partition events_2026
  alter | events_2026.id<events.id events_2026.who<events.who
alter table notes inherit events
  alter | events.id<notes.id
alter table notes no inherit events
  alter | notes.id<events.id
create unique index on users (lower(email)) where phone is null
  create f:users.email f:users.phone
# other names for a query
execute picked(1)
  execute o:users.email f:users.id
  select o:users.email f:users.id
execute filled
  execute w:notes.body | notes.body<users.name
  insert w:notes.body | notes.body<users.name
execute nobody
  execute ?
prepare p as select email from users where id = 1
  prepare
  select o:users.email f:users.id
declare c cursor for select email from users
  declare
  select o:users.email
fetch 2 from c
  fetch o:users.id f:users.email
  select o:users.id f:users.email
explain select email from users where id = 1
  explain f:users.id
show search_path
  show
call wipe()
  call ?
do $$ begin end $$
  do
select 1; create table x (a int); insert into notes (body) select email from users
  select
  create
  insert ? | notes.body<?
sel ect
  unknown ?
`;
}

function withoutCatalogue(): string {
  return String.raw`
select email from users where name = 'x'
  select o:.users.email f:.users.name
select * from users
  select ?
select u.id from users u join orders o on total > 3
  select o:.users.id f:.users.total f:.orders.total
insert into notes (body) select email from users
  insert w:.notes.body | .notes.body<.users.email
insert into notes select email from users
  insert ? | .notes.*<.users.email
update notes set body = email from users
  update w:.notes.body | .notes.body<.notes.email+.users.email
select id into x from users
  create w:.x.id | .x.id<.users.id
  select o:.users.id
alter table users rename column email to mail
  alter | .users.mail<.users.email
alter table users rename to x
  alter ? | .x.*<?
`;
}
