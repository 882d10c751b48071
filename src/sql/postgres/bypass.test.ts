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

describe('no way of writing it hides what a statement does', () => {
  for (const { input, expected } of casesOf(bypasses())) {
    test(input, () => {
      const { operations } = analyseOnce(input.replaceAll('\\n', '\n'), CONTEXT);
      assert.deepEqual(operations.map(lineOf), expected);
    });
  }
});

/** A statement, and below it each of its operations: kind, access, tables read (r) and written (w), functions, flags. */
function bypasses(): string {
  return String.raw`
# case, quoting, comments, white space
DeLeTe FrOm UsErS
  delete write w:public.users unrestrained
delete/**/from/**/users
  delete write w:public.users unrestrained
delete -- x\nfrom users
  delete write w:public.users unrestrained
/* select 1 */ delete from users
  delete write w:public.users unrestrained
/* /* nested */ delete */ truncate users
  truncate write w:public.users
delete from "users"
  delete write w:public.users unrestrained
delete from public . users
  delete write w:public.users unrestrained
delete from U&"us\0065rs"
  delete write w:public.users unrestrained
delete from U&"us!0065rs" uescape '!'
  delete write w:public.users unrestrained
delete from only (users)
  delete write w:public.users unrestrained
select 1;;;delete from users;
  select read
  delete write w:public.users unrestrained
select 1 \u000a;\u00a0 select 2
  unknown unknown [unparsable]
# a string is not a statement, and a statement is not hidden by one
select 'delete from users'
  select read
select $$ ; delete from users; $$
  select read
select $a$ $$ $a$; delete from users
  select read
  delete write w:public.users unrestrained
select E'\\'; delete from users; --'
  select read
  delete write w:public.users unrestrained
select 'a\'; delete from users; --'
  select read
  delete write w:public.users unrestrained
select U&'\0027'; delete from users
  select read
  delete write w:public.users unrestrained
# writes inside reads
with x as (delete from users returning id) select count(*) from x
  select read r:public.users fn:count
  delete write w:public.users [returning] unrestrained
  returning read r:public.users [returning]
with x as (with y as (select 1) delete from users returning id) select 1
  select read r:public.users
  delete write w:public.users [returning] unrestrained
  returning read r:public.users [returning]
with recursive x as (update users set name = 'x' returning id) select 1 from x
  select read r:public.users
  update write w:public.users [returning] unrestrained
  returning read r:public.users [returning]
with a as (select 1), b as (insert into notes select * from a returning id), c as (delete from orders where id = 1) table b
  select read r:public.notes r:public.orders
  insert write w:public.notes [returning]
  returning read r:public.notes [returning]
  delete write w:public.orders
select * from users where id in (select nextval('s'))
  select read r:public.users fn:nextval
  function write fn:nextval
select (select wipe()) from users order by wipe() limit (select wipe())
  select read r:public.users fn:wipe [volatile-function opaque-source]
  function unknown fn:wipe [volatile-function]
select count(*) filter (where wipe() = 1) over (partition by wipe()) from users group by wipe() having wipe() = 1
  select read r:public.users fn:count,wipe [volatile-function opaque-source]
  function unknown fn:wipe [volatile-function]
select * from users join lateral wipe() w on true
  select read r:public.users fn:wipe [volatile-function opaque-source]
  function unknown fn:wipe [volatile-function]
select * from rows from (wipe(), generate_series(1, 2)) r
  select read fn:wipe,generate_series [volatile-function opaque-source]
  function unknown fn:wipe [volatile-function]
select * from json_table(wipe(), '$' columns (a int path '$.a')) j
  select read fn:wipe [volatile-function opaque-source]
  function unknown fn:wipe [volatile-function]
select case when wipe() then 1 end, coalesce(wipe(), 1), array[wipe()], row(wipe()), (wipe()).a, wipe()::text
  select read fn:wipe [volatile-function opaque-source]
  function unknown fn:wipe [volatile-function]
values ((select wipe()))
  select read fn:wipe [volatile-function opaque-source]
  function unknown fn:wipe [volatile-function]
explain analyze delete from users
  explain read r:public.users [explain-analyze]
  delete write w:public.users unrestrained
explain (analyze true, verbose) delete from users where id = 1
  explain read r:public.users [explain-analyze]
  delete write w:public.users
explain (format json, analyze 1) delete from users
  explain read r:public.users [explain-analyze]
  delete write w:public.users unrestrained
explain analyse insert into users values (1)
  explain read r:public.users [explain-analyze]
  insert write w:public.users
explain analyze execute known(1)
  explain read r:public.users [explain-analyze]
  execute session
  delete write w:public.users
create table x as delete from users returning *
  unknown unknown [unparsable]
copy (update users set name = 'x' returning 1) to stdout
  copy-out read r:public.users
  update write w:public.users [returning] unrestrained
  returning read r:public.users [returning]
declare c cursor for select pg_read_file('/x')
  declare session
  select read fn:pg_read_file [file-access opaque-source]
  function admin fn:pg_read_file [file-access]
prepare p as select pg_read_file('/x')
  prepare session
  select read fn:pg_read_file [file-access opaque-source]
  function admin fn:pg_read_file [file-access]
select * into x from users
  create ddl w:.x [into]
  select read r:public.users
select * from (select * from users) s for update
  select read r:public.users [for-update]
# other names for the same door
select pg_catalog.pg_read_file('/etc/passwd')
  select read fn:pg_catalog.pg_read_file [file-access opaque-source]
  function admin fn:pg_catalog.pg_read_file [file-access]
select "pg_read_file"('/etc/passwd')
  select read fn:pg_read_file [file-access opaque-source]
  function admin fn:pg_read_file [file-access]
select PG_READ_FILE('/etc/passwd')
  select read fn:pg_read_file [file-access opaque-source]
  function admin fn:pg_read_file [file-access]
select U&"pg_re\0061d_file"('/x')
  select read fn:pg_read_file [file-access opaque-source]
  function admin fn:pg_read_file [file-access]
select pg_read_file(filename => '/etc/passwd')
  select read fn:pg_read_file [file-access opaque-source]
  function admin fn:pg_read_file [file-access]
select (('/etc/passwd')::text).pg_read_file
  select read fn:pg_read_file [file-access opaque-source]
  function admin fn:pg_read_file [file-access]
select (x.f).pg_read_file from (values ('/etc/passwd')) x (f)
  select read fn:pg_read_file [file-access opaque-source]
  function admin fn:pg_read_file [file-access]
select x.pg_read_file from users x
  select read r:public.users fn:pg_read_file [file-access opaque-source]
  function admin fn:pg_read_file [file-access]
select pg_read_binary_file('/x'), pg_stat_file('/x'), pg_ls_waldir(), pg_current_logfile()
  select read fn:pg_read_binary_file,pg_stat_file,pg_ls_waldir,pg_current_logfile [file-access opaque-source]
  function admin fn:pg_read_binary_file [file-access]
  function admin fn:pg_stat_file [file-access]
  function admin fn:pg_ls_waldir [file-access]
  function admin fn:pg_current_logfile [file-access]
select lo_export(1, '/tmp/x')
  select read fn:lo_export [large-object file-access opaque-source]
  function admin fn:lo_export [large-object file-access]
select schema_to_xml('public', true, true, '')
  select read fn:schema_to_xml [dynamic-sql opaque-source]
  function unknown fn:schema_to_xml [dynamic-sql]
select database_to_xml(true, true, '')
  select read fn:database_to_xml [dynamic-sql opaque-source]
  function unknown fn:database_to_xml [dynamic-sql]
select query_to_xml_and_xmlschema('select * from users', true, true, '')
  select read fn:query_to_xml_and_xmlschema [dynamic-sql opaque-source]
  function unknown fn:query_to_xml_and_xmlschema [dynamic-sql]
select cursor_to_xml('c', 1, true, true, '')
  select read fn:cursor_to_xml [dynamic-sql opaque-source]
  function unknown fn:cursor_to_xml [dynamic-sql]
select ts_rewrite('a'::tsquery, 'select wipe(), 1')
  select read fn:ts_rewrite [dynamic-sql opaque-source]
  function unknown fn:ts_rewrite [dynamic-sql]
select dblink_exec('x', 'delete from users')
  select read fn:dblink_exec [dblink dynamic-sql opaque-source]
  function unknown fn:dblink_exec [dblink dynamic-sql]
select app.dblink_connect('x')
  select read fn:app.dblink_connect [dblink dynamic-sql opaque-source]
  function unknown fn:app.dblink_connect [dblink dynamic-sql]
select pg_logical_emit_message(true, 'a', 'b')
  select read fn:pg_logical_emit_message [opaque-source]
  function admin fn:pg_logical_emit_message
select pg_switch_wal(), pg_create_restore_point('x'), pg_promote()
  select read fn:pg_switch_wal,pg_create_restore_point,pg_promote [opaque-source]
  function admin fn:pg_switch_wal
  function admin fn:pg_create_restore_point
  function admin fn:pg_promote
select set_config('session_replication_role', 'replica', true)
  select read fn:set_config [session-replication-role]
  function admin fn:set_config [session-replication-role]
select set_config('Role', 'postgres', false)
  select read fn:set_config [set-role]
  function admin fn:set_config [set-role]
select set_config('log_statement' || '', 'none', false)
  select read fn:set_config [dynamic-setting]
  function unknown fn:set_config [dynamic-setting]
select set_config('a.b', (select email from users limit 1), false)
  select read r:public.users fn:set_config [dynamic-setting]
  function unknown fn:set_config [dynamic-setting]
set session "role" = 'postgres'
  set admin [set-role]
set local standard_conforming_strings to 'off'
  set unknown [parser-setting]
set "standard_conforming_strings" = 0
  set unknown [parser-setting]
set client_encoding to sjis
  set unknown [parser-setting]
alter role current_user set standard_conforming_strings = off
  alter admin
do 'begin execute ''delete from users''; end'
  do write w:public.users [do-block]
  delete write w:public.users [in-function] unrestrained
do language plpgsql $x$ begin perform wipe(); end $x$
  do unknown [do-block volatile-function]
  select read fn:wipe [volatile-function opaque-source in-function]
  function unknown fn:wipe [volatile-function in-function]
copy users from program 'id'
  copy-program admin w:public.users [copy-program]
copy (select 1) to program 'sh'
  copy-program admin [copy-program]
  select read
create function pg_temp.f() returns void language sql as 'delete from users'
  create ddl [create-function]
create or replace procedure p() begin atomic delete from users; end
  create ddl [create-function]
  delete write w:public.users unrestrained
create rule "_RETURN" as on select to notes do instead select * from users
  create ddl w:public.notes [rules]
  select read r:public.users
create view v with (security_invoker = false) as select * from app.secret
  create ddl w:.v
  select read r:app.secret
call public.wipe()
  call unknown fn:public.wipe [volatile-function opaque-source]
# what earlier statements of a text change for later ones
prepare known as select 1; execute known
  prepare session
  select read
  execute session
  select read
deallocate known; execute known
  deallocate session
  execute unknown
deallocate all; execute known
  deallocate session
  execute unknown
prepare q as delete from users; prepare r as select 1; execute q
  prepare session
  delete write w:public.users unrestrained
  prepare session
  select read
  execute session
  delete write w:public.users unrestrained
declare c cursor for select v from app.secret; fetch c
  declare session
  select read r:app.secret
  fetch read r:app.secret
  select read r:app.secret
close c; fetch c
  close session
  fetch unknown
set search_path = app; select * from secret, users
  set session [search-path]
  select read r:app.secret r:.users [opaque-source]
select set_config('search_path', 'app', false); select lower('x')
  select read fn:set_config [search-path]
  function session fn:set_config [search-path]
  select read fn:lower [volatile-function opaque-source]
  function unknown fn:lower [volatile-function]
select set_config('search_path', $1, false); select lower('x')
  select read fn:set_config [search-path]
  function session fn:set_config [search-path]
  select read fn:lower [volatile-function opaque-source]
  function unknown fn:lower [volatile-function]
select set_config('search_path', $1, false); select * from notes, orders
  select read fn:set_config [search-path]
  function session fn:set_config [search-path]
  select read r:.notes r:public.orders [opaque-source]
set search_path = app; declare d cursor for select body from notes; set search_path = public; fetch d
  set session [search-path]
  declare session
  select read r:app.notes
  set session [search-path]
  fetch read r:.notes [opaque-source]
  select read r:.notes [opaque-source]
declare d cursor for select * from orders; fetch d
  declare session
  select read r:public.orders
  fetch read r:public.orders
  select read r:public.orders
select 1 from (select set_config('search_path', 'app', false)) s; select * from users
  select read fn:set_config [search-path]
  function session fn:set_config [search-path]
  select read r:public.users
reset search_path; select * from users
  reset session [search-path]
  select read r:public.users
discard all; select * from users
  discard session
  select read r:public.users [opaque-source]
create table z (id int); select * from users
  create ddl w:.z
  select read r:public.users [opaque-source]
alter table app.secret rename to users; select * from users
  alter ddl w:app.secret
  select read r:public.users [opaque-source]
# names that shadow
with users as (select * from app.secret) select * from users
  select read r:app.secret
with users as (select 1) select * from public.users
  select read r:public.users
with users as (select 1) delete from users
  delete write w:public.users unrestrained
with x as (select * from x) select * from x
  select read r:.x [opaque-source]
select * from users as orders
  select read r:public.users
select lower(email) from users, app.secret as lower
  select read r:public.users r:app.secret fn:lower
`;
}
