import { LIMITS } from '../../model/limits.ts';
import type { Catalogue } from '../../sql/postgres/catalogue.ts';
import { loadCatalogue } from './catalogue.ts';
import { queryRows } from './query-rows.ts';
import type { PostgresUpstream } from './upstream.ts';

/**
 * The catalogues of all databases behind this gateway, each read over the connection of a session that needs it. The
 * one owner of that state; sessions see a change as soon as it was read.
 */
export class CatalogueCache {
  readonly #byDatabase = new Map<string, { readonly catalogue: Catalogue; readonly readAtMs: number }>();

  get(key: string): Catalogue | undefined {
    return this.#byDatabase.get(key)?.catalogue;
  }

  /** Resolves when a catalogue of at most `catalogueMaxAgeMs` is there; the session is new, with a new one's path. */
  async ready(key: string, upstream: PostgresUpstream): Promise<void> {
    const known = this.#byDatabase.get(key);
    if (known !== undefined && performance.now() - known.readAtMs <= LIMITS.catalogueMaxAgeMs) return;
    await this.#read(key, upstream, false);
  }

  /** Reads again over a session in use, whose own search_path is not everybody's. */
  refresh(key: string, upstream: PostgresUpstream): Promise<void> {
    return this.#read(key, upstream, true);
  }

  async #read(key: string, upstream: PostgresUpstream, keepSearchPath: boolean): Promise<void> {
    const previous = this.#byDatabase.get(key)?.catalogue;
    const options = { keepSearchPath, ...(previous === undefined ? {} : { previous }) };
    const catalogue = await loadCatalogue((sql) => queryRows(upstream, sql), options);
    this.#byDatabase.set(key, { catalogue, readAtMs: performance.now() });
  }
}

/** Of a database behind a target; the user's own where none is named. */
export function catalogueKey(target: string, database: string | undefined): string {
  return `${target}\0${database ?? ''}`;
}
