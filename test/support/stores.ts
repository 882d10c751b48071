import { mkdtempSync, rmSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe } from 'node:test';
import { openStore, type Store, type StoreOptions } from '../../src/store/store.ts';
import { installedVersions, type PostgresVersion } from './postgres-installation.ts';
import { type StoreDatabases, startStoreDatabases } from './store-databases.ts';

export interface StoreFixture {
  /** Where an empty store of this kind can be opened, more than once to stand for more than one process. */
  place(): Promise<StoreOptions>;
  /** The same where nothing is yet, and whoever opens it first migrates it: several times as slow. */
  bare(): Promise<StoreOptions>;
  /** An empty store, closed when the test ends. */
  open(): Promise<Store>;
}

interface Places extends Pick<StoreFixture, 'place' | 'bare'> {
  /** What a test was given may be given to the next one. */
  handBack?(): void;
}

/** Runs a suite on the embedded store and on each PostgreSQL that is installed: they must behave as one. */
export function onEachStore(title: string, suite: (fixture: StoreFixture) => void): void {
  describe(`${title} (sqlite)`, () => suite(fixture(sqlitePlaces())));
  for (const version of installedVersions()) {
    describe(`${title} (postgres ${version})`, () => suite(fixture(postgresPlaces(version))));
  }
}

function fixture(places: Places): StoreFixture {
  const opened: Store[] = [];
  afterEach(async () => {
    for (const store of opened.splice(0)) await store[Symbol.asyncDispose]();
    places.handBack?.();
  });
  return {
    place: places.place,
    bare: places.bare,
    open: async () => {
      const store = await openStore(await places.place());
      opened.push(store);
      return store;
    },
  };
}

/** The servers of this process: suites that share it share them. */
const servers = new Map<PostgresVersion, Promise<StoreDatabases>>();
after(async () => {
  for (const server of servers.values()) await (await server).stop();
});

function postgresPlaces(version: PostgresVersion): Places {
  let databases: StoreDatabases | undefined;
  const started = () => {
    if (databases === undefined) throw new Error('the server starts before the tests do');
    return databases;
  };
  before(async () => {
    const server = servers.get(version) ?? startStoreDatabases(version);
    servers.set(version, server);
    databases = await server;
  });
  return {
    place: () => started().empty(),
    bare: () => started().bare(),
    handBack: () => databases?.handBack(),
  };
}

function sqlitePlaces(): Places {
  const directory = mkdtempSync(join(tmpdir(), 'store-'));
  let files = 0;
  const bare = () => Promise.resolve({ file: join(directory, `store-${++files}.db`) });
  const template = join(directory, 'template.db');
  before(() => migrate({ file: template }));
  after(() => rmSync(directory, { recursive: true, force: true }));
  const place = async () => {
    const options = await bare();
    await copyFile(template, options.file);
    return options;
  };
  return { bare, place };
}

async function migrate(options: StoreOptions): Promise<void> {
  const store = await openStore(options);
  await store[Symbol.asyncDispose]();
}
