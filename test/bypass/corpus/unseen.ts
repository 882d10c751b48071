import type { Attempt } from '../attempt.ts';

const builder = (what: string, sql: Attempt['sql'], stop: Attempt['stop'] = 'masked', copy?: string): Attempt => ({
  what,
  sql,
  stop,
  as: 'builder',
  ...(copy === undefined ? {} : { copy }),
});

/** A function that tells the address to whoever makes it run. */
const teller = (name: string): string =>
  `create function scratch.${name}(a anyelement) returns boolean immutable language plpgsql as
  $$ declare e text; begin select email into e from public.users order by id limit 1; raise notice 'it is %', e; return true; end $$`;
const MAIL = "language sql as 'select email from public.users order by id limit 1'";
const HARMLESS = "language sql as $$ select 'x'::text $$";

/** What runs, or is stored, without any name in the statement that says so. */
export const UNSEEN: readonly Attempt[] = [
  { what: 'random between a value and itself', sql: 'select random(pin, pin) from users', stop: 'masked' },
  { what: 'random_normal around a value', sql: 'select random_normal(pin, 0) from users', stop: 'masked' },
  { what: 'the size of as many letters', sql: "select pg_column_size(repeat('x', pin)) from users", stop: 'masked' },
  {
    what: 'the time of a UUID',
    sql: 'select uuid_extract_timestamp(uuidv7(make_interval(secs => pin))) from users',
    stop: 'masked',
  },
  {
    what: 'the last of as many buckets',
    sql: 'select max(n) from (select ntile((select pin / 1000 from users where id = 1)) over () n from generate_series(1, 1000)) x',
    stop: 'masked',
  },
  {
    what: 'the rank among numbers',
    sql: 'select rank((select pin / 1000 from users where id = 1)) within group (order by g) from generate_series(1, 1000) g',
    stop: 'masked',
  },
  builder('pg_statistic where builders may', ['analyze users', 'select stavalues1::text from pg_statistic']),
  builder(
    'an update of pg_settings',
    "update pg_settings set setting = (select email from users limit 1) where name = 'application_name'",
    'request-unknown',
  ),
  builder(
    'a deferred trigger that tells at COMMIT',
    [
      'create table scratch.deferred (x int)',
      `create function scratch.tell_later() returns trigger language plpgsql as
        $$ begin raise notice '%', (select email from public.users limit 1); return new; end $$`,
      `create constraint trigger later after insert on scratch.deferred deferrable initially deferred
        for each row execute function scratch.tell_later()`,
      'begin',
      'insert into scratch.deferred values (1)',
      'commit',
    ],
    'redacted',
  ),
  builder(
    'a deferred trigger that tells at SET CONSTRAINTS',
    ['begin', 'insert into scratch.deferred values (1)', 'set constraints all immediate'],
    'redacted',
  ),
  builder(
    'a partition key that tells',
    [
      teller('key_tells'),
      'create table scratch.keyed (x int) partition by list (scratch.key_tells(x))',
      'create table scratch.keyed_1 partition of scratch.keyed default',
      'insert into scratch.keyed values (1)',
    ],
    'mask-impossible',
  ),
  builder(
    'the bound of a partition that a function computes',
    [
      `create function scratch.bound() returns text immutable ${MAIL}`,
      'create table scratch.bounded (x text) partition by list (x)',
      'create table scratch.bounded_1 partition of scratch.bounded for values in (scratch.bound())',
    ],
    'request-unknown',
  ),
  builder(
    'a domain in a composite type that tells',
    [
      teller('domain_tells'),
      'create domain scratch.telling as int check (scratch.domain_tells(value))',
      'create type scratch.with_telling as (x scratch.telling)',
      `select json_populate_record(null::scratch.with_telling, '{"x": 1}')`,
    ],
    'redacted',
  ),
  builder('a domain in a cast of a row that tells', 'select row(1)::scratch.with_telling', 'redacted'),
  builder(
    'a domain in a list of columns that tells',
    `select * from json_to_record('{"x": 1}') as t(x scratch.telling)`,
    'redacted',
  ),
  builder(
    'a domain in XMLTABLE that tells',
    "select * from xmltable('/a' passing xml '<a>1</a>' columns x scratch.telling path '.')",
    'redacted',
  ),
  builder(
    'a prepared statement’s type that tells',
    ['prepare telling(scratch.telling) as select 1', 'execute telling(1)'],
    'redacted',
  ),
  builder(
    'a constraint that tells when it is validated',
    [
      teller('check_tells'),
      'create table scratch.checked as select 1 as id',
      'alter table scratch.checked add constraint tells check (scratch.check_tells(id)) not valid',
      'alter table scratch.checked validate constraint tells',
    ],
    'redacted',
  ),
  builder(
    'statistics of an expression that tells',
    [
      teller('statistics_tell'),
      'create table scratch.measured as select 1 as id',
      'create statistics scratch.measuring on (scratch.statistics_tell(id)), id from scratch.measured',
      'analyze scratch.measured',
    ],
    'redacted',
  ),
  builder('a cast that nobody names', [
    `create function scratch.as_text(int) returns text stable ${MAIL}`,
    'create cast (int4 as text) with function scratch.as_text(int) as implicit',
    'select upper(1)',
    'insert into scratch.notes (id, body) values (950, 1)',
    'select body from scratch.notes where id = 950',
    'drop cast (int4 as text)',
    'select body from scratch.notes where id = 950',
  ]),
  builder('a column that begins with a default that reads it', [
    'create table scratch.widened as select 1 as id',
    'alter table scratch.widened add column m text default mail_of(1)',
    'select attmissingval::text from pg_attribute where attmissingval is not null',
    'select m from scratch.widened',
  ]),
  builder('a foreign key that passes an update on', [
    'create table scratch.referred (id int primary key, n text unique)',
    "insert into scratch.referred values (1, 'a')",
    'create table scratch.referring (n text references scratch.referred (n) on update cascade)',
    "insert into scratch.referring values ('a')",
    'update scratch.referred r set n = u.email from users u where u.id = r.id',
    'select n from scratch.referring',
  ]),
  builder('an attribute of a type that a table is of', [
    'create type scratch.shape as (e text)',
    'create table scratch.shaped of scratch.shape',
    'insert into scratch.shaped select email from users',
    'alter type scratch.shape rename attribute e to f cascade',
    'select f from scratch.shaped',
  ]),
  builder('a materialised view over a view that is put back', [
    "create view scratch.turning as select 'x'::text as m",
    'create materialized view scratch.kept as select m from scratch.turning with no data',
    'create or replace view scratch.turning as select email as m from users',
    'refresh materialized view scratch.kept',
    "create or replace view scratch.turning as select 'x'::text as m",
    'select m from scratch.kept',
  ]),
  builder('a materialised view over a function that is put back', [
    `create function scratch.turning() returns text stable ${HARMLESS}`,
    'create materialized view scratch.kept_2 as select scratch.turning() as m',
    `create or replace function scratch.turning() returns text stable ${MAIL}`,
    'refresh materialized view scratch.kept_2',
    `create or replace function scratch.turning() returns text stable ${HARMLESS}`,
    'select m from scratch.kept_2',
  ]),
  builder('changed rows by the name of another table', [
    'create table scratch.shadow (id int, email text)',
    'create table scratch.seen (m text)',
    `create function scratch.see() returns trigger language plpgsql set search_path = scratch as
      $$ begin insert into scratch.seen select email from shadow; return null; end $$`,
    'begin',
    `create trigger see after update on users referencing new table as shadow
      for each statement execute function scratch.see()`,
    'update users set name = name',
    'select m from scratch.seen',
  ]),
  builder(
    'a variable that comes before a column',
    [
      'create table scratch.put (m text)',
      `create function scratch.put_it() returns void language plpgsql as $$
        #variable_conflict use_variable
        declare state text; begin select email into state from public.users limit 1;
        insert into scratch.put select state from public.orders; end $$`,
      'select scratch.put_it()',
    ],
    'request-unknown',
  ),
  builder('the default of an argument', [
    "create function scratch.left_out(t text default mail_of(1)) returns text language sql as 'select t'",
    'select * from scratch.left_out()',
    'select scratch.left_out()',
  ]),
  builder('the default of an argument in PL/pgSQL', [
    `create function scratch.left_out_2(t text default mail_of(1)) returns text immutable language plpgsql
      as 'begin return t; end'`,
    'select scratch.left_out_2()',
  ]),
  builder('what a rule says is returned', [
    'create table scratch.ruled_2 (id int, m text)',
    `create rule says as on insert to scratch.ruled_2 do instead
      insert into scratch.notes (id) values (new.id) returning id, mail_of(1)`,
    'insert into scratch.ruled_2 values (1) returning m',
  ]),
  builder('a trigger that calls a function that calls another', [
    'create table scratch.called (id int, m text)',
    "create function scratch.calls() returns text language sql as 'select public.mail_of(1)'",
    `create function scratch.fill() returns trigger language plpgsql as
      'begin new.m := scratch.calls(); return new; end'`,
    'create trigger fill before insert on scratch.called for each row execute function scratch.fill()',
    'insert into scratch.called values (1)',
    'select m from scratch.called',
  ]),
  builder('a schema of the user’s name', [
    'create schema postgres',
    'create view postgres.orders as select email as state from public.users',
    'select state from orders',
    'drop schema postgres cascade',
    'select email from users',
  ]),
  builder(
    'a sequence that a function sets',
    [
      `create function scratch.sets() returns void language plpgsql as
        'begin perform setval(''public.counter'', pin) from public.users; end'`,
      'select scratch.sets()',
    ],
    'mask-impossible',
  ),
  builder(
    'a lock that a function takes',
    [
      `create function scratch.locks() returns void language plpgsql as
        'declare n int; begin select pin into n from public.users limit 1; perform pg_advisory_lock(n); end'`,
      'select scratch.locks()',
    ],
    'mask-impossible',
  ),
];
