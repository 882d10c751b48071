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
  /** What a generated column is computed by, as pg_get_expr says while search_path is empty. */
  readonly expression?: string;
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
  /** Definitions changed since it was read. */
  readonly stale?: Stale;
}

/** What may mean something else than the catalogue says, beside relations. */
export interface Stale {
  /** Functions of these names; with `any`, operators and casts too. */
  readonly functions: ReadonlySet<string> | 'any';
  /** The bodies of functions, triggers and views. */
  readonly programs: boolean;
  /** What a write sets off: triggers, rules, defaults. */
  readonly writes: boolean;
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
  return derived(catalogue, { ...viewOf(catalogue), searchPath, pathUnknown: false });
}

/** The same database through whatever search path there may be. */
export function withUnknownPath(catalogue: Catalogue): Catalogue {
  if (catalogue.pathUnknown === true) return catalogue;
  const { searchPath } = baseOf(catalogue);
  return derived(catalogue, { ...viewOf(catalogue), searchPath, pathUnknown: true });
}

/** The same database after a change of search_path; `default` is that of a new session, which was read first. */
export function throughPath(catalogue: Catalogue, path: readonly string[] | 'default' | 'unknown'): Catalogue {
  if (path === 'unknown') return withUnknownPath(catalogue);
  return withSearchPath(catalogue, path === 'default' ? baseOf(catalogue).searchPath : path);
}

/** The same database in a session that has these temporary relations. */
export function withTemporaries(catalogue: Catalogue, temporaries: ReadonlySet<string>): Catalogue {
  return derived(catalogue, { ...viewOf(catalogue), temporaries: [...temporaries].sort() });
}

/** The same database after changes of definitions that were not read. */
export function withStale(catalogue: Catalogue, stale: Stale): Catalogue {
  const { functions } = stale;
  return derived(catalogue, {
    ...viewOf(catalogue),
    stale: { ...stale, functions: functions === 'any' ? functions : [...functions].sort() },
  });
}

/** Finds a relation as the server would: pg_catalog first unless the path names it, then the path in order. */
export function resolveRelation(catalogue: Catalogue, schema: string, name: string): CatalogueRelation | undefined {
  if (schema !== '') return catalogue.relations.get(schema)?.get(name);
  if (catalogue.temporaries?.has(name) === true) return undefined;
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

/** Views of one catalogue that are remembered; beyond it they are forgotten and made anew. */
const MAX_VIEWS = 100;
const views = new WeakMap<Catalogue, Map<string, Catalogue>>();
const bases = new WeakMap<Catalogue, Catalogue>();

type StaleView = Omit<Stale, 'functions'> & { readonly functions: readonly string[] | 'any' };

/** What differs between the ways to see one database. */
interface View {
  readonly searchPath: readonly string[];
  readonly pathUnknown: boolean;
  readonly temporaries: readonly string[];
  readonly stale: StaleView | null;
}

function baseOf(catalogue: Catalogue): Catalogue {
  return bases.get(catalogue) ?? catalogue;
}

function viewOf({ searchPath, pathUnknown, temporaries, stale }: Catalogue): View {
  return {
    searchPath,
    pathUnknown: pathUnknown === true,
    temporaries: [...(temporaries ?? [])],
    stale:
      stale === undefined
        ? null
        : { ...stale, functions: stale.functions === 'any' ? stale.functions : [...stale.functions] },
  };
}

function derived(catalogue: Catalogue, view: View): Catalogue {
  const base = baseOf(catalogue);
  const known = views.get(base) ?? new Map([[JSON.stringify(viewOf(base)), base]]);
  views.set(base, known);
  const key = JSON.stringify(view);
  const found = known.get(key);
  if (found !== undefined) return found;
  if (known.size >= MAX_VIEWS) for (const [other, one] of known) if (one !== base) known.delete(other);
  const { pathUnknown: _path, temporaries: _temporaries, stale: _stale, ...plain } = base;
  const made: Catalogue = {
    ...plain,
    searchPath: [...view.searchPath],
    ...(view.pathUnknown ? { pathUnknown: true } : {}),
    ...(view.temporaries.length === 0 ? {} : { temporaries: new Set(view.temporaries) }),
    ...(view.stale === null ? {} : { stale: staleOf(view.stale) }),
  };
  bases.set(made, base);
  known.set(key, made);
  return made;
}

function staleOf(view: StaleView): Stale {
  return { ...view, functions: view.functions === 'any' ? 'any' : new Set(view.functions) };
}

function onlyRelation(catalogue: Catalogue, name: string): CatalogueRelation | undefined {
  const all = [...catalogue.relations.values()].flatMap((schema) => schema.get(name) ?? []);
  return all.length === 1 ? all[0] : undefined;
}
