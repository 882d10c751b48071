import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { Fault } from '../../model/fault.ts';
import { LIMITS } from '../../model/limits.ts';
import { buildCatalogue, type Catalogue } from '../../sql/postgres/catalogue.ts';
import { type Entry, incomplete, listOf, programsOf, relationsOf } from './catalogue-entries.ts';
import { CATALOGUE_STATEMENTS } from './catalogue-query.ts';

/** Runs statements, in one transaction, and gives the rows of all of them as the server wrote them, in text. */
export type CatalogueQuery = (statements: readonly string[]) => Promise<readonly (readonly (string | null)[])[]>;

export interface LoadOptions {
  /** Given back where nothing changed, so that what was made of it still holds. */
  readonly previous?: Catalogue | undefined;
  /**
   * Keeps the search path of `previous`. For a session under way: it may have changed its own path and role, and must
   * not change by that what the names of all other sessions mean.
   */
  readonly keepSearchPath?: boolean;
}

/** What one reading tells: of the database, and of the session that reads. */
export interface Reading {
  readonly catalogue: Catalogue;
  /** The names of the session's temporary relations. */
  readonly temporaries: ReadonlySet<string>;
}

/**
 * Reads what the analyser must know of a database, in one round trip, on PostgreSQL 12 to 18. Throws a `Fault` where
 * there is more than `LIMITS.maxCatalogueColumns` of it, or where the answer is not whole.
 */
export async function readCatalogue(query: CatalogueQuery, options: LoadOptions = {}): Promise<Reading> {
  const { previous } = options;
  const [head, ...entries] = (await query(CATALOGUE_STATEMENTS)).map(decode);
  const [kind, path, size] = head === undefined ? [] : parseEntry(head);
  const last = entries.pop();
  const [end, , temporary] = last === undefined ? [] : parseEntry(last);
  if (kind !== 'search-path' || end !== 'end') throw incomplete();
  if (Number(size) > LIMITS.maxCatalogueColumns) {
    throw new Fault('internal', `the database has more than ${LIMITS.maxCatalogueColumns} columns and functions`);
  }
  const temporaries = new Set(strings(temporary));
  const version = versionOf(entries);
  const searchPath = options.keepSearchPath === true && previous !== undefined ? previous.searchPath : strings(path);
  if (previous?.version === version && isDeepStrictEqual(previous.searchPath, searchPath)) {
    return { catalogue: previous, temporaries };
  }
  const parsed = entries.map(parseEntry);
  const catalogue = buildCatalogue({ version, searchPath, relations: relationsOf(parsed), ...programsOf(parsed) });
  return { catalogue, temporaries };
}

/** The same, of the database alone. */
export async function loadCatalogue(query: CatalogueQuery, options: LoadOptions = {}): Promise<Catalogue> {
  return (await readCatalogue(query, options)).catalogue;
}

/** A row as it came: base 64 of JSON. */
function decode(row: readonly (string | null)[]): string {
  const [entry] = row;
  if (typeof entry !== 'string' || row.length !== 1) throw incomplete();
  return entry;
}

/** 48 bits of the digest of all that was read but for what is the reading session's own. */
function versionOf(entries: readonly string[]): number {
  const hash = createHash('sha256');
  for (const entry of entries) hash.update(entry).update('\0');
  return hash.digest().readUIntBE(0, 6);
}

function parseEntry(entry: string): Entry {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(entry, 'base64').toString('utf8'));
    return listOf(parsed);
  } catch (cause) {
    throw cause instanceof SyntaxError ? incomplete() : cause;
  }
}

function strings(value: unknown): readonly string[] {
  return listOf(value ?? null).map(String);
}
