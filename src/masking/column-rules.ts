import type { ResultColumn } from '../model/reply.ts';
import type { Operation } from '../model/request.ts';
import type { ClassifiedColumn, MaskKind } from '../model/target.ts';
import { carrierIn } from './carriers.ts';
import { ANY_COLUMN, isColumn, isOpaque, STRICTNESS, touches } from './column-match.ts';

/** What a masked column becomes, and under which name it is counted. */
export interface ColumnMask {
  readonly kind: MaskKind;
  readonly class: string;
  readonly name: string;
  /** True of what is not a column as it stands: its mask tells nothing of it, not even whether it is NULL. */
  readonly constant: boolean;
}

type Described = Pick<ResultColumn, 'name' | 'sources' | 'plain'>;

/** What the statements of a request may show of the classified columns. */
export interface Reading {
  /** The classified columns of the tables that they touch. */
  readonly columns: readonly ClassifiedColumn[];
  /** True where a statement could not be taken apart, so that what it reads and says is anything. */
  readonly opaque: boolean;
  /** True where it is known to run functions of the database, so that one may have something to say. */
  readonly runsPrograms: boolean;
}

/** Which columns of a target a policy's classes mask. Immutable; keeps its answers beside the operations. */
export class ColumnRules {
  readonly #classified: readonly ClassifiedColumn[];
  readonly #byColumn = new Map<string, ClassifiedColumn[]>();
  readonly #readings = new WeakMap<readonly Operation[], Reading>();

  constructor(classified: readonly ClassifiedColumn[], classes: ReadonlySet<string>) {
    this.#classified = classified.filter((column) => classes.has(column.class));
    for (const column of this.#classified) {
      const same = this.#byColumn.get(column.column);
      if (same === undefined) this.#byColumn.set(column.column, [column]);
      else same.push(column);
    }
  }

  /** The function through which `operations` would take classified values past the masks; undefined where none does. */
  carrier(operations: readonly Operation[]): string | undefined {
    return this.size === 0 ? undefined : carrierIn(operations, this.#classified);
  }

  get size(): number {
    return this.#classified.length;
  }

  /** What `operations` may show; kept beside the array, which stands for one analysis. */
  reading(operations: readonly Operation[]): Reading {
    const kept = this.#readings.get(operations);
    if (kept !== undefined) return kept;
    const opaque = this.size > 0 && operations.some(isOpaque);
    const isAnything = opaque || operations.some(({ columns }) => columns === 'unknown');
    const columns = isAnything
      ? this.#classified
      : this.#classified.filter((column) => operations.some((operation) => touches(operation, column)));
    const reading = { columns, opaque, runsPrograms: operations.some((one) => one.runsPrograms === true) };
    this.#readings.set(operations, reading);
    return reading;
  }

  /**
   * The mask of a value that derives from `sources`; where several are classified, the strictest. A value that is not a
   * column as it stands keeps nothing: of `substr(card, 1, 8)` the last four would be in the middle of the card, and a
   * token of one letter could be looked up among those of all letters.
   */
  maskOf({ name, sources, plain }: Described, reading: Reading): ColumnMask | undefined {
    if (this.size === 0) return undefined;
    if (sources === 'unknown') {
      return reading.columns.length === 0 ? undefined : { kind: 'redact', class: 'unknown', name, constant: true };
    }
    let mask: ColumnMask | undefined;
    for (const source of sources) {
      for (const column of this.#named(source.column)) {
        if (!isColumn(source, column)) continue;
        const next: ColumnMask = {
          kind: plain || column.mask === 'null' ? (column.mask ?? 'redact') : 'redact',
          class: column.class,
          constant: !plain,
          name: `${column.schema === '' ? source.schema : column.schema}.${column.table}.${column.column}`,
        };
        if (mask === undefined || STRICTNESS[next.kind] > STRICTNESS[mask.kind]) mask = next;
      }
    }
    return mask;
  }

  /** Those of this name, and those that stand for any column of a table. */
  #named(column: string): readonly ClassifiedColumn[] {
    const any = this.#byColumn.get(ANY_COLUMN);
    const own = this.#byColumn.get(column) ?? NO_COLUMNS;
    return any === undefined ? own : [...own, ...any];
  }
}

const NO_COLUMNS: readonly ClassifiedColumn[] = [];
