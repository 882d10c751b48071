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

describe('every other statement becomes operations', () => {
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
create table x (id int)
  create ddl w:.x
create table x (id int references users, like orders)
  create ddl w:.x r:public.users r:public.orders
create temp table x (id int)
  create ddl w:.x [temporary]
create table x as select * from users
  create ddl w:.x [into]
  select read r:public.users
create temporary table x as select * from users
  create ddl w:.x [into temporary]
  select read r:public.users
create table x as execute p
  create ddl w:.x [into opaque-source]
  execute unknown
select * into x from users
  create ddl w:.x [into]
  select read r:public.users
select * into temp x from users
  create ddl w:.x [into temporary]
  select read r:public.users
create view v as select * from users
  create ddl w:.v
  select read r:public.users
create or replace temp view v as select 1
  create ddl w:.v [temporary]
  select read
create materialized view m as select * from users
  create ddl w:.m [into]
  select read r:public.users
refresh materialized view m_users
  refresh write w:public.m_users
create index i on users (lower(name))
  create ddl w:public.users fn:lower
create unique index concurrently i on users (id) where wipe() = 1
  create ddl w:public.users fn:wipe [volatile-function]
  function unknown fn:wipe [volatile-function]
create function f() returns int language sql as 'delete from users'
  create ddl [create-function]
create function f() returns int language sql security definer as 'select 1'
  create ddl [create-function security-definer]
create function f() returns int language plpython3u as 'x'
  create admin [create-function untrusted-language]
create procedure p() language plpgsql as 'begin end'
  create ddl [create-function]
create function f() returns int begin atomic delete from users; select 1; end
  create ddl [create-function]
  delete write w:public.users unrestrained
create trigger t after insert on users execute function wipe()
  create ddl w:public.users [triggers]
create rule r as on insert to users do also delete from orders
  create ddl w:public.users [rules]
  delete write w:public.orders unrestrained
create policy p on users using (true)
  create admin w:public.users [row-security]
create schema s create table t (id int) create view v as select * from users
  create ddl
  create ddl w:.t
  create ddl w:.v
  select read r:public.users
create sequence s owned by users.id
  create ddl w:.s
create type t as enum ('a')
  create ddl
create domain d as text check (value <> '')
  create ddl
create aggregate a (int) (sfunc = int4pl, stype = int)
  create ddl [create-function]
create operator === (leftarg = int, rightarg = int, function = int4eq)
  create ddl [create-operator]
create extension dblink
  create admin [extension]
create foreign table f (id int) server s
  create admin w:.f [foreign-access]
create server s foreign data wrapper w
  create admin [foreign-access]
create user mapping for public server s options (password 'x')
  create admin [foreign-access]
create role r login password 'x'
  create admin
create database d
  create admin
create publication p for table users
  create admin w:public.users
create subscription s connection 'x' publication p
  create admin [foreign-access]
create event trigger e on ddl_command_end execute function wipe()
  create admin [triggers]
create cast (int as text) with function tidy(int)
  create ddl [create-cast]
create statistics s on id, name from users
  create ddl w:public.users
create tablespace t location '/x'
  create admin
create language plperlu
  create admin [extension]
create collation c (locale = 'C')
  create ddl
create text search configuration c (copy = simple)
  create ddl
create access method m type index handler h
  create admin
create transform for int language sql (from sql with function f(internal))
  create admin
create conversion c for 'UTF8' to 'LATIN1' from f
  create ddl
create group g
  create admin
alter table users add column x int default wipe()
  alter ddl w:public.users fn:wipe [volatile-function opaque-source]
  function unknown fn:wipe [volatile-function]
alter table users owner to bob
  alter admin w:public.users [change-owner]
alter table users disable row level security
  alter admin w:public.users [row-security]
alter table users disable trigger all
  alter ddl w:public.users [triggers]
alter table users alter column id type bigint using wipe()
  alter ddl w:public.users fn:wipe [volatile-function opaque-source]
  function unknown fn:wipe [volatile-function]
alter table users rename to customers
  alter ddl w:public.users
alter table users rename column name to full_name
  alter ddl w:public.users
alter table users set schema app
  alter ddl w:public.users
alter table users add foreign key (id) references orders
  alter ddl w:public.users r:public.orders
alter table events attach partition users for values in (1)
  alter ddl w:public.events w:public.users
alter view v_users rename to v
  alter ddl w:public.v_users
alter index i rename to j
  alter ddl w:.i
alter sequence s restart
  alter ddl w:.s
alter function tidy(text) owner to bob
  alter admin
alter function tidy(text) volatile
  alter ddl
alter role bob superuser
  alter admin
alter role bob set search_path = evil
  alter admin
alter database d set x.y = 'z'
  alter admin
alter system set log_statement = 'none'
  alter admin [superuser-setting]
alter default privileges grant select on tables to bob
  grant admin
alter type t add value 'b'
  alter ddl
alter extension dblink update
  alter admin [extension]
alter policy p on users using (true)
  alter admin w:public.users [row-security]
alter domain d drop not null
  alter ddl
alter schema app rename to b
  alter ddl
alter subscription s disable
  alter admin [foreign-access]
drop table users, app.secret
  drop ddl w:public.users w:app.secret
drop view v_users cascade
  drop ddl w:public.v_users
drop schema app cascade
  drop ddl
drop function tidy(text)
  drop ddl
drop trigger t on users
  drop ddl w:public.users
drop policy p on users
  drop admin w:public.users
drop index i
  drop ddl w:.i
drop extension dblink
  drop admin
drop role bob
  drop admin
drop database d
  drop admin
drop owned by bob
  drop admin
reassign owned by bob to alice
  alter admin
comment on table users is 'x'
  comment ddl w:public.users
comment on column app.secret.v is 'x'
  comment ddl w:app.secret
comment on database d is 'x'
  comment ddl
security label on table users is 'x'
  alter admin w:public.users
grant select on users to public
  grant admin w:public.users
grant admin to bob
  grant admin
revoke all on all tables in schema public from bob
  revoke admin
vacuum users
  vacuum write w:public.users
vacuum full
  vacuum write
analyze users (id)
  analyze write w:public.users
cluster users using i
  cluster ddl w:public.users
reindex table users
  reindex ddl w:public.users
reindex system d
  reindex admin
checkpoint
  checkpoint admin
load 'x'
  load admin
lock table users
  lock write w:public.users
lock table users in access share mode
  lock session r:public.users
set work_mem = '1MB'
  set session
set local work_mem to '1MB'
  set session
set search_path = app
  set session [search-path]
set role admin
  set admin [set-role]
set role none
  set admin [set-role]
reset role
  reset session [set-role]
set session authorization bob
  set admin [set-role]
set session_replication_role = replica
  set admin [session-replication-role]
set log_statement = 'none'
  set admin [superuser-setting]
reset log_statement
  reset session [superuser-setting]
set standard_conforming_strings = off
  set unknown [parser-setting]
set standard_conforming_strings = on
  set session
set names 'UTF8'
  set session
set client_encoding = 'SJIS'
  set unknown [parser-setting]
set app.tenant = '1'
  set session [custom-setting]
set time zone 'UTC'
  set session
set transaction isolation level serializable
  set transaction
set session characteristics as transaction read only
  set session
reset all
  reset session [search-path]
show all
  show session
show work_mem
  show session
discard all
  discard session
discard plans
  discard session
begin
  begin transaction
start transaction read only
  begin transaction
commit
  commit transaction
end
  commit transaction
rollback
  rollback transaction
abort
  rollback transaction
savepoint a
  savepoint transaction
release a
  release transaction
rollback to a
  rollback-to transaction
prepare transaction 'x'
  prepare-transaction transaction [two-phase]
commit prepared 'x'
  commit-prepared transaction [two-phase]
set constraints all deferred
  set-constraints transaction
declare c cursor for select * from users
  declare session
  select read r:public.users
declare c cursor with hold for select wipe()
  declare session
  select read fn:wipe [volatile-function opaque-source]
  function unknown fn:wipe [volatile-function]
fetch 10 from c
  fetch read r:public.users
  select read r:public.users
move 1 in c
  move session r:public.users
  select read r:public.users
close c
  close session
close all
  close session
listen a
  listen session [listen]
unlisten *
  unlisten session
notify a, 'b'
  notify write [notify]
prepare p as select * from users
  prepare session
  select read r:public.users
prepare p (int) as delete from users where id = $1
  prepare session
  delete write w:public.users
execute known(1)
  execute session
  delete write w:public.users
execute missing
  execute unknown
deallocate p
  deallocate session
deallocate all
  deallocate session
explain select * from users
  explain read r:public.users
explain delete from users
  explain read r:public.users
explain analyze select * from users
  explain read r:public.users [explain-analyze]
  select read r:public.users
explain (analyze) delete from users
  explain read r:public.users [explain-analyze]
  delete write w:public.users unrestrained
explain (analyze false) delete from users
  explain read r:public.users
explain (analyze off, analyze on) update users set name = 'x'
  explain read r:public.users [explain-analyze]
  update write w:public.users unrestrained
explain analyze execute known(1)
  explain read r:public.users [explain-analyze]
  execute session
  delete write w:public.users
explain select nothing_known()
  explain read [opaque-source]
  function unknown fn:nothing_known [unknown-function]
explain select wipe()
  explain read [opaque-source]
  function unknown fn:wipe [volatile-function]
explain analyze create table x as select * from users
  explain read r:.x r:public.users [explain-analyze]
  create ddl w:.x [into]
  select read r:public.users
do $$ begin delete from users; end $$
  do write w:public.users [do-block]
  delete write w:public.users [in-function] unrestrained
do language plpython3u 'x'
  do unknown [do-block]
call wipe()
  call unknown fn:wipe [volatile-function opaque-source]
call tidy(1)
  call read fn:tidy
import foreign schema s from server x into public
  create admin [foreign-access]
`;
}
