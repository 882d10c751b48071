import type { ColumnCopy, ColumnSource, Operation } from '../model/request.ts';
import type { ClassifiedColumn, InheritedColumn, MaskKind } from '../model/target.ts';
import { isColumn, isOpaque, STRICTNESS, touches } from './column-match.ts';

/** Columns that take a class by what a request copies, and did not have it before. */
export interface InheritedColumns {
  readonly stored: readonly InheritedColumn[];
  /** Of temporary tables: of concern to the session alone. */
  readonly temporary: readonly InheritedColumn[];
}

/**
 * What inherits a class when these operations run; undefined where nothing does. A copy of unknown lineage inherits from
 * everything that the operations read. Copies of copies within one request inherit, too.
 */
export function inheritedColumns(
  operations: readonly Operation[],
  classified: readonly ClassifiedColumn[],
): InheritedColumns | undefined {
  if (classified.length === 0 || !operations.some(stores)) return undefined;
  const copies = operations.flatMap((operation) => operation.copies ?? []);
  const stored: InheritedColumn[] = [];
  const temporary: InheritedColumn[] = [];
  const known = [...classified];
  // Each round but the last adds a class to a column, of which there are finitely many.
  for (let before = -1; before !== known.length; ) {
    before = known.length;
    for (const copy of copies) {
      for (const column of classesOf(copy, operations, known)) {
        if (known.some((one) => covers(one, column))) continue;
        (copy.temporary === true ? temporary : stored).push(column);
        known.push(column);
      }
    }
  }
  return known.length === classified.length ? undefined : { stored, temporary };
}

function stores({ copies }: Operation): boolean {
  return copies !== undefined && copies.length > 0;
}

/** The column that is copied into, once for each class that it takes. */
function classesOf(
  { into, from, temporary }: ColumnCopy,
  operations: readonly Operation[],
  known: readonly ClassifiedColumn[],
): readonly InheritedColumn[] {
  const sources = from === 'unknown' ? readColumns(operations, known) : known.filter((one) => isAnyOf(from, one));
  const byClass = new Map<string, ClassifiedColumn[]>();
  for (const source of sources) byClass.set(source.class, [...(byClass.get(source.class) ?? []), source]);
  // The server names temporary tables' schemas as it likes.
  const schema = temporary === true ? '' : into.schema;
  return [...byClass].map(([name, columns]) => ({
    schema,
    table: into.table,
    column: into.column,
    class: name,
    ...strictest(columns),
    from: [...new Set(columns.map((column) => `${column.schema}.${column.table}.${column.column}`))],
  }));
}

function isAnyOf(sources: readonly ColumnSource[], column: ClassifiedColumn): boolean {
  return sources.some((source) => isColumn(source, column));
}

function readColumns(operations: readonly Operation[], known: readonly ClassifiedColumn[]) {
  if (operations.some((operation) => isOpaque(operation) || operation.columns === 'unknown')) return known;
  return known.filter((column) => operations.some((operation) => touches(operation, column)));
}

/**
 * The copy may be a piece of the value, of which `partial` would keep some and `hash` would make a token that can be
 * guessed: both become `redact`, which is the default.
 */
function strictest(columns: readonly ClassifiedColumn[]): { readonly mask?: MaskKind } {
  return columns.some(({ mask }) => mask === 'null') ? { mask: 'null' } : {};
}

/** True where a column has the class already, by a mask that is at least as strict. */
function covers(known: ClassifiedColumn, column: InheritedColumn): boolean {
  const isSame = known.table === column.table && known.column === column.column && known.class === column.class;
  const isThere = known.schema === '' || known.schema === column.schema;
  if (!isSame || !isThere) return false;
  return STRICTNESS[known.mask ?? 'redact'] >= STRICTNESS[column.mask ?? 'redact'];
}
