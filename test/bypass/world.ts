import type { ClassifiedColumn } from '../../src/model/target.ts';
import type { Policy } from '../../src/policy/policy.ts';

/** What is planted in the classified columns, a value a row: nothing of it may reach a client. */
export const CANARIES = {
  email: ['kqzvwxjhmr@planted.test', 'wyxqvkzpdj@planted.test'],
  phone: ['+99 8471 362 950', '+99 5038 927 164'],
  born: ['1937-08-26', '1942-11-17'],
  pay: ['918273.64', '807162.53'],
  pin: ['736284', '591837'],
  token: ['7e3d91b6-48f2-4ca5-9e07-d1b86f23a954', 'b8f25c07-93e1-4d6a-8c42-e70a95d1f386'],
  secret: ['zjwqkxvphn', 'xhqzjvkwmp'],
  street: ['vxqjzwkhpl', 'hjzqxwvkmd'],
} as const;

const { email, phone, born, pay, pin, token, secret, street } = CANARIES;

function row(i: 0 | 1): string {
  return `(${i + 1}, 'User ${i + 1}', '${email[i]}', '${phone[i]}', '${born[i]}', ${pay[i]}, ${pin[i]}, '${token[i]}',
    '${secret[i]}', '{"street": "${street[i]}", "floors": [1, 2]}', array['${email[i]}', 'blue'])`;
}

export const SCHEMA = `
create table public.users (
  id int primary key, name text not null, email text not null unique, phone varchar(40), born date, pay numeric(12,2),
  pin int, token uuid, secret bytea, profile jsonb, tags text[]);
insert into public.users values ${row(0)}, ${row(1)};
create table public.orders (id int primary key, user_id int references public.users, total numeric, state text);
insert into public.orders values (1, 1, 10, 'open'), (2, 2, 20, 'paid');
create table public.logs (id int generated always as identity, message text);
create view public.contacts as select id, email as mail, upper(name) as name from public.users;
create view public.initials as select id, substr(email, 1, 3) as three from public.users;
create materialized view public.snapshot as select id, email as address from public.users;
create function public.mail_of(int) returns text stable language sql as 'select email from public.users where id = $1';
create function public.mail_of_plpgsql(i int) returns text stable language plpgsql as
  'begin return (select email from public.users where id = i); end';
create function public.shout(t text) returns int immutable language plpgsql as
  $$ begin raise exception 'nobody is called %', t; end $$;
create function public.whisper(t text) returns int immutable language plpgsql as
  $$ begin raise notice 'nobody is called %', t; return 1; end $$;
create function public.forge(t text) returns int immutable language plpgsql as
  $$ begin raise exception using errcode = '23505', message = 'duplicate key value violates unique constraint "' || t || '"',
     detail = 'Key (id)=(' || t || ') already exists.', constraint = t, hint = t; end $$;
create function public.log_it(t text) returns text language plpgsql as
  $$ begin insert into public.logs (message) values (t); return t; end $$;
create function public.plus_one(i int) returns int immutable language sql as 'select i + 1';
create function public.copy_name() returns trigger language plpgsql as
  $$ begin insert into public.logs (message) values (new.email); return new; end $$;
create trigger users_logged after update on public.users for each row execute function public.copy_name();
create sequence public.counter;
create schema scratch;
create table scratch.notes (id int, body text);
create table scratch.wide (id int, body text, number int, amount numeric, at date);
create table scratch.strict (id int, body text unique, number int check (number < 10));
insert into scratch.strict values (1, 'taken', 1);
create extension if not exists hstore;
create extension if not exists pg_trgm;
`;

const column = (name: string, of: string, mask?: ClassifiedColumn['mask']): ClassifiedColumn => ({
  schema: 'public',
  table: 'users',
  column: name,
  class: of,
  ...(mask && { mask }),
});

export const CLASSIFIED: readonly ClassifiedColumn[] = [
  column('email', 'mail'),
  column('phone', 'telephone', 'partial'),
  column('born', 'person'),
  column('pay', 'person', 'partial'),
  column('pin', 'person'),
  column('token', 'person', 'hash'),
  column('secret', 'person'),
  column('profile', 'person', 'partial'),
  column('tags', 'person'),
];

const MASK = ['mail', 'telephone', 'person'];
const rule = (name: string, more: Partial<Policy>): Policy => ({
  name,
  principals: 'any',
  targets: 'any',
  effect: 'permit',
  ...more,
});

const NO_SIDE_DOORS = rule('no side doors', {
  effect: 'deny',
  flags: [
    'copy-program',
    'copy-file',
    'file-access',
    'large-object',
    'do-block',
    'dynamic-sql',
    'dynamic-setting',
    'dblink',
    'foreign-access',
    'untrusted-language',
    'parser-setting',
    'set-role',
    'session-replication-role',
    'superuser-setting',
    'row-security',
    'row-security-setting',
    'terminate-backend',
    'sensitive-catalog',
    'advisory-lock',
    'notify',
  ],
});

const READS = rule('reads are masked', { operations: ['read'], mask: MASK });
const SESSIONS = rule('sessions', { operations: ['session', 'transaction'], mask: MASK });
const SCRATCH = rule('scratch is theirs', {
  operations: ['insert', 'update', 'delete', 'merge', 'copy-in', 'returning', 'truncate'],
  tables: [{ table: 'scratch.*' }, { table: 'public.*', use: 'read' }],
  mask: MASK,
});

/**
 * Who asks. `reader`: what an agent should be given. `builder`: it may also define and change anything, so that what it
 * builds must not help it. `anything`: even what nobody can look into is permitted, and the masks stand alone.
 */
export const PROFILES: Readonly<Record<'reader' | 'builder' | 'anything', readonly Policy[]>> = {
  reader: [READS, SESSIONS, SCRATCH, NO_SIDE_DOORS],
  builder: [rule('builders build', { operations: ['read', 'write', 'ddl', 'session', 'transaction'], mask: MASK })],
  anything: [rule('anything goes', { operations: ['any', 'unknown'], mask: MASK })],
};

export type Profile = keyof typeof PROFILES;
