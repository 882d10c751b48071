import { extended, frame, int16, int32, query, SYNC, startup } from '../support/raw-postgres.ts';
import type { RawRequest, Requests } from './protocol-under-test.ts';

const CANARY = 'c4n4ry-7f3a';

/** Data with a canary in a classified column; every reply of `canaries` is made from it. */
export const SEED = `
create table public.customers (id int primary key, name text, email text);
insert into public.customers values (1, 'Ada', '${CANARY}@planted.test'), (2, 'Bob', 'bob@example.test'), (3, 'Cy', null);
create table public.keep (id int);
insert into public.keep values (1), (2), (3);
`;

function simple(sql: string, readies = 1): RawRequest {
  return { what: sql, bytes: query(sql), readies };
}

function batch(what: string, readies: number, ...messages: readonly Uint8Array[]): RawRequest {
  return { what, bytes: Buffer.concat(messages), readies };
}

const PARSE_NAMED = frame('P', 'named\0', 'select $1::int + 1\0', int16(0));
const BIND_NAMED = frame('B', 'p\0', 'named\0', int16(0), int16(1), int32(2), '41', int16(0));

const CONVERSATION: readonly RawRequest[] = [
  simple("select 1 as one, null as nothing, 'Grüße' as text"),
  simple('select 1; select 2; select 3'),
  simple(''),
  simple('select 1; select 1/0; select 3'),
  simple('selec 1'),
  simple('begin'),
  simple('insert into keep values (4) returning id'),
  simple('select 1/0'),
  simple('select 2'),
  simple('rollback'),
  simple("do $$ begin raise notice 'a notice'; raise warning 'a warning' using hint = 'a hint'; end $$"),
  simple("set timezone to 'Europe/Brussels'"),
  simple("set application_name to 'conformance'"),
  batch('extended, in text', 1, extended('select $1::int + 1, $2::text', ['41', 'ü']), SYNC),
  batch('extended, in binary', 1, extended('select $1::int + 1, now() is null', ['41'], 1), SYNC),
  batch(
    'a named statement and portal',
    1,
    PARSE_NAMED,
    frame('D', 'Snamed\0'),
    BIND_NAMED,
    frame('D', 'Pp\0'),
    frame('E', 'p\0', int32(0)),
    SYNC,
  ),
  batch('the same again, without Parse', 1, BIND_NAMED, frame('E', 'p\0', int32(0)), frame('C', 'Pp\0'), SYNC),
  batch('close and ask for it', 2, frame('C', 'Snamed\0'), SYNC, BIND_NAMED, SYNC),
  simple('begin'),
  batch(
    'a portal fetched in pieces',
    2,
    extended('select n from generate_series(1, 5) n', [], 0, 2),
    frame('E', '\0', int32(2)),
    SYNC,
    frame('E', '\0', int32(0)),
    SYNC,
  ),
  simple('commit'),
  batch(
    'a pipeline with an error in the middle',
    2,
    extended('select 1'),
    extended('select 1/$1::int', ['0']),
    extended('select 3'),
    SYNC,
    extended('select 4'),
    SYNC,
  ),
  batch('flush before sync', 1, extended('select 1'), frame('H'), extended('select 2'), frame('H'), SYNC),
  batch('sync alone', 1, SYNC),
  simple('copy keep to stdout'),
  simple('copy (select n from generate_series(1, 3) n) to stdout (format binary)'),
  batch('copy in', 1, query('copy keep from stdin'), frame('d', '7\n8\n'), frame('d', '9\n'), frame('c')),
  batch(
    'copy in that the client gives up',
    1,
    query('copy keep from stdin'),
    frame('d', '10\n'),
    frame('f', 'no more\0'),
  ),
  batch('copy in of what is no number', 1, query('copy keep from stdin'), frame('d', 'x\n'), frame('c')),
  simple('select count(*), sum(id) from keep'),
  simple("select repeat('x', 300000)"),
  simple('delete from keep where id > 3'),
];

const DENIED: readonly RawRequest[] = [
  simple('drop table keep'),
  simple('select 1; DROP /* hidden */ TABLE "keep"; select 2'),
  batch('drop by the extended protocol', 1, extended('drop table keep'), SYNC),
  batch(
    'drop in a pipeline',
    2,
    extended('select 1'),
    extended('drop table keep'),
    extended('select 2'),
    SYNC,
    extended('select 3'),
    SYNC,
  ),
  batch(
    'drop as a named statement',
    1,
    frame('P', 'd\0', 'drop table keep\0', int16(0)),
    frame('B', '\0', 'd\0', int16(0), int16(0), int16(0)),
    frame('E', '\0', int32(0)),
    SYNC,
  ),
  simple('prepare d as select 1; drop table keep'),
];

const HELD: readonly RawRequest[] = [
  simple('delete from keep where id > 90'),
  simple("select 1; delete from keep where id > 91; select 'after'"),
  batch('delete by the extended protocol', 1, extended('delete from keep where id > $1::int', ['92']), SYNC),
  batch(
    'delete in a pipeline',
    2,
    extended('select 1'),
    extended('delete from keep where id > 93'),
    SYNC,
    extended('select 3'),
    SYNC,
  ),
];

const UNKNOWN: readonly RawRequest[] = [
  simple("do $$ begin execute 'drop table ' || current_setting('app.doomed'); end $$"),
  simple('this is no statement'),
  batch('no statement, extended', 1, extended('this is no statement'), SYNC),
];

const UNSUPPORTED: readonly RawRequest[] = [
  batch('FunctionCall', 1, frame('F', int32(1598), int16(0), int16(0), int16(0))),
];

const SHAPES: readonly RawRequest[] = [
  simple('select email from customers where id = 1'),
  simple('select * from customers where id = 1'),
  simple(
    'select email as harmless, upper(email), email || name, left(email, 8), reverse(reverse(email)) from customers where id = 1',
  ),
  simple('select c from customers c where id = 1'),
  simple('select row_to_json(c), to_jsonb(c), json_agg(c) over () from customers c where id = 1'),
  simple('with w as (select email as e from customers) select e from w union all select e from w'),
  simple("select array_agg(email), string_agg(email, ',') from customers"),
  simple('select (select email from customers where id = 1), coalesce(email, name) from customers where id = 1'),
  batch('text, extended', 1, extended('select id, email from customers where id = $1::int', ['1']), SYNC),
  batch('binary', 1, extended('select id, email from customers where id = $1::int', ['1'], 1), SYNC),
  simple('begin; declare c cursor for select email from customers; fetch all from c; commit'),
  simple('copy customers to stdout'),
  simple('copy customers to stdout (format csv, header)'),
  simple('copy customers to stdout (format binary)'),
  simple('copy (select email from customers) to stdout'),
  simple('select email::int from customers where id = 1'),
  simple('insert into customers select id, name, email from customers'),
  simple(
    "do $$ declare e text; begin select email into e from customers where id = 1; raise notice 'saw %', e; end $$",
  ),
  simple(
    "do $$ declare e text; begin select email into e from customers where id = 1; raise exception 'saw %', e using detail = e, hint = e; end $$",
  ),
  simple("listen news; select pg_notify('news', email) from customers where id = 1; select 1"),
  simple('update customers set name = name where id = 1 returning email'),
  simple('explain (analyze, verbose, costs off, timing off, summary off) select email from customers'),
];

const BEFORE_LOGIN: readonly RawRequest[] = [
  { what: 'text of another protocol', bytes: Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'), readies: 0 },
  { what: 'a length below its own size', bytes: Buffer.from([0, 0, 0, 3, 0, 3, 0, 0]), readies: 0 },
  { what: 'a length of two gigabytes', bytes: Buffer.from([0x7f, 0xff, 0xff, 0xff, 0, 3, 0, 0]), readies: 0 },
  { what: 'a negative length', bytes: Buffer.from([0xff, 0xff, 0xff, 0xff, 0, 3, 0, 0]), readies: 0 },
  {
    what: 'parameters without an end',
    bytes: Buffer.concat([int32(16), int32(196_608), Buffer.from('user\0abc')]),
    readies: 0,
  },
  {
    what: 'a login before it was asked for',
    bytes: Buffer.concat([startup({ user: 'x', database: 'shop' }), query('select 1')]),
    readies: 0,
  },
  { what: 'protocol 2', bytes: Buffer.concat([int32(12), int32(131_072), int32(0)]), readies: 0 },
  { what: 'a thousand bytes of 255', bytes: Buffer.alloc(1000, 255), readies: 0 },
];

const AFTER_LOGIN: readonly RawRequest[] = [
  { what: 'an unknown type of message', bytes: frame('y', 'what'), readies: 1 },
  {
    what: 'a length of two gigabytes',
    bytes: Buffer.concat([Buffer.from('Q'), int32(0x7fffffff), Buffer.alloc(100, 'x')]),
    readies: 1,
  },
  { what: 'a negative length', bytes: Buffer.concat([Buffer.from('Q'), int32(-5)]), readies: 1 },
  { what: 'a Query without its end', bytes: frame('Q', 'select 1'), readies: 1 },
  {
    what: 'a Bind that counts more than it brings',
    bytes: Buffer.concat([frame('B', '\0\0', int16(0), int16(30_000)), SYNC]),
    readies: 1,
  },
  { what: 'a Parse cut short', bytes: Buffer.concat([frame('P', 'a'), SYNC]), readies: 1 },
  {
    what: 'COPY data out of place',
    bytes: Buffer.concat([frame('d', 'x'), frame('c'), frame('Z', 'I'), SYNC]),
    readies: 1,
  },
  { what: 'text that is not UTF-8', bytes: frame('Q', Buffer.from([0x73, 0xff, 0xfe, 0x00])), readies: 1 },
];

export const REQUESTS: Requests = {
  conversation: CONVERSATION,
  permitted: simple("select 'permitted'"),
  permittedReached: /'permitted'/,
  denied: DENIED,
  deniedKind: 'drop',
  deniedReached: /drop/i,
  held: HELD,
  heldKind: 'delete',
  tellsWaiting: true,
  heldReached: /(?<!EXPLAIN \(FORMAT JSON\) )delete from keep/,
  marker: 'keep',
  unknown: UNKNOWN,
  unsupported: UNSUPPORTED,
  canaries: SHAPES,
  canary: CANARY,
  large: (bytes) => simple(`select repeat('x', 1000) from generate_series(1, ${Math.ceil(bytes / 1000)})`),
  hanging: batch('rows, then nothing', 1, extended('select 1'), frame('H'), extended('select pg_sleep(30)'), SYNC),
  garbage: { beforeLogin: BEFORE_LOGIN, afterLogin: AFTER_LOGIN },
  codes: {
    badClaim: '28P01',
    noTarget: '3D000',
    denied: '42501',
    withdrawn: '57014',
    unrecorded: '58030',
    upstreamUnavailable: '08006',
    upstreamLost: '08006',
  },
};
