import type { ColumnSource } from '../../model/request.ts';
import { buildPrograms, type CatalogueFunction, type ProgramParts, type Programs } from './programs.ts';

export type RelationKind = 'table' | 'partitioned' | 'view' | 'matview' | 'foreign' | 'sequence' | 'other';
export type Volatility = 'immutable' | 'stable' | 'volatile';

export interface CatalogueColumn {
  readonly attnum: number;
  readonly name: string;
  /** The type's OID. */
  readonly type: number;
  /** A generated column, which COPY of the whole table leaves out. */
  readonly generated?: boolean;
}

export interface CatalogueRelation {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly kind: RelationKind;
  /** In order of attnum, without dropped columns and system columns. */
  readonly columns: readonly CatalogueColumn[];
  /** For a view or materialised view: what pg_get_viewdef says while search_path is empty. */
  readonly definition?: string;
  /** The OIDs of what it inherits from or is a partition of. */
  readonly parents?: readonly number[];
  /** For a foreign table: the server that holds its rows. */
  readonly server?: string;
  /** Row security is on: policies decide which rows there are. */
  readonly rowSecurity?: true;
}

/** What the analyser knows of one database at one moment, through one search path. Immutable plain data. */
export interface Catalogue {
  readonly version: number;
  /** Schemas as the session's search_path resolves, without the implicit pg_catalog and pg_temp. */
  readonly searchPath: readonly string[];
  /** The search path is not known: a name means what it can mean in one schema alone, and else nothing. */
  readonly pathUnknown?: true;
  /** By schema, then by name. */
  readonly relations: ReadonlyMap<string, ReadonlyMap<string, CatalogueRelation>>;
  readonly relationsByOid: ReadonlyMap<number, CatalogueRelation>;
  /** Functions and procedures that are not the server's own, by name: all overloads in all schemas. */
  readonly functions: ReadonlyMap<string, readonly CatalogueFunction[]>;
  readonly programs: Programs;
  /** The session's temporary relations, which hide others of their name; their columns are not known. */
  readonly temporaries?: ReadonlySet<string>;
  /** Definitions changed since it was read: of relations alone, or also of functions and whatever else runs. */
  readonly stale?: 'relations' | 'programs';
}

export interface CatalogueParts extends ProgramParts {
  readonly version: number;
  readonly searchPath: readonly string[];
  readonly relations: readonly CatalogueRelation[];
  readonly functions: readonly CatalogueFunction[];
}

export function buildCatalogue(parts: CatalogueParts): Catalogue {
  const relations = new Map<string, Map<string, CatalogueRelation>>();
  const relationsByOid = new Map<number, CatalogueRelation>();
  for (const relation of parts.relations) {
    relationsByOid.set(relation.oid, relation);
    const schema = relations.get(relation.schema) ?? new Map<string, CatalogueRelation>();
    relations.set(relation.schema, schema.set(relation.name, relation));
  }
  const functions = new Map<string, CatalogueFunction[]>();
  for (const one of parts.functions) functions.set(one.name, [...(functions.get(one.name) ?? []), one]);
  const { version, searchPath } = parts;
  return { version, searchPath, relations, relationsByOid, functions, programs: buildPrograms(parts) };
}

/** The same database seen through another search_path; the same object for the same path, so that caches hold. */
export function withSearchPath(catalogue: Catalogue, searchPath: readonly string[]): Catalogue {
  const base = bases.get(catalogue) ?? catalogue;
  const key = JSON.stringify(searchPath);
  if (key === JSON.stringify(base.searchPath)) return base;
  const known = pathsOf(base);
  const found = known.get(key);
  if (found !== undefined) return found;
  if (known.size >= MAX_PATHS) known.clear();
  const made: Catalogue = { ...base, searchPath: [...searchPath] };
  bases.set(made, base);
  known.set(key, made);
  return made;
}

/** The same database through whatever search path there may be. */
export function withUnknownPath(catalogue: Catalogue): Catalogue {
  if (catalogue.pathUnknown === true) return catalogue;
  const base = bases.get(catalogue) ?? catalogue;
  const found = unknowns.get(base);
  if (found !== undefined) return found;
  const made: Catalogue = { ...base, pathUnknown: true };
  bases.set(made, base);
  unknowns.set(base, made);
  return made;
}

/** The same database after a change of search_path; `default` is that of a new session, which was read first. */
export function throughPath(catalogue: Catalogue, path: readonly string[] | 'default' | 'unknown'): Catalogue {
  if (path === 'unknown') return withUnknownPath(catalogue);
  return path === 'default' ? (bases.get(catalogue) ?? catalogue) : withSearchPath(catalogue, path);
}

/** Finds a relation as the server would: pg_catalog first unless the path names it, then the path in order. */
export function resolveRelation(catalogue: Catalogue, schema: string, name: string): CatalogueRelation | undefined {
  if (schema !== '') return catalogue.relations.get(schema)?.get(name);
  if (catalogue.pathUnknown === true) return onlyRelation(catalogue, name);
  for (const candidate of searchOrder(catalogue)) {
    const found = catalogue.relations.get(candidate)?.get(name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The column that RowDescription names by table OID and attribute number; undefined where the catalogue is behind. */
export function columnOf(catalogue: Catalogue, tableOid: number, attnum: number): ColumnSource | undefined {
  const relation = catalogue.relationsByOid.get(tableOid);
  const column = relation?.columns.find((one) => one.attnum === attnum);
  if (relation === undefined || column === undefined) return undefined;
  return { schema: relation.schema, table: relation.name, column: column.name };
}

/** The schemas that an unqualified name is looked for in. */
export function searchOrder(catalogue: Catalogue): readonly string[] {
  const { searchPath } = catalogue;
  return searchPath.includes('pg_catalog') ? searchPath : ['pg_catalog', ...searchPath];
}

/** Search paths remembered for one catalogue; beyond it they are forgotten and made anew. */
const MAX_PATHS = 100;
const paths = new WeakMap<Catalogue, Map<string, Catalogue>>();
const unknowns = new WeakMap<Catalogue, Catalogue>();
const bases = new WeakMap<Catalogue, Catalogue>();

function onlyRelation(catalogue: Catalogue, name: string): CatalogueRelation | undefined {
  const all = [...catalogue.relations.values()].flatMap((schema) => schema.get(name) ?? []);
  return all.length === 1 ? all[0] : undefined;
}

function pathsOf(base: Catalogue): Map<string, Catalogue> {
  const known = paths.get(base) ?? new Map<string, Catalogue>();
  paths.set(base, known);
  return known;
}
