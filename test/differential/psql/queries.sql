\set VERBOSITY verbose
\pset null '(null)'
select * from public.types;
\x on
select * from public.types limit 1;
\x off
select c.name, t.total from shop.totals t join shop.customers c on c.id = t.customer order by t.total desc limit 5;
select 1 as one \; select 2 as two \; select 3 as three;
select 1 where false;
;
-- only a comment
/* another */
select '' as empty, null as nothing, E'tab\there' as tabbed, 'Grüße ☃ 𝄞' as wide;
select repeat('long ', 200000) as long \g /dev/null
select length(repeat('x', 3000000)) as big;
select count(*), sum(length(t)) from (select repeat('row ', 50) as t from generate_series(1, 20000)) s;
\set FETCH_COUNT 7
select id, name, born from shop.customers order by id;
\unset FETCH_COUNT
select id as "first", name as "second" from shop.customers order by id limit 1 \gset
\echo :first :second
select 'select ' || n from generate_series(1, 3) n \gexec
prepare p (int, text) as select $1 + 1 as sum, upper($2) as upper;
execute p (41, 'answer');
execute p (null, null);
deallocate p;
execute p (1, 'gone');
show client_encoding;
show application_name;
show timezone;
show datestyle;
set datestyle to 'German, DMY';
select date '2024-02-29', timestamptz '2024-02-29 12:00+00';
reset datestyle;
set client_encoding to 'LATIN1';
select convert_to('Grüße', 'LATIN1');
show client_encoding;
set client_encoding to 'UTF8';
select name, setting from pg_settings where source = 'client' order by name;
select current_user, session_user, current_database(), current_schema();
\encoding
explain (costs off) select * from shop.orders where customer = 3 order by placed desc;
table shop.busiest order by 1;
values (1, 'a'), (2, 'b');
with recursive n (i) as (select 1 union all select i + 1 from n where i < 5) select * from n;
do $$ begin raise notice 'a notice'; raise warning 'a warning' using hint = 'a hint', detail = 'a detail'; end $$;
