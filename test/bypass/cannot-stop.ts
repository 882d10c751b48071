/** A way of learning about masked values that masks cannot close, and what a policy says to close it. */
export interface Channel {
  /** As docs/security/what-masking-cannot-stop.md lists it. */
  readonly what: string;
  readonly sql: string;
  /** The word of a rule that is about it. */
  readonly rule: 'filters' | 'writes';
}

const filters = (what: string, sql: string): Channel => ({ what, sql, rule: 'filters' });

export const CHANNELS: readonly Channel[] = [
  filters('counting what a condition finds', "select count(*) from users where email like 'k%'"),
  filters('the rows that a condition finds', "select id from users where substr(email, 1, 1) = 'k'"),
  filters(
    'a row for each letter that fits',
    "select u.id, n, c from users u, generate_series(1, 20) n, (values ('k'), ('q'), ('z')) x(c) where substr(u.email, n, 1) = c",
  ),
  filters('a join by the value', 'select o.id from orders o join users u on u.id = o.user_id and u.pin > 700000'),
  filters('a join USING it', "select x.n from users join (values ('k', 1)) x(email, n) using (email)"),
  filters(
    'a semijoin',
    "select id from orders o where exists (select 1 from users u where u.id = o.user_id and u.email like 'k%')",
  ),
  filters(
    'an outer join whose other side is missing',
    "select u.id, o.id from orders o left join users u on u.email like 'k%'",
  ),
  filters('IN with a subquery', "select 1 where 'kqzvwxjhmr@planted.test' in (select email from users)"),
  filters('the order of rows', 'select id from users order by email'),
  filters('the order by a condition', "select id from users order by (email like 'k%')"),
  filters('the rank within a window', 'select id, rank() over (order by pay) from users'),
  filters('the groups of a window', 'select id, count(*) over (partition by left(email, 1)) from users'),
  filters('the size of groups', 'select count(*) from users group by left(email, 1)'),
  filters('HAVING', "select count(*) from users having max(email) like 'k%'"),
  filters('FILTER of an aggregate', "select count(*) filter (where email like 'k%') from users"),
  filters('counting distinct values', 'select count(distinct left(email, 1)) from users'),
  filters('DISTINCT', 'select distinct left(email, 1) from users'),
  filters('UNION without ALL', "select email from users union select 'kqzvwxjhmr@planted.test'"),
  filters('INTERSECT', "select email from users intersect select 'kqzvwxjhmr@planted.test'"),
  filters(
    'as many rows as a letter’s code',
    'select count(*) from users u, generate_series(1, ascii(u.email)) group by u.id',
  ),
  filters(
    'as many rows, by a function in the list of columns',
    'select id, generate_series(1, ascii(email)) from users',
  ),
  filters(
    'LIMIT by the value',
    'select 1 from generate_series(1, 200) limit (select ascii(email) from users where id = 1)',
  ),
  filters(
    'an error for some values and not for others',
    "select 1 from users where 1 / (case when email like 'k%' then 0 else 1 end) = 1",
  ),
  filters('an error in the list of columns', "select 1 / (case when email like 'k%' then 0 else 1 end) from users"),
  filters(
    'the time that a condition takes',
    "select id from users where email like 'k%' and pg_sleep(0.01) is not null",
  ),
  filters('sleeping as long as the value says', 'select pg_sleep(ascii(email) / 100000.0) from users'),
  filters('how many rows an UPDATE finds', "update scratch.notes n set id = 1 from users u where u.email like 'k%'"),
  filters('how many rows a DELETE finds', "delete from scratch.notes using users u where u.email like 'k%'"),
  filters(
    'which branch a MERGE takes',
    'merge into scratch.notes n using users u on n.body = u.email when matched then do nothing',
  ),
  filters('the estimate of a plan', "explain select 1 from users where email < 'm'"),
  filters('the rows that a plan counted', "explain (analyze, timing off) select 1 from users where email like 'k%'"),
  filters('a condition on a view', "select id from contacts where mail like 'k%'"),
  filters(
    'a condition within a function of the database',
    'select plus_one(1) from users where plus_one(pin) > 700000',
  ),
  filters('COPY of a query with a condition', "copy (select id from users where email like 'k%') to stdout"),
  filters('a cursor with a condition', "declare c cursor with hold for select id from users where email like 'k%'"),
  {
    what: 'whether a value is there already, by a unique index',
    sql: "insert into users (id, name, email) values (98, 'x', 'kqzvwxjhmr@planted.test')",
    rule: 'writes',
  },
  {
    what: 'what a mask keeps of a value that was written over',
    sql: 'update users set phone = left(phone, 9)',
    rule: 'writes',
  },
];
