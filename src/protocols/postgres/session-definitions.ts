import type { Statement } from '../../sql/postgres/analysis.ts';
import { type Catalogue, type Stale, withStale, withTemporaries } from '../../sql/postgres/catalogue.ts';
import { ALL_IN_DOUBT, bothStale, staleOf } from '../../sql/postgres/stale.ts';
import type { Reading } from './catalogue.ts';

/**
 * The definitions that one session's statements meet: everybody's, or those of its own open transaction; with its
 * temporary relations; and with what is in doubt from the moment a change is sent until they were read again.
 */
export class SessionDefinitions {
  readonly #shared: () => Catalogue | undefined;
  #own: Catalogue | undefined;
  #temporaries: ReadonlySet<string> = NONE;
  #stale: Stale | undefined;
  #seen: { readonly from: Catalogue; readonly as: Catalogue } | undefined;

  constructor(shared: () => Catalogue | undefined) {
    this.#shared = shared;
  }

  get catalogue(): Catalogue | undefined {
    const from = this.#own ?? this.#shared();
    if (from === undefined || (this.#stale === undefined && this.#temporaries.size === 0)) return from;
    if (this.#seen?.from === from) return this.#seen.as;
    const here = this.#temporaries.size === 0 ? from : withTemporaries(from, this.#temporaries);
    const as = this.#stale === undefined ? here : withStale(here, bothStale(here.stale, this.#stale) ?? this.#stale);
    this.#seen = { from, as };
    return as;
  }

  /** Those of an open transaction that changed some. */
  get own(): Catalogue | undefined {
    return this.#own;
  }

  get isStale(): boolean {
    return this.#stale !== undefined;
  }

  doubt(stale: Stale): void {
    this.#stale = bothStale(this.#stale, stale);
    this.#seen = undefined;
  }

  /** They were read over this session's connection; `isOwn` where it has a transaction open. */
  read({ catalogue, temporaries }: Reading, isOwn: boolean): void {
    this.#own = isOwn ? catalogue : undefined;
    this.#temporaries = temporaries;
    this.#stale = undefined;
    this.#seen = undefined;
  }
}

/** What statements may leave in doubt, whether or not they succeed. */
export function staleAfterAll(statements: readonly Statement[]): Stale | undefined {
  let stale: Stale | undefined;
  for (const { effects } of statements) {
    stale = bothStale(stale, effects.opaque === true ? ALL_IN_DOUBT : staleOf(effects));
  }
  return stale;
}

const NONE: ReadonlySet<string> = new Set();
