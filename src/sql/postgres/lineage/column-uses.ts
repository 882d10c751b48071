import { LIMITS } from '../../../model/limits.ts';
import type { ColumnCopy, ColumnSource, ColumnUse } from '../../../model/request.ts';
import { keyOf, type Origin, sourcesOf } from './origin.ts';

/** What one statement does with columns, collected while it is read. */
export class ColumnUses {
  readonly #outputs = new Map<string, ColumnSource>();
  readonly #filters = new Map<string, ColumnSource>();
  readonly #writes = new Map<string, ColumnSource>();
  readonly #copies = new Map<string, ColumnCopy>();
  #unknown = false;

  output(origin: Origin): void {
    this.#unknown ||= origin.unknown;
    for (const [key, source] of origin.sources) this.#outputs.set(key, source);
  }

  /** What was handed in decides by what the caller knows, or by what another statement read. */
  filter(origin: Origin): void {
    if (origin.unknown && origin.handed !== true) this.#unknown = true;
    for (const [key, source] of origin.sources) this.#filters.set(key, source);
  }

  write(column: ColumnSource): void {
    this.#writes.set(keyOf(column), column);
  }

  /** The statement does something with columns that cannot be named. */
  lost(): void {
    this.#unknown = true;
  }

  /** A value that goes into a stored column; one that derives from no column, or from that one alone, is no copy. */
  copy(into: ColumnSource, value: Origin, temporary = false): void {
    const key = keyOf(into);
    const from = value.unknown ? 'unknown' : sourcesOf(value).filter((source) => keyOf(source) !== key);
    if (from.length === 0) return;
    const kept = this.#copies.get(key);
    const all = kept === undefined ? from : united(kept.from, from);
    this.#copies.set(key, { into, from: all, ...(temporary ? { temporary } : {}) });
  }

  /** Everything that decides rows or values, as one origin: what a statement around this one inherits. */
  filters(): Origin {
    return { sources: this.#filters, unknown: this.#unknown, plain: false };
  }

  /** Each column once for each use, or `unknown` where that is not all. */
  all(): readonly ColumnUse[] | 'unknown' {
    const size = this.#outputs.size + this.#filters.size + this.#writes.size;
    if (this.#unknown || size > LIMITS.maxColumnUses) return 'unknown';
    const uses: ColumnUse[] = [];
    for (const { schema, table, column } of this.#outputs.values()) uses.push({ schema, table, column, use: 'output' });
    for (const { schema, table, column } of this.#filters.values()) uses.push({ schema, table, column, use: 'filter' });
    for (const { schema, table, column } of this.#writes.values()) uses.push({ schema, table, column, use: 'write' });
    return uses;
  }

  copies(): readonly ColumnCopy[] {
    return [...this.#copies.values()];
  }
}

function united(one: ColumnCopy['from'], other: ColumnCopy['from']): ColumnCopy['from'] {
  if (one === 'unknown' || other === 'unknown') return 'unknown';
  return [...new Map([...one, ...other].map((source) => [keyOf(source), source])).values()];
}
