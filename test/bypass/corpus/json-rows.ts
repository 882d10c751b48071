import type { Attempt } from '../attempt.ts';

const masked = (what: string, sql: string, more: Partial<Attempt> = {}): Attempt => ({
  what,
  sql,
  stop: 'masked',
  ...more,
});

/** A whole row under names that another column of it has: what `id` is in the text is the e-mail in the table. */
const TURNED = 'users u (email, name, id, phone, born, pay, pin, token, secret, profile, tags)';
/** An object with exactly the keys of a row of `contacts`, which are values. */
const CHOSEN = "jsonb_build_object('id', email, 'mail', 1, 'name', phone)";

/** JSON of whole rows keeps its structure, so that what looks like it and is something else must not. */
export const JSON_ROWS: readonly Attempt[] = [
  masked('to_jsonb of a row', 'select to_jsonb(u) from users u'),
  masked('to_json of a row by its star', 'select to_json(u.*) from users u'),
  masked('jsonb_agg of rows', 'select jsonb_agg(u order by email) filter (where pin > 0) from users u'),
  masked('JSON of a row in binary', 'select row_to_json(u), to_jsonb(u) from users u', { by: 'binary' }),
  masked('JSON of rows in binary', 'select json_agg(u), jsonb_agg(distinct u) from users u', { by: 'binary' }),
  masked('JSON of a row of a view', 'select to_jsonb(c), row_to_json(i) from contacts c join initials i using (id)'),
  masked('JSON of a row of a CTE', 'with x as (select id, email as e from users) select to_jsonb(x) from x'),
  masked('JSON of a row passed on', 'select j from (select to_jsonb(u) as j from users u) s'),
  masked('JSON of a row taken apart outside', "select j -> 'email' from (select to_jsonb(u) as j from users u) s"),
  masked('names turned by an alias of the table', `select to_jsonb(u) from ${TURNED}`),
  masked('names turned by an alias, in JSON', `select row_to_json(u) from ${TURNED}`),
  masked('names turned in a subquery', 'select to_jsonb(s) from (select email as id, id as email from users) s'),
  masked('names turned by a subquery’s alias', 'select to_jsonb(s) from (select email, id from users) s (id, email)'),
  masked('names turned by a CTE', 'with s (id, email) as (select email, id from users) select to_jsonb(s) from s'),
  masked('names turned within a subquery', `select to_jsonb(s) from (select * from ${TURNED}) s`),
  masked('names turned by a view', 'select to_jsonb(v) from v', {
    as: 'builder',
    sql: ['create view v (email, id) as select id, email from users', 'select to_jsonb(v), row_to_json(v) from v'],
  }),
  masked(
    'names turned in the second arm of a UNION ALL',
    `select to_jsonb(s), row_to_json(s) from (select id::text as a, name as b from users
      union all select email as b, id::text as a from users) s`,
  ),
  masked(
    'names turned in the second arm of a UNION',
    'select to_jsonb(s) from (select state as a, state as b from orders union select email as b, email as c from users) s',
  ),
  masked(
    'names turned in a recursive CTE',
    `with recursive s as (select 1 as n, name as a, name as b from users
      union all select n + 1, email as b, u.name as a from s, users u where n < 2) select to_jsonb(s) from s`,
  ),
  masked(
    'rows out of a sort',
    `select to_jsonb(s), row_to_json(t) from (select id as a, email as b from users order by email limit 5) s,
    (select email as a, id as b from users order by email limit 5) t`,
  ),
  masked('two columns of one name', 'select to_jsonb(s) from (select id as a, email as a from users) s'),
  masked(
    'two columns of one name, the value first',
    'select row_to_json(s) from (select email as a, 1 as a from users) s',
  ),
  masked(
    'a star with a column named like another',
    'select row_to_json(s) from (select *, email as name from users) s',
  ),
  masked('a join with columns of one name', 'select to_jsonb(j) from (users u join contacts c using (id)) j'),
  masked(
    'a column that is called like the row',
    `select to_jsonb(mail) from (select id, ${CHOSEN} as mail, name from users) mail`,
  ),
  masked(
    'a column further out that is called like the row',
    `select (select j from (select to_jsonb(c) as j from contacts c limit 1) s)
    from (select ${CHOSEN} as c from users) x`,
  ),
  masked(
    'a lateral column that is called like the row',
    `select y.j from (select ${CHOSEN} as c from users) x,
    lateral (select to_jsonb(c) as j from contacts c) y`,
  ),
  masked(
    'a column that is called like the function',
    `select to_json(s) from (select id, 1 as mail, ${CHOSEN}::json as to_json from users) s`,
  ),
  masked('keys that are values', 'select to_jsonb(json_build_object(email, id)) from users'),
  masked(
    'keys that are values within a leaf',
    'select to_jsonb(s) from (select id, json_build_object(email, 1) as k from users) s',
  ),
  masked('json_build_object in the shape of a row', "select json_build_object('id', email, 'name', name) from users"),
  masked(
    'jsonb_object_agg in the shape of a row',
    "select jsonb_object_agg(x.k, x.v) from users, lateral (values ('id', email)) x(k, v)",
  ),
  masked(
    'CASE between rows',
    'select case when u.pin > 600000 then to_jsonb(u) else to_jsonb(o) end from users u, orders o',
  ),
  masked('a row or NULL', "select case when u.email like 'k%' then to_jsonb(u) end from users u"),
  masked(
    'CASE between a row and values',
    `select case when c.id > 1 then to_jsonb(c) else (select ${CHOSEN} from users limit 1) end from contacts c`,
  ),
  masked(
    'a row or values',
    `select coalesce(nullif(to_jsonb(c), to_jsonb(c)), (select ${CHOSEN} from users limit 1)) from contacts c`,
  ),
  masked('NULLIF of a row', 'select nullif(to_jsonb(u), to_jsonb(v)) from users u, users v'),
  masked('UNION of rows as JSON', `select to_jsonb(c) from contacts c union all select ${CHOSEN} from users`),
  masked(
    'a CTE that is JSON of rows and then of values',
    `with recursive x (n, j) as (select 1, to_jsonb(c) from contacts c
    union all select n + 1, ${CHOSEN} from x, users where n < 2) select j from x`,
  ),
  masked('a row without a key', "select to_jsonb(u) - 'email' from users u"),
  masked('a row without keys that are values', 'select to_jsonb(u) - array[email] from users u'),
  masked('a row with more', "select to_jsonb(u) || jsonb_build_object('name', email) from users u"),
  masked('a row with a value set', "select jsonb_set(to_jsonb(u), '{name}', to_jsonb(email)) from users u"),
  masked('a row as text and back', "select replace(row_to_json(u)::text, 'email', 'name')::json from users u"),
  masked(
    'a row without its NULLs',
    "select json_strip_nulls(row_to_json(s)) from (select id, nullif(left(email, 1), 'k') as k from users) s",
  ),
  masked('a row in lines', 'select row_to_json(u, true) from users u'),
  masked('rows of rows', 'select json_agg(s) from (select id, u from users u) s'),
  masked(
    'a leaf that is made of a row',
    "select to_jsonb(s) from (select id, to_jsonb(u) -> 'email' as e from users u) s",
  ),
  masked('an array of rows as JSON', 'select to_jsonb(array_agg(u)) from users u'),
  masked('array_to_json of rows', 'select array_to_json(array_agg(u)) from users u'),
  masked('JSON_ARRAYAGG of rows', 'select json_arrayagg(u) from users u'),
  masked('a window of rows', 'select jsonb_agg(u) over (order by email) from users u'),
  masked('a row by attribute notation', 'select u.to_jsonb from users u'),
  masked('a row of a function', 'select to_jsonb(m) from mail_of(1) m'),
  masked(
    'a row of an outer join',
    'select to_jsonb(u) from orders o left join users u on u.id = o.user_id and o.id = 1',
  ),
  masked(
    'rows of an outer join',
    'select jsonb_agg(u) from orders o left join users u on u.id = o.user_id and o.id = 1',
  ),
  masked(
    'a row of which all is NULL',
    "select to_jsonb(u) from orders o left join (select nullif(left(email, 1), 'k') as k, id from users) u on true",
  ),
  masked('which leaf is NULL', "select to_jsonb(s) from (select id, nullif(left(email, 1), 'k') as k from users) s"),
  masked(
    'the type of a leaf',
    `select to_jsonb(s) from
    (select id, case when email like 'k%' then '1'::jsonb else '[1, 2]' end as k from users) s`,
  ),
  masked(
    'a leaf with hostile JSON',
    `select row_to_json(s) from
    (select '{"email": "x"}, "email": {"a": "}"}'::text as a, '{"email": 1, "a": [{"\\"": "]}"}]}'::json as b, email from users) s`,
  ),
  masked(
    'a JSON column of values beside others',
    `select row_to_json(s) from
    (select '{ "b" :  {"email":{}} }'::json as a, profile as b, 1 as email from users) s`,
  ),
  masked(
    'names with quotes, braces and escapes',
    `select to_jsonb(s), row_to_json(s) from
    (select email as "a"":{", 1 as "\\", profile as "\\u0061", 2 as "},{" from users) s`,
  ),
  masked(
    'names that are not ASCII',
    'select to_jsonb(s), row_to_json(s) from (select email as "ключ", 1 as "é", 2 as "zz" from users) s',
  ),
  masked('letters that end with a backslash', '', {
    sql: [
      "set client_encoding to 'SJIS'",
      `select row_to_json(s), to_jsonb(s) from
        (select convert_from('\\x835c', 'SJIS') as a, email as b, convert_from('\\x835c', 'SJIS') as c from users) s`,
    ],
  }),
  masked('a function that takes the place of to_jsonb', '', {
    as: 'builder',
    sql: [
      `create function public.to_jsonb(c contacts) returns jsonb language sql as
        $$ select ${CHOSEN} from users where id = c.id $$`,
      'select to_jsonb(c) from contacts c',
      'drop function public.to_jsonb(contacts)',
      'select to_jsonb(c) from contacts c',
    ],
  }),
  masked('columns whose names change places', '', {
    as: 'builder',
    sql: [
      'create table turned as select id, email from users',
      'alter table turned rename id to i; alter table turned rename email to id; alter table turned rename i to email',
      'select to_jsonb(t), row_to_json(t) from turned t',
    ],
  }),
];
