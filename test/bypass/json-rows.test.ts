/** JSON of whole rows as a client reads it: structure and what is not classified stay, in text and in binary. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Client } from 'pg';
import { PERMIT_ALL, startGateway, type TestGateway, targetFor } from '../support/gateway.ts';
import { installedVersions } from '../support/postgres-installation.ts';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';

const SCHEMA = `
create table customers (id int, gone int, name text, email text, pin int, born date, prefs jsonb);
alter table customers drop column gone;
insert into customers values (1, 'Ada', 'ada@example.com', 736284, '1937-08-26', '{"a": ["x"]}'), (2, 'Bob', null, null, null, null);
create view contacts as select id, upper(email) as mail, name from customers;
create view renamed as select * from contacts;
create view replaced as select * from contacts;`;

const column = (name: string, mask?: 'partial' | 'null') =>
  ({ schema: 'public', table: 'customers', column: name, class: 'person', ...(mask && { mask }) }) as const;
const CLASSIFIED = [column('email', 'partial'), column('pin', 'null'), column('born'), column('prefs')];

const R = '[redacted]';
const ONE = { id: 1, name: 'Ada', email: R, pin: null, born: R, prefs: R };
const TWO = { id: 2, name: 'Bob', email: R, pin: null, born: R, prefs: R };

/** A query, and the first column of its rows. */
const CASES: readonly (readonly [sql: string, values: readonly unknown[]])[] = [
  ['select row_to_json(c) from customers c order by id', [ONE, TWO]],
  ['select to_json(c.*) from customers c order by id', [ONE, TWO]],
  ['select to_jsonb(customers) from customers order by id', [ONE, TWO]],
  ['select json_agg(c order by id) from customers c', [[ONE, TWO]]],
  ['select jsonb_agg(c order by id) filter (where id > 1) from customers c', [[TWO]]],
  ['with x as (select id, email as e from customers) select to_jsonb(x) from x where id = 1', [{ id: 1, e: R }]],
  ['select row_to_json(v) from contacts v where id = 1', [{ id: 1, mail: R, name: 'Ada' }]],
  ['select j from (select row_to_json(c) as j from customers c where id = 1) s', [ONE]],
  [
    `select to_json(s) from (select 'card 4111 1111 1111 1111' as a, '{ "b":1 }'::json as b, email from customers where id = 1) s`,
    [{ a: `card ${R}`, b: { b: 1 }, email: R }],
  ],
  // what cannot be told by key is the same for every row, and NULL cannot be told from a row
  [`select to_jsonb(v) - 'mail' from contacts v`, [R, R]],
  ['select to_jsonb(v) from contacts v (mail, id, name)', [R, R]],
  ['select to_jsonb(c) from customers c (email, name, id, pin, born, prefs)', [null, null]],
  ['select to_jsonb(s) from (select id as a, email as a from customers) s', [R, R]],
  [
    'select to_jsonb(c) from (values (1), (7)) v left join contacts c on c.id = v.column1 order by v.column1',
    [{ id: 1, mail: R, name: 'Ada' }, R],
  ],
  ['select json_agg(c) from (values (1), (7)) v left join contacts c on c.id = v.column1', [R]],
];

/** What makes another thing of a text that was prepared before it. */
const CHANGES: readonly (readonly [text: string, change: string])[] = [
  [
    'select to_jsonb(v) from renamed v where id = 1',
    'alter view renamed rename mail to m; alter view renamed rename name to mail; alter view renamed rename m to name',
  ],
  [
    'select to_jsonb(v) from replaced v where id = 1',
    'drop view replaced; create view replaced as select id, name as mail, upper(email) as name from customers',
  ],
  [
    'select to_json(v) from contacts v where id = 1',
    `create function to_json(v contacts) returns json language sql as
      $$ select json_build_object('id', v.mail, 'mail', 1, 'name', v.mail) $$;
     create or replace view contacts as select id, upper(email) as mail, name from customers where true`,
  ],
];

/** The client parses text; in binary it hands out the bytes as they came, jsonb with its version. */
function read(value: unknown): unknown {
  if (!Buffer.isBuffer(value)) return value;
  return JSON.parse(value.toString('utf8', value[0] === 1 ? 1 : 0));
}

for (const version of installedVersions()) {
  describe(`PostgreSQL ${version}`, () => {
    let server: PostgresServer;
    let gateway: TestGateway;
    before(async () => {
      server = await startPostgres({ version, sql: SCHEMA });
      const policies = [{ ...PERMIT_ALL, mask: ['person', 'card'] }];
      gateway = await startGateway({ targets: [targetFor(server, { classified: CLASSIFIED })], policies });
    });
    after(async () => {
      await gateway.stop();
      await server.stop();
    });

    for (const [text, expected] of CASES) {
      test(text, async () => {
        const { user, password } = await gateway.grant();
        const client = new Client({ host: gateway.host, port: gateway.port, user, password, database: 'shop' });
        await client.connect();
        try {
          for (const binary of [false, true]) {
            const { rows } = await client.query<unknown[]>({ text, rowMode: 'array', binary } as never);
            assert.deepEqual(
              rows.map(([value]) => read(value)),
              expected,
              binary ? 'binary' : 'text',
            );
          }
        } finally {
          await client.end();
        }
      });
    }

    for (const [text, change] of CHANGES) {
      test(`prepared before something changed: ${text}`, async () => {
        const { user, password } = await gateway.grant();
        const client = new Client({ host: gateway.host, port: gateway.port, user, password, database: 'shop' });
        await client.connect();
        try {
          const prepared = { name: 's', text, rowMode: 'array' } as const;
          assert.deepEqual((await client.query<unknown[]>(prepared)).rows, [[{ id: 1, mail: R, name: 'Ada' }]]);
          await client.query(change);
          const { rows } = await client.query<unknown[]>(prepared);
          assert.doesNotMatch(JSON.stringify(rows), /ada@/i);
        } finally {
          await client.end();
        }
      });
    }
  });
}
