import { Client, type ClientConfig, type DatabaseError, Query, type QueryConfig } from 'pg';
import { clientConfig, type Endpoint } from '../endpoint.ts';

/** What node-postgres can do on the wire; returns what it saw. */
export async function nodePostgres(endpoint: Endpoint): Promise<string> {
  const seen: unknown[] = [];
  const client = new Client(clientConfig(endpoint) satisfies ClientConfig);
  client.on('notice', (notice) => seen.push(['notice', notice.severity, notice.code, notice.message]));
  client.on('notification', (message) => seen.push(['notification', message.channel, message.payload]));
  await client.connect();
  try {
    await queries(client, seen);
    await errors(client, seen);
    await transactions(client, seen);
    await streamed(client, seen);
  } finally {
    await client.end();
  }
  return seen.map((item) => JSON.stringify(item)).join('\n');
}

async function queries(client: Client, seen: unknown[]): Promise<void> {
  const keep = async (text: string, values?: unknown[]): Promise<void> => {
    const { command, rowCount, fields, rows } = await client.query<unknown[]>({
      text,
      values: values ?? [],
      rowMode: 'array',
    });
    seen.push([
      command,
      rowCount,
      fields.map((field) => [field.name, field.dataTypeID, field.tableID === 0, field.columnID]),
      rows,
    ]);
  };
  await keep('select * from public.types');
  await keep('select $1::int + 1, $2::text, $3::bytea, $4::jsonb', [41, null, Buffer.from([0, 255]), { a: ['ü'] }]);
  await keep('insert into shop.customers (name) values ($1) returning name', ['from node']);
  await keep('update shop.orders set status = $1 where customer = $2 returning id', ['sent', 4]);
  await keep('');
  const many = await client.query('select 1 as a; select 2 as b; delete from shop.orders where id = 1');
  seen.push((Array.isArray(many) ? many : [many]).map((result) => [result.command, result.rowCount, result.rows]));
  for (const id of [1, 2, 3]) {
    const { rows } = await client.query({
      name: 'by-id',
      text: 'select name from shop.customers where id = $1',
      values: [id],
    });
    seen.push(rows);
  }
  // The option is missing from the types.
  const inBinary = { text: 'select $1::int8 as n, $2::float8 as f', values: [7, 1.5], binary: true } as QueryConfig;
  const binary = await client.query(inBinary);
  seen.push(binary.rows);
  await client.query('listen news');
  await client.query("select pg_notify('news', 'payload ü')");
  await client.query('unlisten news');
  const big = await client.query("select repeat('x', 2000000) as big");
  seen.push(big.rows[0].big.length);
}

async function errors(client: Client, seen: unknown[]): Promise<void> {
  const failing: readonly (readonly [string, unknown[]?])[] = [
    ['selec 1'],
    ['select 1/$1::int', [0]],
    ['insert into shop.customers (name, email) values ($1, $2)', ['x', 'c1@example.test']],
    ['select $1::int', ['not a number']],
    ['select 1; select 1/0; select 2'],
    ['select * from nowhere'],
  ];
  for (const [text, values] of failing) {
    const error = await client.query(text, values).then(
      () => undefined,
      (cause: DatabaseError) => cause,
    );
    const { code, severity, message, detail, position, constraint, routine } = error ?? {};
    seen.push([code, severity, message, detail, position, constraint, routine]);
    seen.push((await client.query("select 'usable'")).rows);
  }
}

async function transactions(client: Client, seen: unknown[]): Promise<void> {
  await client.query('begin');
  await client.query("insert into shop.events values ('2024-09-01', 'gone')");
  await client.query('select 1/0').catch((error: DatabaseError) => seen.push(error.code));
  await client.query('select 1').catch((error: DatabaseError) => seen.push(error.code));
  seen.push((await client.query('commit')).command);
  seen.push((await client.query("select count(*) from shop.events where what = 'gone'")).rows);
}

async function streamed(client: Client, seen: unknown[]): Promise<void> {
  const rows: unknown[] = [];
  await new Promise<void>((resolve, reject) => {
    const query = client.query(new Query('select n from generate_series(1, 500) n'));
    query.on('row', (row) => rows.push(row));
    query.on('end', () => resolve());
    query.on('error', reject);
  });
  seen.push(rows.length);
}
