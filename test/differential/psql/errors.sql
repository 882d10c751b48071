\set VERBOSITY verbose
select * from nowhere;
\errverbose
selec 1;
select 1/0;
insert into shop.customers (name, email) values ('twice', 'c1@example.test');
insert into shop.orders (customer, total, placed) values (1, -1, now());
select 'no such'::shop.status;
select 1 \; select 1/0 \; select 3;
select 4;
begin;
select 1;
select 1/0;
select 2;
commit;
begin;
savepoint a;
insert into shop.events values ('2024-05-05 00:00+00', 'kept');
savepoint b;
insert into shop.events values ('1999-01-01 00:00+00', 'no partition');
rollback to savepoint b;
release savepoint a;
commit;
select count(*) from shop.events;
rollback;
commit;
begin;
begin;
rollback;
begin isolation level serializable read only deferrable;
insert into shop.events values ('2024-05-06 00:00+00', 'read only');
rollback;
begin; select 'one line'; commit;
select 'implicit' \; insert into shop.events values ('2024-07-07 00:00+00', 'rolled back') \; select 1/0;
select count(*) from shop.events where what = 'rolled back';
set statement_timeout = '80ms';
select pg_sleep(10);
reset statement_timeout;
select 'still here';
set role nobody_at_all;
select shop.nothing(1);
lock table shop.orders in access share mode;
\d nothing
select $1;
copy shop.nothing to stdout;
copy (select 1/0) to stdout;
copy shop.events from stdin;
not a date	x
\.
select 'after a failed copy';
