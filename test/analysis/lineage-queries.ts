/** A database with what lineage has to look through: views, a partition, composite types, functions, two schemas. */
export const SCHEMA = `
create table users(id int primary key, name text, email text, phone text, created timestamptz default now(), meta jsonb default '{}', addr text[]);
create table orders(id int primary key, user_id int references users, total numeric, note text, placed date);
create table t(a int, b text, c int);
create table u(a int, d text, b text);
create view v_users as select id, lower(email) as mail, name from users;
create view v_star as select * from v_users;
create materialized view m_users as select id, email from users;
create schema app; create table app.secret(k int, v text);
create type pair as (x int, y text);
create table composite(id int, p pair);
create function stable_fn(int) returns text language sql stable as 'select email from users where id=$1';
create function setof_users() returns setof users language sql stable as 'select * from users';
create table parent(id int, s text) partition by range(id); create table child partition of parent for values from (0) to (10);
insert into users values (1,'a','a@x','1'); insert into t values (1,'x',2); insert into u values (1,'d','e'); insert into orders values(1,1,2,'n');
`;

/** Queries over it, one a line. PostgreSQL 18 runs each of them; what it says of their columns is the expected side. */
export const QUERIES = String.raw`
select * from users
select users.* from users
select u.*, o.id as oid from users u join orders o on o.user_id = u.id
select u.email e, u.name || '' as n, upper(u.email), u.id::text from users u
select email::varchar(10) from users
select cast(email as text) from users
select email as "E", lower(name) from users
select coalesce(email, name), nullif(email, 'x'), greatest(id, 3), least(id,2) from users
select case when id > 1 then email else name end from users
select case when id > 1 then email else name end as c, case id when 1 then 'x' end from users
select (select email from users limit 1)
select (select email from users limit 1) as x, exists(select 1 from users), array(select email from users)
select id in (select user_id from orders) from users
select e from (select email e from users) s
select s.* from (select email e, id + 1 as n from users) s
select * from (select * from users) s(a, b, c)
with x as (select email from users) select * from x
with x(e) as (select email from users) select e, x from x
with x as (select email from users), y as (select email || '!' as z from x) select * from y, x
with recursive r as (select id, email from users union all select r.id + 1, r.email from r where r.id < 3) select * from r
with recursive r(n, e) as (select 1, ''::text union all select n+1, users.email from r join users on users.id = r.n) select * from r
select email from users union select name from users
select email, id from users union all select note, id from orders order by 1
select email from users except select name from users
select email from users intersect all select name from users
(select email from users) union (select 'x' union select name from users)
values (1, 'a'), (2, 'b')
select * from (values (1, 'a')) v
select column2 from (values (1, (select email from users))) v
table users
select t from t
select users from users
select t.*::text from t
select row_to_json(t) from t
select to_jsonb(u) from users u
select json_agg(u) from users u
select jsonb_build_object('e', email) from users
select json_agg(json_build_object('a', a, 'b', b)) from t
select count(*), count(email), max(email), min(id), sum(id), string_agg(email, ',' order by id), array_agg(email) from users
select row_number() over (order by email), lag(email) over (order by id), first_value(name) over w from users window w as (partition by id)
select percentile_disc(0.5) within group (order by email) from users
select mode() within group (order by name) from users
select * from t join u using (a)
select * from t join u using (a, b)
select * from t natural join u
select * from t left join u using (a)
select * from t right join u on t.a = u.a
select * from t full join u using (a)
select j.* from (t join u using (a)) as j
select j.a, j.d from (t join u using (a)) as j(a, b, c, d)
select x.a from t join u using (a) as x
select t.a, u.a, a from t join u using (a)
select * from t cross join u
select * from t, u
select * from t, lateral (select t.b as tb, u.d from u where u.a = t.a) l
select * from users u, lateral (select o.note, u.email as e2 from orders o where o.user_id = u.id) x
select * from generate_series(1, 3) g
select g from generate_series(1, 3) g
select * from generate_series(1,2) with ordinality
select * from generate_series(1,2) with ordinality as g(n, o)
select x from users, unnest(addr) x
select unnest(addr) from users
select * from users, jsonb_each(meta)
select * from users, jsonb_each_text(meta) as j(k, v)
select key, value from users, jsonb_each(meta)
select * from json_to_record('{"a":1}') as x(a int, b text)
select r.a from users, jsonb_to_recordset('[]' || users.meta) as r(a int)
select (jsonb_each(meta)).* from users
select (jsonb_each(meta)).key from users
select (p).x, (p).y from composite
select (t).a, (t).b from t
select (t).* from t
select (u.meta)->>'x', u.meta #>> '{a,b}', u.addr[1], u.addr[1:2] from users u
select array[email, name], row(email, id) from users
select array[email, name] as arr, (row(email, id)) from users
select * from v_users
select mail from v_users
select v.mail, v.* from v_users v
select * from v_star
select * from m_users
select * from app.secret
select secret.v from app.secret
select app.secret.v from app.secret
select stable_fn(1)
select s.email from setof_users() s
select * from rows from (generate_series(1,2), generate_series(3,5)) as r(x, y)
select email from users where id = any (select user_id from orders) order by email limit 1 for update
select distinct on (id) email from users
select id, email from users group by grouping sets ((id, email), ())
select grouping(id), id from users group by rollup (id)
insert into t values (1, 'b', 2) returning *
insert into t(a, b) select id, email from users returning *, b as bb
insert into t(b) values ((select email from users limit 1)) returning b, a
insert into users(id, email) values (2, 'x') on conflict (id) do update set name = excluded.email, phone = (select v from app.secret limit 1) returning name, phone, email
update t set b = users.email from users where users.id = t.a returning t.b, users.id, t.a
update t set b = users.email from users returning *
update t set (a, b) = (select id, email from users limit 1) returning a, b, c
update t set (a, b) = row (1, 'x') returning a, b
delete from t using u where t.a = u.a returning *
delete from t returning b, upper(b)
update t set b = 'x' returning old.b, new.b, old.*, new
update t set b = 'x' returning with (old as o, new as n) o.b, n.b
merge into t using u on t.a = u.a when matched then update set b = u.d when not matched then insert (a, b) values (u.a, u.d) returning *
merge into t using u on t.a = u.a when matched then delete returning merge_action(), t.b, u.d
with d as (delete from t returning b) select * from d
with i as (insert into t(b) select email from users returning *) select b, a from i
select current_user, current_date, current_timestamp, session_user, user, localtime
select version(), now(), 1, 'x', null, true, 1.5, $$a$$
select extract(year from created), created at time zone 'UTC', position('a' in email), substring(email from 1 for 2), trim(email), overlay(email placing 'x' from 1) from users
select email like 'a%', email ~ 'x', id between 1 and 2, id in (1,2), email is null, not true, id = 1 and true, email is distinct from 'x', email similar to 'a' from users
select email collate "C" from users
select xmlelement(name foo, email), xmlforest(email, name), xmlagg(xmlelement(name a)) from users group by email, name
select json_object('a': email), json_array(email, name), json_object('k' value 1) from users
select json_arrayagg(email), json_objectagg(name: email) from users
select json_array(select email from users)
select json_value(meta, '$.a'), json_query(meta, '$.b'), json_exists(meta, '$') from users
select jt.* from users, json_table(meta, '$' columns (a text path '$.a', nested path '$.x[*]' columns (b int path '$.b'))) jt
select x.* from xmltable('/r' passing '<r><a>1</a></r>' columns a text path 'a', n for ordinality) x
select meta is json, json_scalar(id), json_serialize(meta) from users
select ctid, tableoid::regclass, xmin from users
select u.ctid from users u
select name, (select count(*) from orders o where o.user_id = u.id) from users u
select (select o.note from orders o where o.user_id = u.id limit 1) as note, (select u.email) from users u
select 1 as a, 2 as a
select x.email, y.email from users x, users y
select * from users tablesample system (100)
select * from only users
select s from parent
select s, id from child
select p.s from parent p join child c using (id)
select relname, relkind from pg_class
select n.nspname, c.relname, pg_get_userbyid(c.relowner) from pg_catalog.pg_class c left join pg_catalog.pg_namespace n on n.oid = c.relnamespace
select * from pg_tables limit 1
select * from information_schema.columns limit 1
select table_name from information_schema.tables
select a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), (select pg_catalog.pg_get_expr(d.adbin, d.adrelid) from pg_catalog.pg_attrdef d where d.adrelid = a.attrelid and d.adnum = a.attnum) from pg_catalog.pg_attribute a
show all
show search_path
explain select 1
explain (format json) select * from users
with x as materialized (select * from users) select x.email from x
select max(email) over (partition by id), email from users
select (array_agg(email))[1] from users
select (select array_agg(email) from users)[1]
select sum(total) filter (where note is not null) from orders
select u.name from users as u (i, name)
select i, name from users as u (i)
select * from (select email from users) as s (e) join (select note from orders) as s2 on true
select lower(e) from (select lower(email) e from users) q
select lower from (select lower(email) from users) q
select q.lower, "?column?" from (select lower(email), 1 from users) q
select "case" from (select case when true then 1 end) q
select int4 from (select 1::int) q
select email from (select email::text from users) q
with recursive g(a, b) as (select a, b from t union all select g.a, u.b from g join u on u.a = g.a) search breadth first by a set ord cycle a set is_cycle using path select * from g
select * from (with x as (select email from users) select * from x) y
with users as (select 1 as fake) select * from users
with users as (select id as fake from users) select * from users
with t as (select * from users), users as (select a as z from u) select t.email, users.z from t, users
select * from users where id in (with users as (select 1 as id) select id from users)
select interval '1 day', date '2020-01-01', 'x'::text as y, 3::numeric(10,2)
select timestamp '2020-01-01' at time zone 'utc'
select b'1', x'ff', e'\n', U&'\\0061'
select not (id = 1), -id, id + 1, @ id from users
select any_value(email) from users
select u.email, row_number() over () as rn from users u order by rn fetch first 1 row with ties
select (u).email from users u
select u.lower from (select email as lower from users) u
select t.upper from (select 'x' as upper) t
select (email).upper from users
select users.row_to_json from users
`
  .trim()
  .split('\n');
