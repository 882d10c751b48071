import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { Client } from 'pg';
import { startGateway, type TestGateway, targetFor } from '../../../test/support/gateway.ts';
import { type PostgresServer, startPostgres } from '../../../test/support/postgres-server.ts';
import { errorFields, extended, frame, RawPostgres, SYNC } from '../../../test/support/raw-postgres.ts';
import type { Policy } from '../../policy/policy.ts';

const SCHEMA = `
  CREATE TABLE people (id int PRIMARY KEY, email text);
  CREATE TABLE notes (id int, email text);
  INSERT INTO people VALUES (1, 'ada@example.com'), (2, 'bob@example.com');
  INSERT INTO notes VALUES (1, 'nothing');`;
const TIDY = `CREATE OR REPLACE FUNCTION tidy() RETURNS int LANGUAGE sql AS 'SELECT 1'`;
const WIPE = `CREATE OR REPLACE FUNCTION tidy() RETURNS int LANGUAGE sql AS 'DELETE FROM people RETURNING id'`;

const READ_ALL: Policy = { name: 'reads', principals: 'any', targets: 'any', operations: ['read'], effect: 'permit' };

const POLICIES: readonly Policy[] = [
  {
    name: 'all that is known',
    principals: 'any',
    targets: 'any',
    operations: ['any'],
    effect: 'permit',
    mask: ['email'],
  },
  { name: 'nobody deletes', principals: 'any', targets: 'any', operations: ['delete'], effect: 'deny' },
];

describe('definitions that change', () => {
  let server: PostgresServer;
  let gateway: TestGateway;
  before(async () => {
    server = await startPostgres({ sql: SCHEMA, auth: 'trust' });
    const email = { schema: 'public', table: 'people', column: 'email', class: 'email' };
    gateway = await startGateway({ targets: [targetFor(server, { classified: [email] })], policies: POLICIES });
  });
  after(async () => {
    await gateway.stop();
    await server.stop();
  });
  beforeEach(async () => {
    await using client = await session();
    await client.query(TIDY);
  });

  async function session(): Promise<Client & AsyncDisposable> {
    const { user, password } = await gateway.grant();
    const client = new Client({ host: gateway.host, port: gateway.port, user, password, database: 'shop' });
    await client.connect();
    return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() });
  }

  async function raw(): Promise<RawPostgres> {
    const { user, password } = await gateway.grant();
    return RawPostgres.login({ host: gateway.host, port: gateway.port, user, password, database: 'shop' });
  }

  const emails = async (): Promise<number> => (await server.query('SELECT FROM people')).length;
  const IN_DOUBT = /tidy may mean a function that was defined since/;

  test('a function that reads is a read, and becomes a delete for the very session that made it one', async () => {
    await using client = await session();
    assert.deepEqual((await client.query('SELECT tidy()')).rows, [{ tidy: 1 }]);
    await client.query(WIPE);
    await assert.rejects(client.query('SELECT tidy()'), { code: '42501' });
    assert.equal(await emails(), 2);
  });

  test('and for every other session through the gateway', async () => {
    await using one = await session();
    await using other = await session();
    await other.query('SELECT tidy()');
    await one.query(WIPE);
    await assert.rejects(other.query('SELECT tidy()'), { code: '42501' });
    assert.equal(await emails(), 2);
  });

  test('in the same text it is in doubt, and refused', async () => {
    await using client = await session();
    await assert.rejects(client.query(`${WIPE}; SELECT tidy()`), { code: '42501', message: /tidy/ });
    assert.deepEqual((await client.query('SELECT tidy()')).rows, [{ tidy: 1 }]);
  });

  test('in an open transaction it is what the transaction made it, and again what it was once that is rolled back', async () => {
    await using client = await session();
    await using other = await session();
    await client.query('BEGIN');
    await client.query(WIPE);
    assert.deepEqual((await other.query('SELECT tidy()')).rows, [{ tidy: 1 }]);
    await assert.rejects(client.query('SELECT tidy()'), { code: '42501' });
    await client.query('ROLLBACK');
    assert.deepEqual((await client.query('SELECT tidy()')).rows, [{ tidy: 1 }]);
  });

  test('what a transaction defined is everybody’s once it is committed', async () => {
    await using client = await session();
    await using other = await session();
    await client.query('BEGIN');
    await client.query(WIPE);
    await client.query('COMMIT');
    await assert.rejects(other.query('SELECT tidy()'), { code: '42501' });
    assert.equal(await emails(), 2);
  });

  test('a statement that was prepared before means what it means when it runs', async () => {
    await using client = await session();
    const prepared = { name: 'tidied', text: 'SELECT tidy()' };
    assert.deepEqual((await client.query(prepared)).rows, [{ tidy: 1 }]);
    await client.query(WIPE);
    await assert.rejects(client.query(prepared), { code: '42501' });
    assert.equal(await emails(), 2);
  });

  test('in one pipeline it is in doubt, up to the Sync and beyond a Flush', async () => {
    await using piped = await raw();
    piped.send(Buffer.concat([extended(WIPE), extended('SELECT tidy()'), SYNC]));
    const [refused] = await piped.untilReady();
    assert.equal(refused?.type, 'E');
    assert.equal(await emails(), 2);
    piped.send(Buffer.concat([extended(WIPE), frame('H')]));
    for (let at = await piped.next(); at?.type !== 'C'; at = await piped.next()) assert.notEqual(at?.type, 'E');
    piped.send(Buffer.concat([extended('SELECT tidy()'), SYNC]));
    const [later] = await piped.untilReady();
    assert.equal(later?.type, 'E');
    assert.match(errorFields(later)['M'] ?? '', IN_DOUBT);
    assert.equal(await emails(), 2);
  });

  test('what was parsed before another session changed it is judged anew when it is sent', async () => {
    await using piped = await raw();
    await using other = await session();
    piped.send(extended('SELECT tidy()'));
    // the other session's statement passes after the first one was read: both go through one event loop, in order
    await other.query(WIPE);
    piped.send(SYNC);
    const [refused] = await piped.untilReady();
    assert.equal(refused?.type, 'E');
    assert.equal(await emails(), 2);
  });

  test('a trigger, a rule and a view that come between are seen by the next statement', async () => {
    await using client = await session();
    await client.query('CREATE TABLE box (id int)');
    await client.query('INSERT INTO box VALUES (1)');
    await client.query(
      `CREATE FUNCTION fire() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN DELETE FROM people; RETURN NEW; END'`,
    );
    await client.query('CREATE TRIGGER fired BEFORE INSERT ON box FOR EACH ROW EXECUTE FUNCTION fire()');
    await assert.rejects(client.query('INSERT INTO box VALUES (2)'), { code: '42501' });
    await client.query('DROP TRIGGER fired ON box');
    await client.query('INSERT INTO box VALUES (3)');
    await client.query('CREATE VIEW under AS SELECT id FROM people');
    await assert.rejects(client.query('DELETE FROM under'), { code: '42501' });
    await assert.rejects(client.query('CREATE RULE r AS ON INSERT TO box DO ALSO DELETE FROM people'), {
      code: '42501',
    });
    await client.query('DROP VIEW under');
    await client.query('DROP TABLE box');
    assert.equal(await emails(), 2);
  });

  test('a temporary relation that hides another leaks nothing, and no rule about the other one permits it', async () => {
    await using client = await session();
    const masked = [{ email: '[redacted]' }, { email: '[redacted]' }];
    await client.query('CREATE TEMP TABLE notes AS SELECT email FROM people');
    assert.deepEqual((await client.query('SELECT email FROM notes')).rows, masked);
    assert.deepEqual((await client.query('SELECT email FROM pg_temp.notes')).rows, masked);
    const tables: Policy = { ...READ_ALL, tables: [{ table: 'public.*' }] };
    gateway.setPolicies([tables]);
    try {
      await using narrow = await session();
      gateway.setPolicies(POLICIES);
      await narrow.query('CREATE TEMP TABLE notes (id int)');
      gateway.setPolicies([tables]);
      await assert.rejects(narrow.query('SELECT id FROM notes'), { code: '42501' });
      assert.deepEqual((await narrow.query('SELECT id FROM public.notes')).rows, [{ id: 1 }]);
    } finally {
      gateway.setPolicies(POLICIES);
    }
  });

  test('a temporary relation is there, or not, as the server has it: also after a rollback', async () => {
    await using client = await session();
    await client.query('CREATE TEMP TABLE notes AS SELECT email FROM people LIMIT 1');
    await client.query('BEGIN');
    await client.query('DROP TABLE notes');
    assert.deepEqual((await client.query('SELECT id FROM notes')).rows, [{ id: 1 }]);
    await client.query('ROLLBACK');
    assert.deepEqual((await client.query('SELECT email FROM notes')).rows, [{ email: '[redacted]' }]);
    await client.query('DISCARD TEMP');
    assert.deepEqual((await client.query('SELECT id FROM notes')).rows, [{ id: 1 }]);
  });
});
