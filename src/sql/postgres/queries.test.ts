import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { casesOf } from '../../../test/support/cases.ts';
import { contextOf, lineOf, shopCatalogue } from '../../../test/support/shop-catalogue.ts';
import { analyseOnce } from './analyser.ts';
import { loadPostgresParser } from './parser.ts';

const CONTEXT = contextOf(
  shopCatalogue(),
  { known: 'prepare known as delete from users where id = $1' },
  { c: 'declare c cursor for select id, email from users' },
);

before(loadPostgresParser);

describe('queries and changes of rows become operations', () => {
  for (const { input, expected } of casesOf(statements())) {
    test(input, () => {
      const { operations } = analyseOnce(input.replaceAll('\\n', '\n'), CONTEXT);
      assert.deepEqual(operations.map(lineOf), expected);
    });
  }
});

/** A statement, and below it each of its operations: kind, access, tables read (r) and written (w), functions, flags. */
function statements(): string {
  return String.raw`
select 1
  select read
select * from users
  select read r:public.users
SELECT u.id FROM public.users AS u WHERE u.email = 'x'
  select read r:public.users
table users
  select read r:public.users
values (1)
  select read
select 1 from users, orders
  select read r:public.users r:public.orders
select * from users u join orders o on o.user_id = u.id
  select read r:public.users r:public.orders
select (select v from app.secret)
  select read r:app.secret
select 1 where exists (select 1 from app.secret)
  select read r:app.secret
select 1 from users where id in (select user_id from orders)
  select read r:public.users r:public.orders
select 1 from users order by (select count(*) from notes)
  select read r:public.users r:public.notes fn:count
select 1 from users limit (select 1 from notes)
  select read r:public.users r:public.notes
select 1 from (select * from (select * from users) a) b
  select read r:public.users
select 1 from users for update
  select read r:public.users [for-update]
select 1 from users for share of users
  select read r:public.users [for-update]
with x as (select * from users) select * from x
  select read r:public.users
with users as (select 1) select * from users
  select read
with x as (select * from users), y as (select * from x) select * from y
  select read r:public.users
with t as (select * from users) select * from t, orders t2
  select read r:public.users r:public.orders
with recursive x as (select 1 from users union all select 1 from x) select * from x
  select read r:public.users
with orders as (select * from orders) select * from orders
  select read r:public.orders
select 1 union select 2 from users
  select read r:public.users
select 1 from only users tablesample bernoulli (1)
  select read r:public.users
select * from nowhere
  select read r:.nowhere [opaque-source]
select * from other.users
  select read r:other.users [opaque-source]
select lower(name), now(), count(*) from users
  select read r:public.users fn:lower,now,count
select pg_catalog.lower(name) from users
  select read r:public.users fn:pg_catalog.lower
select tidy(name) from users
  select read r:public.users fn:tidy
select look_up(1)
  select read fn:look_up [opaque-source]
  select read r:public.notes fn:look_up [in-function]
select wipe()
  select read fn:wipe [volatile-function opaque-source]
  function unknown fn:wipe [volatile-function]
select public.wipe()
  select read fn:public.wipe [volatile-function opaque-source]
  function unknown fn:public.wipe [volatile-function]
select app.lower('x')
  select read fn:app.lower [volatile-function opaque-source]
  function unknown fn:app.lower [volatile-function]
select nothing_known()
  select read fn:nothing_known [unknown-function opaque-source]
  function unknown fn:nothing_known [unknown-function]
select gen_salt('bf')
  select read fn:gen_salt
select nextval('s')
  select read fn:nextval
  function write fn:nextval
select setval('s', 1), currval('s')
  select read fn:setval,currval
  function write fn:setval
select set_config('work_mem', '1MB', false)
  select read fn:set_config
  function session fn:set_config
select set_config('search_path', 'app', false)
  select read fn:set_config [search-path]
  function session fn:set_config [search-path]
select set_config('role', 'admin', false)
  select read fn:set_config [set-role]
  function admin fn:set_config [set-role]
select set_config('app.tenant', $1, false)
  select read fn:set_config [custom-setting]
  function session fn:set_config [custom-setting]
select set_config('x.y', email, false) from users
  select read r:public.users fn:set_config [dynamic-setting]
  function unknown fn:set_config [dynamic-setting]
select set_config('standard_conforming_strings', 'off', false)
  select read fn:set_config [parser-setting]
  function unknown fn:set_config [parser-setting]
select set_config(name, 'view, foreign-table', false) from pg_settings where name = 'restrict_nonsystem_relation_kind'
  select read r:pg_catalog.pg_settings fn:set_config
  function session fn:set_config
select set_config(name, 'x', false) from pg_settings
  select read r:pg_catalog.pg_settings fn:set_config [dynamic-setting]
  function unknown fn:set_config [dynamic-setting]
select pg_advisory_lock(1), pg_try_advisory_xact_lock(2)
  select read fn:pg_advisory_lock,pg_try_advisory_xact_lock [advisory-lock]
  function session fn:pg_advisory_lock [advisory-lock]
  function session fn:pg_try_advisory_xact_lock [advisory-lock]
select pg_sleep(10)
  select read fn:pg_sleep [sleep]
select pg_notify('a', 'b')
  select read fn:pg_notify [notify]
  function write fn:pg_notify [notify]
select pg_terminate_backend(1)
  select read fn:pg_terminate_backend [terminate-backend]
  function admin fn:pg_terminate_backend [terminate-backend]
select pg_cancel_backend(pid) from generate_series(1, 2) pid
  select read fn:pg_cancel_backend,generate_series [terminate-backend]
  function admin fn:pg_cancel_backend [terminate-backend]
select pg_read_file('/etc/passwd')
  select read fn:pg_read_file [file-access opaque-source]
  function admin fn:pg_read_file [file-access]
select * from pg_ls_dir('.')
  select read fn:pg_ls_dir [file-access opaque-source]
  function admin fn:pg_ls_dir [file-access]
select ('/etc/passwd'::text).pg_read_file
  select read fn:pg_read_file [file-access opaque-source]
  function admin fn:pg_read_file [file-access]
select u.wipe from users u
  select read r:public.users fn:wipe [volatile-function opaque-source]
  function unknown fn:wipe [volatile-function]
select n.status from notes n
  select read r:public.notes fn:status [volatile-function opaque-source]
  function unknown fn:status [volatile-function]
select s.status from (select 1 as status) s
  select read
select u.name from users u
  select read r:public.users
select lo_import('/etc/passwd')
  select read fn:lo_import [large-object file-access opaque-source]
  function admin fn:lo_import [large-object file-access]
select lo_get(1), lo_create(0)
  select read fn:lo_get,lo_create [large-object opaque-source]
  function write fn:lo_create [large-object]
select query_to_xml('delete from users', true, true, '')
  select read fn:query_to_xml [dynamic-sql opaque-source]
  function unknown fn:query_to_xml [dynamic-sql]
select table_to_xml('users', true, false, '')
  select read fn:table_to_xml [dynamic-sql opaque-source]
  function unknown fn:table_to_xml [dynamic-sql]
select * from ts_stat('select tsv from users')
  select read fn:ts_stat [dynamic-sql opaque-source]
  function unknown fn:ts_stat [dynamic-sql]
select * from dblink('dbname=x', 'select 1') as t(a int)
  select read fn:dblink [dblink dynamic-sql opaque-source]
  function unknown fn:dblink [dblink dynamic-sql]
select * from crosstab('select 1') as t(a int)
  select read fn:crosstab [dynamic-sql opaque-source]
  function unknown fn:crosstab [dynamic-sql]
select pg_reload_conf()
  select read fn:pg_reload_conf
  function admin fn:pg_reload_conf
select random(), gen_random_uuid(), clock_timestamp()
  select read fn:random,gen_random_uuid,clock_timestamp
select pg_stat_reset()
  select read fn:pg_stat_reset [opaque-source]
  function admin fn:pg_stat_reset
select * from pg_authid
  select read r:pg_catalog.pg_authid [sensitive-catalog]
select * from pg_stats
  select read r:pg_catalog.pg_stats [sensitive-catalog opaque-source]
select most_common_vals from pg_catalog.pg_stats
  select read r:pg_catalog.pg_stats [sensitive-catalog opaque-source]
select relname from pg_class
  select read r:pg_catalog.pg_class
select wipe() from users where look_up(1) is null
  select read r:public.users fn:wipe,look_up [volatile-function opaque-source]
  function unknown fn:wipe [volatile-function]
  select read r:public.notes fn:look_up [in-function]
insert into users values (1)
  insert write w:public.users
insert into users (id) select user_id from orders
  insert write w:public.users r:public.orders
insert into users default values
  insert write w:public.users
insert into users values (1) returning id
  insert write w:public.users [returning]
  returning read r:public.users [returning]
insert into users values (nextval('s'))
  insert write w:public.users fn:nextval
  function write fn:nextval
insert into users values (1) on conflict (id) do update set name = (select v from app.secret)
  insert write w:public.users r:app.secret
update users set name = 'x' where id = 1
  update write w:public.users
update users set name = 'x'
  update write w:public.users unrestrained
update users set name = 'x' where true
  update write w:public.users unrestrained
update users set name = 'x' where 1 = 1
  update write w:public.users unrestrained
update users set name = 'x' where id = id
  update write w:public.users unrestrained
update users set name = 'x' where id = 1 or true
  update write w:public.users unrestrained
update users set name = 'x' where id = 1 and true
  update write w:public.users
update users set name = 'x' where exists (select 1)
  update write w:public.users unrestrained
update users u set name = 'x' where exists (select 1 from orders o where o.user_id = u.id)
  update write w:public.users r:public.orders
update users set name = o.note from orders o where o.user_id = users.id
  update write w:public.users r:public.orders
update users set name = 'x' where current of c
  update write w:public.users
delete from users
  delete write w:public.users unrestrained
delete from users where id = 1
  delete write w:public.users
delete from users using orders where orders.user_id = users.id
  delete write w:public.users r:public.orders
delete from users where id in (select user_id from orders)
  delete write w:public.users r:public.orders
delete from only users where not false
  delete write w:public.users unrestrained
delete from users returning *
  delete write w:public.users [returning] unrestrained
  returning read r:public.users [returning]
merge into users u using orders o on u.id = o.user_id when matched then delete
  merge write w:public.users r:public.orders
merge into users u using (select * from orders) o on u.id = o.user_id when not matched then insert values (1) returning *
  merge write w:public.users r:public.orders [returning]
  returning read r:public.users r:public.orders [returning]
with d as (delete from users returning *) select * from d
  select read r:public.users
  delete write w:public.users [returning] unrestrained
  returning read r:public.users [returning]
with d as (delete from users where id = 1) insert into notes (body) select v from app.secret
  insert write w:public.notes r:app.secret
  delete write w:public.users
with x as (insert into notes values (1) returning id), y as (update orders set note = 'x') select 1
  select read r:public.notes r:public.orders
  insert write w:public.notes [returning]
  returning read r:public.notes [returning]
  update write w:public.orders unrestrained
with d as (delete from users returning *), e as (select * from d) select * from e
  select read r:public.users
  delete write w:public.users [returning] unrestrained
  returning read r:public.users [returning]
truncate users, orders
  truncate write w:public.users w:public.orders
truncate users restart identity cascade
  truncate write w:public.users
copy users to stdout
  copy-out read r:public.users
copy users (id, name) from stdin
  copy-in write w:public.users
copy (select * from users) to stdout with csv header
  copy-out read r:public.users
  select read r:public.users
copy (delete from users returning *) to stdout
  copy-out read r:public.users
  delete write w:public.users [returning] unrestrained
  returning read r:public.users [returning]
copy users to program 'curl x'
  copy-program admin r:public.users [copy-program]
copy users from program 'cat /etc/passwd'
  copy-program admin w:public.users [copy-program]
copy users to '/tmp/x'
  copy-out admin r:public.users [copy-file]
copy users from '/tmp/x' where id > 1
  copy-in admin w:public.users [copy-file]
select id into x from users union select id from orders
  create ddl w:.x [into]
  select read r:public.users r:public.orders
with s as (select id as status from orders) select s.status from s
  select read r:public.orders
with s (status) as (select id from orders) select s.status from s
  select read r:public.orders
select s.status from (select id from orders) s
  select read r:public.orders fn:status [volatile-function opaque-source]
  function unknown fn:status [volatile-function]
select n.status from (select id as status from orders) as n (other)
  select read r:public.orders fn:status [volatile-function opaque-source]
  function unknown fn:status [volatile-function]
`;
}
