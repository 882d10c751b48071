\set n random(1, 50)
\startpipeline
select name from shop.customers where id = :n;
begin;
update shop.orders set total = total + 1 where id = :n;
commit;
select count(*) from shop.orders;
\endpipeline
