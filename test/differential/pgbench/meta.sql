\set n random(1, 50)
select id, name from shop.customers where id = :n \gset c_
select total as total_a from shop.orders where id = :c_id \; select customer as customer_b from shop.orders where id = :c_id \aset
\if :customer_b > 10
update shop.orders set total = total + 1 where id = :c_id;
\else
update shop.orders set total = total + 2 where id = :c_id;
\endif
