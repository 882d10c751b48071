import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import { Secret } from '../../src/model/secret.ts';
import { openStore, type Store, type StoreOptions } from '../../src/store/store.ts';
import { installedVersions } from './postgres-installation.ts';
import { type PostgresServer, startPostgres } from './postgres-server.ts';

export interface StoreFixture {
  /** Where an empty store of this kind can be opened, more than once to stand for more than one process. */
  place(): Promise<StoreOptions>;
  /** An empty store, closed when the suite ends. */
  open(): Promise<Store>;
}

/** Runs a suite on the embedded store and on each PostgreSQL that is installed: they must behave as one. */
export function onEachStore(title: string, suite: (fixture: StoreFixture) => void): void {
  describe(`${title} (sqlite)`, () => suite(fixture(sqlitePlaces())));
  for (const version of installedVersions()) {
    describe(`${title} (postgres ${version})`, () => {
      let server: PostgresServer | undefined;
      let databases = 0;
      before(async () => void (server = await startPostgres({ version })));
      const place = async () => {
        if (server === undefined) throw new Error('the server starts before the tests do');
        const name = `store_${++databases}`;
        await server.query(`create database ${name}`);
        return { databaseUrl: new Secret(server.url.replace(/postgres$/, name)), file: '' };
      };
      suite(fixture(place));
      after(() => server?.stop());
    });
  }
}

function fixture(place: () => Promise<StoreOptions>): StoreFixture {
  const opened: Store[] = [];
  after(async () => {
    for (const store of opened) await store[Symbol.asyncDispose]();
  });
  return {
    place,
    open: async () => {
      const store = await openStore(await place());
      opened.push(store);
      return store;
    },
  };
}

function sqlitePlaces(): () => Promise<StoreOptions> {
  const directory = mkdtempSync(join(tmpdir(), 'store-'));
  after(() => rmSync(directory, { recursive: true, force: true }));
  let files = 0;
  return () => Promise.resolve({ file: join(directory, `store-${++files}.db`) });
}
