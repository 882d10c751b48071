import type { Attempt } from '../attempt.ts';

/** Values that are stored elsewhere first, and read there. */
export const COPIES: readonly Attempt[] = [
  {
    what: 'INSERT … SELECT into a table of theirs',
    sql: ['insert into scratch.notes select id, email from users', 'select body from scratch.notes'],
    stop: 'masked',
  },
  {
    what: 'a copy of which a part would be kept',
    sql: ['insert into scratch.notes select id, substr(phone, 1, 12) from users', 'select body from scratch.notes'],
    stop: 'masked',
  },
  {
    what: 'a copy read by another session, through another column order',
    sql: 'select n.body, n.id from scratch.notes n',
    stop: 'masked',
  },
  {
    what: 'a copy of a copy',
    sql: ['insert into scratch.wide (body) select body from scratch.notes', 'select body from scratch.wide'],
    stop: 'masked',
  },
  {
    what: 'INSERT … SELECT … RETURNING',
    sql: 'insert into scratch.notes select id, email from users returning body',
    stop: 'masked',
  },
  {
    what: 'UPDATE … FROM',
    sql: [
      'insert into scratch.wide (id) values (1)',
      'update scratch.wide w set amount = u.pay from users u where u.id = w.id',
      'select amount from scratch.wide',
    ],
    stop: 'masked',
  },
  {
    what: 'UPDATE … FROM … RETURNING',
    sql: 'update scratch.wide w set number = u.pin from users u where u.id = w.id returning w.number',
    stop: 'masked',
  },
  {
    what: 'UPDATE with a subquery',
    sql: ['update scratch.wide set at = (select born from users where id = 1)', 'select at from scratch.wide'],
    stop: 'masked',
  },
  {
    what: 'UPDATE of several columns by a row',
    sql: [
      'update scratch.wide set (number, body) = (select pin, email from users where id = 1)',
      'select number, body from scratch.wide',
    ],
    stop: 'masked',
  },
  {
    what: 'INSERT … ON CONFLICT',
    sql: [
      "insert into scratch.strict (id, body, number) select 1, 'taken', 1 from users where id = 1 on conflict (body) do update set body = (select email from users where id = 1)",
      'select body from scratch.strict',
    ],
    stop: 'masked',
  },
  {
    what: 'MERGE',
    sql: [
      'merge into scratch.notes n using users u on n.id = u.id when matched then update set body = u.email when not matched then insert values (u.id, u.email)',
      'select body from scratch.notes',
    ],
    stop: 'masked',
  },
  {
    what: 'MERGE … RETURNING',
    sql: 'merge into scratch.notes n using users u on n.id = u.id when matched then update set body = u.email returning u.email, n.body',
    stop: 'masked',
  },
  {
    what: 'a CTE that writes',
    sql: 'with w as (insert into scratch.notes select id, email from users returning body) select body from w',
    stop: 'masked',
  },
  {
    what: 'DELETE … USING … RETURNING',
    sql: 'delete from scratch.notes n using users u where n.id = u.id returning u.email',
    stop: 'masked',
  },
  {
    what: 'CREATE TABLE AS',
    sql: ['create table scratch.ctas as select email as x from users', 'select x from scratch.ctas'],
    as: 'builder',
    stop: 'masked',
  },
  {
    what: 'SELECT … INTO',
    sql: ['select email as y into scratch.sinto from users', 'select y from scratch.sinto'],
    as: 'builder',
    stop: 'masked',
  },
  {
    what: 'CREATE TABLE AS EXECUTE',
    sql: [
      'prepare ctas_p as select email as z from users',
      'create table scratch.ctas_p as execute ctas_p',
      'select z from scratch.ctas_p',
    ],
    as: 'builder',
    stop: 'masked',
  },
  {
    what: 'a temporary table',
    sql: ['create temp table t as select email as x from users', 'select x from t'],
    as: 'builder',
    stop: 'masked',
  },
  {
    what: 'a temporary table with the name of a harmless one',
    sql: ['create temp table orders as select email as state from users', 'select state from orders'],
    as: 'builder',
    stop: 'masked',
  },
  {
    what: 'a temporary table that is filled later',
    sql: ['create temp table f (x text)', 'insert into f select email from users', 'select x from f'],
    as: 'builder',
    stop: 'masked',
  },
  {
    what: 'a view made on the fly',
    sql: ['create view scratch.v1 as select email as m from users', 'select m from scratch.v1'],
    as: 'builder',
    stop: 'masked',
  },
  {
    what: 'a temporary view',
    sql: ['create temp view v2 as select reverse(email) as m from users', 'select m from v2'],
    as: 'builder',
    stop: 'masked',
  },
  {
    what: 'a recursive view',
    sql: [
      'create recursive view scratch.v3 (m) as select email from users union all select m from scratch.v3 where false',
      'select m from scratch.v3',
    ],
    as: 'builder',
    stop: 'server',
  },
  {
    what: 'a view that is replaced by another',
    sql: [
      "create view scratch.v4 as select 'x'::text as m",
      'create or replace view scratch.v4 as select email as m from users',
      'select m from scratch.v4',
    ],
    as: 'builder',
    stop: 'masked',
  },
  {
    what: 'a materialised view made on the fly',
    sql: ['create materialized view scratch.m1 as select email as m from users', 'select m from scratch.m1'],
    as: 'builder',
    stop: 'masked',
  },
  {
    what: 'a rule that puts something else in the place of a SELECT',
    sql: [
      'create table scratch.ruled (m text)',
      'create rule "_RETURN" as on select to scratch.ruled do instead select email as m from users',
      'select m from scratch.ruled',
    ],
    as: 'builder',
    stop: 'silent',
  },
  {
    what: 'a rule that copies on UPDATE',
    sql: [
      'begin',
      'create table scratch.caught (m text)',
      'create rule catch as on update to orders do also insert into scratch.caught select email from users',
      "update orders set state = 'x' where id = 1",
      'select m from scratch.caught',
    ],
    as: 'builder',
    stop: 'masked',
  },
  {
    what: 'a trigger that copies',
    sql: [
      'create table scratch.trapped (m text)',
      "create function scratch.trap() returns trigger language plpgsql as 'begin insert into scratch.trapped select email from users; return new; end'",
      'create trigger trap after insert on scratch.notes for each row execute function scratch.trap()',
      "insert into scratch.notes values (77, 'x')",
      'drop trigger trap on scratch.notes',
      'select m from scratch.trapped',
    ],
    as: 'builder',
    stop: 'masked',
  },
  {
    what: 'the trigger that is there, set off by an update that changes nothing',
    sql: ['begin', 'update users set name = name where id = 1', 'select message from logs'],
    as: 'builder',
    stop: 'masked',
  },
  {
    what: 'a generated column',
    sql: [
      'begin',
      'alter table users add column gen text generated always as (reverse(email)) stored',
      'select gen from users',
    ],
    as: 'builder',
    stop: 'masked',
  },
  {
    what: 'a default that reads it by a function',
    sql: [
      'create table scratch.defaulted (id int, m text default mail_of(1))',
      'insert into scratch.defaulted (id) values (1)',
    ],
    as: 'builder',
    stop: 'mask-impossible',
  },
  {
    what: 'a column renamed',
    sql: ['begin', 'alter table users rename column email to harmless', 'select harmless from users'],
    as: 'builder',
    stop: 'masked',
  },
  {
    what: 'a table renamed',
    sql: ['begin', 'alter table users rename to people', 'select email from people'],
    as: 'builder',
    stop: 'masked',
  },
  {
    what: 'a table moved to another schema',
    sql: ['begin', 'alter table users set schema scratch', 'select email from scratch.users'],
    as: 'builder',
    stop: 'masked',
  },
  {
    what: 'a partition that it becomes',
    sql: [
      'begin',
      'create table scratch.parent (like users) partition by list (id)',
      'alter table scratch.parent attach partition users default',
      'select email from scratch.parent',
    ],
    as: 'builder',
    stop: 'masked',
  },
  {
    what: 'a parent that it inherits from',
    sql: [
      'begin',
      'create table scratch.mother (email text not null)',
      'alter table users inherit scratch.mother',
      'select email from scratch.mother',
    ],
    as: 'builder',
    stop: 'masked',
  },
  {
    what: 'a type changed',
    sql: ['begin', 'alter table users alter column pin type text using email', 'select pin from users', 'rollback'],
    as: 'builder',
    stop: 'silent',
  },
  {
    what: 'a table that is dropped and made anew in its place',
    sql: ['begin', 'create table scratch.copy1 as select * from users', 'select email from scratch.copy1', 'rollback'],
    as: 'builder',
    stop: 'silent',
  },
  {
    what: 'a function made on the fly',
    sql: [
      "create function scratch.f1() returns setof text stable language sql as 'select email from public.users'",
      'select scratch.f1()',
    ],
    as: 'builder',
    stop: 'masked',
  },
  {
    what: 'a function made on the fly with a body of the standard’s kind',
    sql: [
      'create function scratch.f2() returns text stable return (select email from public.users limit 1)',
      'select scratch.f2()',
    ],
    as: 'builder',
    stop: 'masked',
  },
  {
    what: 'a function in PL/pgSQL made on the fly',
    sql: [
      "create function scratch.f3() returns text stable language plpgsql as 'begin return (select email from public.users limit 1); end'",
      'select scratch.f3()',
    ],
    as: 'builder',
    stop: 'masked',
  },
  {
    what: 'a function that claims to be immutable and reads by dynamic SQL',
    sql: [
      "create function scratch.f4() returns text immutable language plpgsql as 'declare e text; begin execute ''select em'' || ''ail from public.us'' || ''ers limit 1'' into e; return e; end'",
      'select scratch.f4()',
    ],
    as: 'builder',
    stop: 'masked',
  },
  {
    what: 'a function that fails with the value',
    sql: [
      "create function scratch.f5() returns int immutable language plpgsql as 'declare e text; begin select email into e from public.users; raise exception ''%'', e; end'",
      'select scratch.f5()',
    ],
    as: 'builder',
    stop: 'redacted',
  },
  {
    what: 'a function that hides one of the server',
    sql: [
      "create function scratch.upper(text) returns text immutable language sql as 'select email from public.users limit 1'",
      'set search_path = scratch, pg_catalog, public',
      "select upper('x')",
    ],
    as: 'builder',
    stop: 'masked',
  },
  {
    what: 'an operator made on the fly',
    sql: [
      "create function scratch.op(text, text) returns text stable language sql as 'select email from public.users limit 1'",
      'create operator scratch.|-| (leftarg = text, rightarg = text, function = scratch.op)',
      "select 'a' operator(scratch.|-|) 'b'",
    ],
    as: 'builder',
    stop: 'masked',
  },
  {
    what: 'a cast made on the fly',
    sql: [
      'create type scratch.handle as (n int)',
      "create function scratch.cast_it(scratch.handle) returns text stable language sql as 'select email from public.users limit 1'",
      'create cast (scratch.handle as text) with function scratch.cast_it(scratch.handle)',
      'select row(1)::scratch.handle::text',
    ],
    as: 'builder',
    stop: 'masked',
  },
  {
    what: 'an aggregate made on the fly',
    sql: [
      "create function scratch.step(text, int) returns text stable language sql as 'select email from public.users limit 1'",
      'create aggregate scratch.agg(int) (sfunc = scratch.step, stype = text)',
      'select scratch.agg(1)',
    ],
    as: 'builder',
    stop: 'masked',
  },
  {
    what: 'a policy of rows whose function tells',
    sql: [
      'create table scratch.secured (id int)',
      'insert into scratch.secured values (1)',
      'alter table scratch.secured enable row level security',
      'alter table scratch.secured force row level security',
      "create function scratch.teller() returns boolean stable language plpgsql as 'declare e text; begin select email into e from public.users; raise notice ''%'', e; return true; end'",
      'create policy p on scratch.secured using (scratch.teller())',
    ],
    as: 'builder',
    stop: 'policy-no-match',
  },
  {
    what: 'a domain’s check that tells',
    sql: ['create domain scratch.told as text check (mail_of(1) is not null)', "select 'x'::scratch.told"],
    as: 'builder',
    stop: 'silent',
  },
  {
    what: 'a comment made of it',
    sql: "comment on table scratch.notes is 'x'",
    as: 'builder',
    stop: 'silent',
  },
  {
    what: 'an enum’s label made of it by dynamic SQL',
    sql: "do $$ begin execute format('create type scratch.%I as enum (%L)', 'leak', (select email from public.users limit 1)); end $$",
    as: 'builder',
    stop: 'request-unknown',
  },
];
