\set VERBOSITY verbose
copy shop.customers (id, name, email) to stdout;
copy (select * from public.types) to stdout with (format csv, header, force_quote *);
copy (select id, total from shop.orders order by id limit 3) to stdout with (delimiter '|', null 'NULL');
create temporary table copied (n int, t text);
copy copied from stdin;
1	one
2	two\twith tab
3	\N
4	Grüße ☃
\.
select * from copied order by n;
copy copied from stdin with (format csv);
5,"quoted, ""twice"""
6,
\.
table copied;
copy copied from stdin;
\.
copy copied (n) from stdin;
x
\.
select count(*) from copied;
begin;
copy copied from stdin;
7	seven
\.
rollback;
select count(*) from copied;
create temporary table bulk (n int, t text);
insert into bulk select n, repeat('bulk ', n % 40) from generate_series(1, 30000) n;
\copy bulk to '/dev/null' with (format binary)
\copy bulk to pstdout with (format csv)
\copy (select sum(n), sum(length(t)) from bulk) to pstdout
copy bulk to stdout \g /dev/null
select 1 \; copy (select 2) to stdout \; select 3;
