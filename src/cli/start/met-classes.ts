import type { MaskCount } from '../../model/reply.ts';
import type { Operation } from '../../model/request.ts';
import type { ClassifiedColumn } from '../../model/target.ts';

/** The classes of data that a session met: those of columns that its requests name, and what was masked for it. */
export class MetClasses {
  readonly #byColumn: ReadonlyMap<string, readonly string[]>;
  readonly #all: readonly string[];
  readonly #met = new Set<string>();
  #isWhole = true;
  /** Operations that were looked at: one analysis is one array. */
  readonly #seen = new WeakSet<readonly Operation[]>();

  constructor(classified: readonly ClassifiedColumn[]) {
    const byColumn = Map.groupBy(classified, ({ schema, table, column }) => keyOf(schema, table, column));
    this.#byColumn = new Map([...byColumn].map(([key, columns]) => [key, columns.map((one) => one.class)]));
    this.#all = [...new Set(classified.map((one) => one.class))];
  }

  /** What a request does with columns; columns that cannot be told count as all of them. */
  meet(operations: readonly Operation[]): void {
    if (this.#all.length === 0 || this.#seen.has(operations)) return;
    this.#seen.add(operations);
    for (const { columns = [] } of operations) {
      if (columns === 'unknown') for (const one of this.#all) this.#met.add(one);
      else for (const { schema, table, column } of columns) this.#meetColumn(keyOf(schema, table, column));
    }
  }

  /** What was masked: detectors are named as classes are, columns as `schema.table.column`. */
  mask({ by, name }: MaskCount): void {
    if (by === 'detector') this.#met.add(name);
    else if (this.#byColumn.has(name)) this.#meetColumn(name);
    // A column that has its class from a copy: which it is stands elsewhere.
    else this.#isWhole = false;
  }

  /** Sorted; undefined where there may be more of them. */
  names(): readonly string[] | undefined {
    return this.#isWhole ? [...this.#met].sort() : undefined;
  }

  #meetColumn(key: string): void {
    for (const one of this.#byColumn.get(key) ?? []) this.#met.add(one);
  }
}

function keyOf(schema: string, table: string, column: string): string {
  return `${schema}.${table}.${column}`;
}
