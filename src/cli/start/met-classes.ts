import { classifiedName } from '../../model/classified-name.ts';
import { compilePath } from '../../model/http-path.ts';
import type { MaskCount } from '../../model/reply.ts';
import type { Operation } from '../../model/request.ts';
import type { ClassifiedColumn } from '../../model/target.ts';

/** The classes of data that a session met: those of columns that its requests name, and what was masked for it. */
export class MetClasses {
  readonly #byColumn: ReadonlyMap<string, readonly string[]>;
  readonly #all: readonly string[];
  /** Of an HTTP target: where something of a class is answered. */
  readonly #paths: readonly { readonly matches: ReturnType<typeof compilePath>; readonly class: string }[];
  readonly #met = new Set<string>();
  #isWhole = true;
  /** Operations that were looked at: one analysis is one array. */
  readonly #seen = new WeakSet<readonly Operation[]>();

  constructor(classified: readonly ClassifiedColumn[]) {
    const byColumn = Map.groupBy(classified, classifiedName);
    this.#byColumn = new Map([...byColumn].map(([key, columns]) => [key, columns.map((one) => one.class)]));
    this.#paths = classified.flatMap((one) => {
      return one.place === undefined ? [] : [{ matches: compilePath(one.table), class: one.class }];
    });
    this.#all = [...new Set(classified.map((one) => one.class))];
  }

  /** What a request does with columns; columns that cannot be told count as all of them. */
  meet(operations: readonly Operation[]): void {
    if (this.#all.length === 0 || this.#seen.has(operations)) return;
    this.#seen.add(operations);
    for (const { columns = [], http } of operations) {
      if (http !== undefined) this.#meetPath(http.method, http.path);
      if (columns === 'unknown') for (const one of this.#all) this.#met.add(one);
      else for (const { schema, table, column } of columns) this.#meetColumn(classifiedName({ schema, table, column }));
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

  #meetPath(method: string, path: string): void {
    for (const one of this.#paths) if (one.matches(method, path)) this.#met.add(one.class);
  }

  #meetColumn(key: string): void {
    for (const one of this.#byColumn.get(key) ?? []) this.#met.add(one);
  }
}
