import { LIMITS } from '../../model/limits.ts';
import { type Catalogue, type Stale, withStale } from '../../sql/postgres/catalogue.ts';
import { bothStale } from '../../sql/postgres/stale.ts';
import { readCatalogue } from './catalogue.ts';
import { queryRows } from './query-rows.ts';
import type { PostgresUpstream } from './upstream.ts';

/**
 * The catalogues of all databases behind this gateway, each read over the connection of a session that needs it. The
 * one owner of that state; sessions see a change as soon as it was read.
 */
export class CatalogueCache {
  readonly #byDatabase = new Map<string, Known>();
  readonly #changes = new Map<string, Set<Change>>();
  readonly #spoilt = new Map<string, Stale>();

  /** What is known of a database; what a session is changing at this moment is in doubt. */
  get(key: string): Catalogue | undefined {
    const catalogue = this.#byDatabase.get(key)?.catalogue;
    const changes = this.#changes.get(key);
    let stale = this.#spoilt.get(key);
    if (catalogue === undefined || (changes === undefined && stale === undefined)) return catalogue;
    for (const change of changes ?? []) stale = bothStale(stale, change.stale);
    return stale === undefined ? catalogue : withStale(catalogue, stale);
  }

  /** Resolves when a catalogue of at most `catalogueMaxAgeMs` is there; the session is new, with a new one's path. */
  async ready(key: string, upstream: PostgresUpstream): Promise<void> {
    if (!this.isOld(key)) return;
    await this.#read(key, upstream, false);
  }

  isOld(key: string): boolean {
    const known = this.#byDatabase.get(key);
    return known === undefined || this.isSpoilt(key) || performance.now() - known.readAtMs > LIMITS.catalogueMaxAgeMs;
  }

  /** A change was sent, and whoever sent it left before it could be read. */
  spoil(key: string, stale: Stale): void {
    this.#spoilt.set(key, bothStale(this.#spoilt.get(key), stale) ?? stale);
  }

  isSpoilt(key: string): boolean {
    return this.#spoilt.has(key);
  }

  /** Reads again over a session in use, whose own search_path is not everybody's. */
  refresh(key: string, upstream: PostgresUpstream): Promise<void> {
    return this.#read(key, upstream, true);
  }

  /** A session is about to change what runs in a database; call what it returns once the change was read, or came to nothing. */
  changing(key: string, stale: Stale): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    const change: Change = { stale, over: promise };
    const changes = this.#changes.get(key) ?? new Set();
    this.#changes.set(key, changes.add(change));
    return () => {
      changes.delete(change);
      if (changes.size === 0 && this.#changes.get(key) === changes) this.#changes.delete(key);
      resolve();
    };
  }

  /**
   * Resolves once no session is changing what runs in a database, so that nothing is judged by what was; after
   * `catalogueChangeMs` in any case, because the change may wait for a lock of the one that asks.
   */
  settled(key: string): Promise<unknown> | undefined {
    const changes = this.#changes.get(key);
    if (changes === undefined) return undefined;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, LIMITS.catalogueChangeMs);
    const over = Promise.all(Array.from(changes, (change) => change.over));
    return Promise.race([over, promise]).finally(() => clearTimeout(timer));
  }

  /** In a transaction it is the session's own; everybody's otherwise. */
  async #read(key: string, upstream: PostgresUpstream, keepSearchPath: boolean): Promise<void> {
    const spoilt = this.#spoilt.get(key);
    const previous = upstream.definitions.own ?? this.#byDatabase.get(key)?.catalogue;
    const reading = await readCatalogue((statements) => queryRows(upstream, statements), {
      keepSearchPath,
      ...(previous === undefined ? {} : { previous }),
    });
    const isOwn = upstream.status !== 'I';
    upstream.definitions.read(reading, isOwn);
    if (isOwn) return;
    this.#byDatabase.set(key, { catalogue: reading.catalogue, readAtMs: performance.now() });
    // what was spoilt while this was read may not be in it
    if (this.#spoilt.get(key) === spoilt) this.#spoilt.delete(key);
  }
}

/** Of a database behind a target; the user's own where none is named. */
export function catalogueKey(target: string, database: string | undefined): string {
  return `${target}\0${database ?? ''}`;
}

interface Known {
  readonly catalogue: Catalogue;
  readonly readAtMs: number;
}

interface Change {
  readonly stale: Stale;
  readonly over: Promise<void>;
}
