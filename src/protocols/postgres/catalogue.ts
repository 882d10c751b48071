import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { Fault } from '../../model/fault.ts';
import { LIMITS } from '../../model/limits.ts';
import {
  buildCatalogue,
  type Catalogue,
  type CatalogueColumn,
  type CatalogueFunction,
  type CatalogueRelation,
  type RelationKind,
  type Volatility,
} from '../../sql/postgres/catalogue.ts';
import { CATALOGUE_QUERY } from './catalogue-query.ts';

/** Runs one statement and gives the rows as the server wrote them, in text. */
export type CatalogueQuery = (sql: string) => Promise<readonly (readonly (string | null)[])[]>;

export interface LoadOptions {
  /** Given back where nothing changed, so that what was made of it still holds. */
  readonly previous?: Catalogue | undefined;
  /**
   * Keeps the search path of `previous`. For a session under way: it may have changed its own path and role, and must
   * not change by that what the names of all other sessions mean.
   */
  readonly keepSearchPath?: boolean;
}

/**
 * Reads what the analyser must know of a database, in one statement, on PostgreSQL 12 to 18. Throws a `Fault` where
 * there is more than `LIMITS.maxCatalogueColumns` of it, or where the answer is not whole.
 */
export async function loadCatalogue(query: CatalogueQuery, options: LoadOptions = {}): Promise<Catalogue> {
  const { previous } = options;
  const [head, ...entries] = (await query(CATALOGUE_QUERY)).map(decode);
  const [kind, path, size] = head === undefined ? [] : parseEntry(head);
  const last = entries.at(-1);
  if (kind !== 'search-path' || last === undefined || parseEntry(last)[0] !== 'end') throw incomplete();
  if (Number(size) > LIMITS.maxCatalogueColumns) {
    throw new Fault('internal', `the database has more than ${LIMITS.maxCatalogueColumns} columns and functions`);
  }
  const version = versionOf(entries);
  const searchPath = options.keepSearchPath === true && previous !== undefined ? previous.searchPath : strings(path);
  if (previous?.version === version && isDeepStrictEqual(previous.searchPath, searchPath)) return previous;
  const parsed = entries.map(parseEntry);
  return buildCatalogue({
    version,
    searchPath,
    relations: parsed.filter(([kind]) => kind === 'relation').map(relation),
    functions: parsed.filter(([kind]) => kind === 'function').map(routine),
  });
}

/** A row as it came: base 64 of JSON. */
type Entry = string;

function decode(row: readonly (string | null)[]): Entry {
  const [entry] = row;
  if (typeof entry !== 'string' || row.length !== 1) throw incomplete();
  return entry;
}

/** 48 bits of the digest of all that was read but for the search path, which is the reading session's own. */
function versionOf(entries: readonly Entry[]): number {
  const hash = createHash('sha256');
  for (const entry of entries.slice(0, -1)) hash.update(entry).update('\0');
  return hash.digest().readUIntBE(0, 6);
}

function parseEntry(entry: Entry): readonly unknown[] {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(entry, 'base64').toString('utf8'));
    return list(parsed);
  } catch (cause) {
    throw cause instanceof SyntaxError ? incomplete() : cause;
  }
}

function relation(entry: readonly unknown[]): CatalogueRelation {
  const [, oid, schema, name, kind, columns, definition, parents] = entry;
  return {
    oid: Number(oid),
    schema: String(schema),
    name: String(name),
    kind: RELATION_KINDS[String(kind)] ?? 'other',
    columns: list(columns).map(column),
    ...(typeof definition === 'string' ? { definition } : {}),
    ...(parents === null ? {} : { parents: list(parents).map(Number) }),
  };
}

function column(entry: unknown): CatalogueColumn {
  const [attnum, name, type, generated] = list(entry);
  const column = { attnum: Number(attnum), name: String(name), type: Number(type) };
  return generated === true ? { ...column, generated } : column;
}

function routine(entry: readonly unknown[]): CatalogueFunction {
  const [, schema, name, volatility, language] = entry;
  return {
    schema: String(schema),
    name: String(name),
    // A letter that a later version adds counts as the least harmless.
    volatility: VOLATILITIES[String(volatility)] ?? 'volatile',
    language: String(language),
  };
}

function list(value: unknown): readonly unknown[] {
  if (value === null) return [];
  if (!Array.isArray(value)) throw incomplete();
  return value;
}

function strings(value: unknown): readonly string[] {
  return list(value).map(String);
}

/** pg_class.relkind. */
const RELATION_KINDS: Readonly<Record<string, RelationKind>> = {
  r: 'table',
  p: 'partitioned',
  v: 'view',
  m: 'matview',
  f: 'foreign',
  S: 'sequence',
};

/** pg_proc.provolatile. */
const VOLATILITIES: Readonly<Record<string, Volatility>> = { i: 'immutable', s: 'stable', v: 'volatile' };

function incomplete(): Fault {
  return new Fault('upstream-protocol', "the server's answer about its catalogue is not whole");
}
