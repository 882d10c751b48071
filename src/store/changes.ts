import type { DatabaseSync } from 'node:sqlite';
import { type Kysely, sql, type Transaction } from 'kysely';
import { Client } from 'pg';
import { LIMITS } from '../model/limits.ts';
import type { Secret } from '../model/secret.ts';
import type { Schema } from './schema.ts';

/** What other processes may change under us. */
export type Topic =
  | 'grants'
  | 'configuration'
  | 'classes'
  | 'approvals'
  | 'people'
  | 'deliveries'
  | 'sessions'
  | 'budgets'
  | 'retention'
  | 'definitions';
export const TOPICS = [
  'grants',
  'configuration',
  'classes',
  'people',
  'deliveries',
  'approvals',
  'sessions',
  'budgets',
  'retention',
  'definitions',
] as const satisfies readonly Topic[];

/**
 * Tells watchers that a topic changed. Each topic has a counter in the store; a wake-up (a NOTIFY, another process's
 * commit, our own) compares it with the one seen last, so a lost or doubled wake-up does no harm.
 */
export interface ChangeFeed {
  start(): Promise<void>;
  /** Counts a change, inside the transaction that makes it. */
  record(db: Transaction<Schema>, topic: Topic): Promise<void>;
  /** Calls this process's own watchers, after the commit. */
  announce(topic: Topic): void;
  watch(topic: Topic, listener: () => void): () => void;
  stop(): Promise<void>;
}

const CHANNEL = 'chaperone_changes';

/** Other processes' commits show in SQLite's `data_version`, which costs microseconds to ask for. */
export function sqliteChanges(db: Kysely<Schema>, database: DatabaseSync): ChangeFeed {
  const watchers = new Watchers(db);
  let timer: NodeJS.Timeout | undefined;
  let seen = 0;
  const dataVersion = () => Number(database.prepare('pragma data_version').get()?.['data_version'] ?? 0);
  const poll = () => {
    const now = dataVersion();
    if (now !== seen) watchers.refresh();
    seen = now;
  };
  return {
    start: async () => {
      seen = dataVersion();
      await watchers.start();
      timer = setInterval(poll, LIMITS.storePollMs).unref();
    },
    record: count,
    announce: (topic) => watchers.call(topic),
    watch: (topic, listener) => watchers.add(topic, listener),
    stop: () => {
      clearInterval(timer);
      return watchers.stop();
    },
  };
}

/** LISTEN on a connection of its own, and a slow poll through the pool for the time in which that one is broken. */
export function postgresChanges(db: Kysely<Schema>, url: Secret): ChangeFeed {
  const watchers = new Watchers(db);
  let stopped = false;
  let client: Client | undefined;
  let timer: NodeJS.Timeout | undefined;

  const listen = async () => {
    const fresh = new Client({
      connectionString: url.reveal(),
      connectionTimeoutMillis: LIMITS.storeConnectMs,
      application_name: 'chaperone changes',
      keepAlive: true,
    });
    const lost = () => {
      if (client === fresh) client = undefined;
    };
    fresh
      .on('error', lost)
      .on('end', lost)
      .on('notification', () => watchers.refresh());
    client = fresh;
    await fresh.connect();
    await fresh.query(`listen ${CHANNEL}`);
  };
  const tick = async () => {
    watchers.refresh();
    // A failure here shows in the next query as well, which says so; the feed tries again at the next tick.
    if (client === undefined && !stopped) await listen().catch(() => (client = undefined));
  };
  return {
    start: async () => {
      await listen();
      await watchers.start();
      timer = setInterval(() => void tick(), LIMITS.storeListenRetryMs).unref();
    },
    record: async (trx, topic) => {
      await count(trx, topic);
      await sql`select pg_notify(${CHANNEL}, ${topic})`.execute(trx);
    },
    announce: (topic) => watchers.call(topic),
    watch: (topic, listener) => watchers.add(topic, listener),
    stop: async () => {
      stopped = true;
      clearInterval(timer);
      await watchers.stop();
      await client?.end();
    },
  };
}

async function count(trx: Transaction<Schema>, topic: Topic): Promise<void> {
  await trx
    .insertInto('versions')
    .values({ topic, version: 1 })
    .onConflict((conflict) => conflict.column('topic').doUpdateSet({ version: sql`versions.version + 1` }))
    .execute();
}

class Watchers {
  readonly #db: Kysely<Schema>;
  readonly #listeners = new Map<Topic, Set<() => void>>(TOPICS.map((topic) => [topic, new Set()]));
  readonly #versions = new Map<string, number>();
  #refreshing: Promise<void> | undefined;
  #again = false;
  #stopped = false;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  async start(): Promise<void> {
    await this.#compare(() => undefined);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#refreshing;
  }

  add(topic: Topic, listener: () => void): () => void {
    const listeners = this.#listeners.get(topic);
    listeners?.add(listener);
    return () => void listeners?.delete(listener);
  }

  call(topic: Topic): void {
    for (const listener of this.#listeners.get(topic) ?? []) listener();
  }

  /** Reads the counters once more; wake-ups that come meanwhile make for one more reading, however many they are. */
  refresh(): void {
    if (this.#stopped) return;
    if (this.#refreshing !== undefined) {
      this.#again = true;
      return;
    }
    this.#refreshing = this.#compare((topic) => this.call(topic))
      // The store cannot be read now. The counters are kept as they were, so the next wake-up finds the change.
      .catch(() => undefined)
      .finally(() => {
        this.#refreshing = undefined;
        if (this.#again) {
          this.#again = false;
          this.refresh();
        }
      });
  }

  async #compare(changed: (topic: Topic) => void): Promise<void> {
    const rows = await this.#db.selectFrom('versions').selectAll().execute();
    for (const { topic, version } of rows) {
      if (this.#versions.get(topic) === version) continue;
      this.#versions.set(topic, version);
      const known = TOPICS.find((one) => one === topic);
      if (known !== undefined) changed(known);
    }
  }
}
