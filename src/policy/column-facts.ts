import type { HttpFacts } from '../model/http.ts';
import { compilePath } from '../model/http-path.ts';
import type { ColumnSource, LockMode, Operation } from '../model/request.ts';
import type { ClassifiedColumn } from '../model/target.ts';

/** The keys by which a rule sees columns, and what each means: shown, filtered by, assigned, stored elsewhere. */
export const COLUMN_KEYS = ['reads', 'filters', 'writes', 'copies'] as const;
export type ColumnKey = (typeof COLUMN_KEYS)[number];

/** The classes that an operation meets in one target; each list sorted, each class once. */
export interface ColumnFacts extends Readonly<Record<ColumnKey, readonly string[]>> {
  /** False where it cannot be told: then each list has all classes that it may be, and none that it is for certain. */
  readonly known: boolean;
}

/** The classified columns of a target, ready to be met. Immutable; keeps its answers beside the operations. */
export class ClassifiedColumns {
  readonly #all: readonly ClassifiedColumn[];
  readonly #byColumn = new Map<string, ClassifiedColumn[]>();
  readonly #facts = new WeakMap<Operation, ColumnFacts>();
  /** Of an HTTP target: where something of a class is answered. */
  readonly #paths: readonly { readonly matches: ReturnType<typeof compilePath>; readonly class: string }[];

  private constructor(all: readonly ClassifiedColumn[]) {
    this.#all = all;
    this.#paths = all.flatMap(({ place, table, class: of }) => {
      return place === undefined ? [] : [{ matches: compilePath(table), class: of }];
    });
    for (const one of all) {
      const same = this.#byColumn.get(one.column);
      if (same === undefined) this.#byColumn.set(one.column, [one]);
      else same.push(one);
    }
  }

  /** The same object for the same list, so that sessions of a target share what was found out. */
  static of(classified: readonly ClassifiedColumn[]): ClassifiedColumns {
    let known = indexes.get(classified);
    if (known === undefined) indexes.set(classified, (known = new ClassifiedColumns(classified)));
    return known;
  }

  factsOf(operation: Operation): ColumnFacts {
    let facts = this.#facts.get(operation);
    if (facts === undefined) this.#facts.set(operation, (facts = this.#find(operation)));
    return facts;
  }

  #find(operation: Operation): ColumnFacts {
    if (this.#all.length === 0) return NONE;
    const { columns, copies, http } = operation;
    if (http !== undefined && this.#paths.length > 0) return this.#answered(http);
    if (columns === undefined || columns === 'unknown' || isOpaque(operation)) return this.#possible(operation);
    const used = (use: 'output' | 'filter' | 'write') => this.#classes(columns.filter((one) => one.use === use));
    const copied = copies?.map(({ from }) => from) ?? [];
    if (copied.includes('unknown')) return this.#possible(operation);
    return {
      reads: used('output'),
      filters: used('filter'),
      writes: used('write'),
      copies: this.#classes(copied.flatMap((from) => (from === 'unknown' ? [] : from))),
      known: true,
    };
  }

  /** A reply has what its path has, or less of it; what a request says of such fields nobody knows. */
  #answered({ method, path }: HttpFacts): ColumnFacts {
    const reads = sorted(this.#paths.filter(({ matches }) => matches(method, path)).map((one) => one.class));
    if (reads.length === 0) return NONE;
    return { reads, filters: reads, writes: method === 'GET' ? [] : reads, copies: [], known: false };
  }

  /** All that it may be: of the tables that it touches or, where it may touch others, of all tables. */
  #possible(operation: Operation): ColumnFacts {
    const all = isOpaque(operation) ? this.#all : this.#all.filter((column) => touches(operation, column));
    if (all.length === 0) return NONE;
    const classes = sorted(all.map((one) => one.class));
    const isReading = operation.access === 'read';
    return {
      reads: classes,
      filters: classes,
      writes: isReading ? [] : classes,
      copies: isReading ? [] : classes,
      known: false,
    };
  }

  #classes(columns: readonly ColumnSource[]): readonly string[] {
    return sorted(
      columns.flatMap(({ schema, table, column }) =>
        [...(this.#byColumn.get(column) ?? []), ...(this.#byColumn.get(ANY_COLUMN) ?? [])]
          .filter((one) => isSame(schema, table, one))
          .map((one) => one.class),
      ),
    );
  }
}

/** Stands for every column of a table, where values were copied into one that is not known. */
const ANY_COLUMN = '*';
const indexes = new WeakMap<readonly ClassifiedColumn[], ClassifiedColumns>();
const NONE: ColumnFacts = { reads: [], filters: [], writes: [], copies: [], known: true };

/** Flags of operations whose inner text the analysis has not seen. */
const OPAQUE_FLAGS: ReadonlySet<string> = new Set(['do-block', 'dynamic-sql', 'opaque-source', 'unparsable']);

/** True where it may touch what it does not name. */
export function isOpaque({ access, kind, flags }: Operation): boolean {
  return access === 'unknown' || kind === 'unknown' || flags.some((flag) => OPAQUE_FLAGS.has(flag));
}

/** True where the columns of an operation are told, or where it has no tables to have columns of. */
export function hasColumns({ columns, tables }: Operation): boolean {
  return Array.isArray(columns) || (columns === undefined && tables.length === 0);
}

/** Weakest first (PostgreSQL manual, 13.3.1). */
export const LOCK_MODES = [
  'access-share',
  'row-share',
  'row-exclusive',
  'share-update-exclusive',
  'share',
  'share-row-exclusive',
  'exclusive',
  'access-exclusive',
] as const satisfies readonly LockMode[];

/** From 1, the weakest; 0 for no lock. */
export function lockStrength(lock: LockMode | undefined): number {
  return lock === undefined ? 0 : LOCK_MODES.indexOf(lock) + 1;
}

function touches(operation: Operation, column: ClassifiedColumn): boolean {
  return operation.tables.some(({ schema, name }) => isSame(schema, name, column));
}

/** An empty schema, on either side, is any schema. */
function isSame(schema: string, table: string, column: ClassifiedColumn): boolean {
  return table === column.table && (schema === '' || column.schema === '' || schema === column.schema);
}

function sorted(classes: readonly string[]): readonly string[] {
  return [...new Set(classes)].sort();
}
