import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { startPostgres } from '../../test/support/postgres-server.ts';
import { onEachStore } from '../../test/support/stores.ts';
import { Refused } from '../model/refusal.ts';
import { Secret } from '../model/secret.ts';
import { openStore, type StoreOptions } from './store.ts';

const AT = '2026-01-02T03:04:05.678Z';

onEachStore('the store', (stores) => {
  test('keeps what it was given when it is opened again', async () => {
    const place = await stores.place();
    const first = await openStore(place);
    await first.write((db) =>
      db.insertInto('issuers').values({ name: 'github', declaration: '{"ü":"\\n"}', updated_at: AT }).execute(),
    );
    await first[Symbol.asyncDispose]();
    await using again = await openStore(place);
    const rows = await again.read((db) => db.selectFrom('issuers').selectAll().execute());
    assert.deepEqual(rows, [{ name: 'github', declaration: '{"ü":"\\n"}', updated_at: AT }]);
  });

  test('rolls a refused transaction back, and hands the refusal on', async () => {
    const store = await stores.open();
    const refused = new Refused({ code: 'trust-denied', message: 'no' });
    const attempt = store.write(async (db) => {
      await db.insertInto('deployment').values({ id: 'd', kind: 'demo', created_at: AT, key_check: null }).execute();
      throw refused;
    });
    await assert.rejects(attempt, refused);
    assert.deepEqual(await store.read((db) => db.selectFrom('deployment').selectAll().execute()), []);
  });

  test('says store-unavailable where the database refuses, with the cause', async () => {
    const store = await stores.open();
    const orphan = { target: 'none', sealed: 's', fingerprint: 'f', updated_at: AT };
    await assert.rejects(
      store.write((db) => db.insertInto('credentials').values(orphan).execute()),
      (error: unknown) => {
        assert.ok(error instanceof Error && 'code' in error && error.cause instanceof Error);
        assert.equal(error.code, 'store-unavailable');
        assert.match(error.cause.message, /foreign key/i);
        return true;
      },
    );
  });

  test('runs transactions of one process one after the other where they meet', async () => {
    const store = await stores.open();
    const bump = () =>
      store.write(async (db) => {
        await db
          .insertInto('versions')
          .values({ topic: 'x', version: 1 })
          .onConflict((c) => c.column('topic').doUpdateSet((eb) => ({ version: eb('versions.version', '+', 1) })))
          .execute();
      });
    await Promise.all(Array.from({ length: 20 }, bump));
    assert.deepEqual(await store.read((db) => db.selectFrom('versions').selectAll().execute()), [
      { topic: 'x', version: 20 },
    ]);
  });

  test('is migrated once by two processes that start together', async () => {
    const place = await stores.bare();
    const [left, right] = await Promise.all([openInWorker(place), openInWorker(place)]);
    assert.deepEqual([left, right], ['opened', 'opened']);
  });

  test('tells the watchers of this process at once, and those of another within a second', async () => {
    const place = await stores.place();
    await using here = await openStore(place);
    await using there = await openStore(place);
    let heardHere = 0;
    here.watch('grants', () => heardHere++);
    const heardThere = new Promise<number>((resolve) => there.watch('grants', () => resolve(Date.now())));
    there.watch('configuration', () => assert.fail('nothing of the configuration changed'));
    const committed = await here.write(() => Promise.resolve(Date.now()), ['grants']);
    assert.equal(heardHere > 0, true);
    assert.ok((await heardThere) - committed < 1_000);
  });
});

test("the embedded store's files are their owner's alone", async () => {
  const directory = await mkdtemp(join(tmpdir(), 'store-'));
  const store = await openStore({ file: join(directory, 'store.db') });
  const files = await readdir(directory);
  const modes = await Promise.all(files.map(async (name) => (await stat(join(directory, name))).mode & 0o777));
  await store[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
  assert.deepEqual(files.sort(), ['store.db', 'store.db-shm', 'store.db-wal']);
  assert.deepEqual(modes, [0o600, 0o600, 0o600]);
});

test("what was deleted is in none of the embedded store's files once it is to be forgotten", async () => {
  const directory = await mkdtemp(join(tmpdir(), 'chaperone-store-'));
  try {
    await using store = await openStore({ file: join(directory, 'store.sqlite') });
    const holding = async (): Promise<string[]> => {
      const names = await readdir(directory);
      const texts = await Promise.all(names.map((name) => readFile(join(directory, name), 'latin1')));
      return names.filter((_, at) => texts[at]?.includes('a-text-to-forget'));
    };
    const values = { name: 'github', declaration: `{"a":"${'a-text-to-forget '.repeat(300)}"}`, updated_at: AT };
    await store.write((db) => db.insertInto('issuers').values(values).execute());
    assert.deepEqual(await holding(), ['store.sqlite-wal']);
    await store.write((db) => db.updateTable('issuers').set({ declaration: '{}' }).execute());
    await store.forgetDeleted();
    assert.deepEqual(await holding(), []);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

test('a shared store hears of changes again after its listening connection was cut', { timeout: 10_000 }, async () => {
  await using server = await startPostgres();
  const place = { databaseUrl: new Secret(server.url), file: '' };
  await using here = await openStore(place);
  await using there = await openStore(place);
  const cut = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'chaperone changes'";
  assert.equal((await server.query(cut)).length, 2);
  const heard = new Promise<void>((resolve) => there.watch('grants', resolve));
  await here.write(() => Promise.resolve(), ['grants']);
  await heard;
  const listening = "select 1 from pg_stat_activity where application_name = 'chaperone changes'";
  while ((await server.query(listening)).length < 2) await setImmediate();
});

test('a store whose server cannot be reached is unavailable, and the error does not show its password', async () => {
  const url = new Secret('postgres://someone:canary-password@127.0.0.1:1/none');
  await assert.rejects(openStore({ databaseUrl: url, file: '' }), (error: unknown) => {
    assert.ok(error instanceof Error && 'code' in error);
    assert.equal(error.code, 'store-unavailable');
    assert.doesNotMatch(`${error.stack}${String(error.cause)}`, /canary-password/);
    return true;
  });
});

async function openInWorker(place: StoreOptions): Promise<unknown> {
  const script = `
    import { parentPort, workerData } from 'node:worker_threads';
    const { openStore } = await import(${JSON.stringify(import.meta.resolve('./store.ts'))});
    const { Secret } = await import(${JSON.stringify(import.meta.resolve('../model/secret.ts'))});
    const { url, file } = workerData;
    const store = await openStore({ file, ...(url === undefined ? {} : { databaseUrl: new Secret(url) }) });
    await store[Symbol.asyncDispose]();
    parentPort.postMessage('opened');`;
  const workerData = { file: place.file, url: place.databaseUrl?.reveal() };
  const source = new URL(`data:text/javascript,${encodeURIComponent(script)}`);
  const worker = new Worker(source, { workerData });
  const [message]: unknown[] = await once(worker, 'message');
  return message;
}
