import { createHash } from 'node:crypto';
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

/**
 * Reads what the analyser must know of a database, in one statement, on PostgreSQL 12 to 18. Gives `previous` itself
 * where nothing changed, so that what was made of it still holds. Throws a `Fault` where there is more than
 * `LIMITS.maxCatalogueColumns` of it, or where the answer is not whole.
 */
export async function loadCatalogue(query: CatalogueQuery, previous?: Catalogue): Promise<Catalogue> {
  const entries = (await query(CATALOGUE_QUERY)).map(decode);
  const version = versionOf(entries);
  if (previous?.version === version) return previous;
  const [first, ...rest] = entries.map(({ json }) => parseEntry(json));
  const last = rest.pop();
  if (first?.[0] !== 'search-path' || last?.[0] !== 'end') throw incomplete();
  const [, searchPath, size] = first;
  if (Number(size) > LIMITS.maxCatalogueColumns) {
    throw new Fault('internal', `the database has more than ${LIMITS.maxCatalogueColumns} columns and functions`);
  }
  return buildCatalogue({
    version,
    searchPath: strings(searchPath),
    relations: rest.filter(([kind]) => kind === 'relation').map(relation),
    functions: rest.filter(([kind]) => kind === 'function').map(routine),
  });
}

interface Entry {
  readonly base64: string;
  readonly json: string;
}

function decode(row: readonly (string | null)[]): Entry {
  const base64 = row[0];
  if (typeof base64 !== 'string' || row.length !== 1) throw incomplete();
  return { base64, json: Buffer.from(base64, 'base64').toString('utf8') };
}

/** 48 bits of the digest of all that was read. */
function versionOf(entries: readonly Entry[]): number {
  const hash = createHash('sha256');
  for (const { base64 } of entries) hash.update(base64).update('\0');
  return hash.digest().readUIntBE(0, 6);
}

function parseEntry(json: string): readonly unknown[] {
  const entry: unknown = JSON.parse(json);
  if (!Array.isArray(entry)) throw incomplete();
  return entry;
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
  const [attnum, name, type] = list(entry);
  return { attnum: Number(attnum), name: String(name), type: Number(type) };
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
