import postgres, { type PostgresError } from 'postgres';
import { clientConfig, type Endpoint } from '../endpoint.ts';

/** What postgres.js can do on the wire (pipelines by default); returns what it saw. */
export async function postgresJs(endpoint: Endpoint): Promise<string> {
  const seen: unknown[] = [];
  const { host, port, user, password, database, ssl } = clientConfig(endpoint);
  const sql = postgres({
    host,
    port,
    user,
    password,
    database,
    ssl: ssl ?? false,
    max: 1,
    onnotice: ({ severity, code, message }) => seen.push(['notice', severity, code, message]),
  });
  try {
    await queries(sql, seen);
    await pipelines(sql, seen);
    await transactions(sql, seen);
    await copies(sql, seen);
    await cancel(sql, seen);
  } finally {
    await sql.end({ timeout: 5 });
  }
  return seen.map((item) => JSON.stringify(item)).join('\n');
}

type Sql = ReturnType<typeof postgres>;

async function queries(sql: Sql, seen: unknown[]): Promise<void> {
  const types = await sql`select b, i2, i4, i8, f8, n, t, y, d, u, j, jb, a from public.types`;
  seen.push(
    types.columns.map(({ name, type }) => [name, type]),
    types,
  );
  seen.push(
    await sql`select ${41}::int + 1 as n, ${'ü'} as t, ${sql.json({ a: [1] })}::jsonb as j, ${[1, 2]}::int[] as a`,
  );
  for (const id of [1, 2, 3, 4]) seen.push(await sql`select name from shop.customers where id = ${id}`);
  seen.push(await sql.unsafe('select 1 as a; select 2 as b'));
  const inserted = await sql`insert into shop.customers ${sql([{ name: 'one' }, { name: 'two' }])} returning name`;
  seen.push(inserted.command, inserted.count, inserted);
  seen.push((await sql`select name from shop.customers where id = ${1}`.describe()).columns.map(({ name }) => name));
  seen.push(await sql`select n from generate_series(1, 3) n`.simple());
  let rows = 0;
  await sql`select n from generate_series(1, 100) n`.cursor(7, (batch) => {
    rows += batch.length;
  });
  seen.push(rows);
  await sql`do $$ begin raise notice 'said'; end $$`;
}

async function pipelines(sql: Sql, seen: unknown[]): Promise<void> {
  const results = await Promise.allSettled(
    Array.from({ length: 60 }, (_, n) => sql`select 100 / ${n === 30 ? 0 : n + 1}::int as q`),
  );
  seen.push(
    results.map((result) => (result.status === 'fulfilled' ? result.value : (result.reason as PostgresError).code)),
  );
  const different = await Promise.allSettled([
    sql`select 1 as one`,
    sql`selec`,
    sql`select * from nowhere`,
    sql`select ${'x'}::int`,
    sql`select 5 as five`,
  ]);
  seen.push(
    different.map((result) => (result.status === 'fulfilled' ? result.value : (result.reason as PostgresError).code)),
  );
}

async function transactions(sql: Sql, seen: unknown[]): Promise<void> {
  const failed = await sql
    .begin(async (tx) => {
      await tx`insert into shop.events values ('2024-10-01', 'gone')`;
      await tx.savepoint(async (point) => point`select 1/0`).catch((error: PostgresError) => seen.push(error.code));
      seen.push(await tx`select 'still in the transaction' as a`);
      await tx`select * from nowhere`;
    })
    .catch((error: PostgresError) => error.code);
  seen.push(failed, await sql`select count(*) from shop.events where what = 'gone'`);
}

async function copies(sql: Sql, seen: unknown[]): Promise<void> {
  await sql.unsafe('create temporary table copied (n int, t text)');
  const writable = await sql`copy copied from stdin`.writable();
  await new Promise<void>((resolve, reject) => {
    writable.on('finish', resolve).on('error', reject);
    for (let n = 0; n < 500; n++) writable.write(`${n}\trow ${n}\n`);
    writable.end();
  });
  const readable = await sql`copy (select * from copied order by n) to stdout`.readable();
  let text = '';
  for await (const piece of readable) text += String(piece);
  seen.push(text.length, text.slice(0, 40));
}

/** Asks again until it took, for the first may come before the statement has begun. */
async function cancel(sql: Sql, seen: unknown[]): Promise<void> {
  const slow = sql`select pg_sleep(20)`;
  const timer = setInterval(() => slow.cancel(), 200);
  const code = await slow.catch((error: PostgresError) => error.code);
  clearInterval(timer);
  seen.push(code, await sql`select 'alive' as a`);
}
