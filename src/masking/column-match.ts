import type { ColumnSource, Operation } from '../model/request.ts';
import type { ClassifiedColumn, MaskKind } from '../model/target.ts';

/** Of several masks of one value the strictest counts. */
export const STRICTNESS: Readonly<Record<MaskKind, number>> = { partial: 0, hash: 1, redact: 2, null: 3 };

/** Flags of statements whose inner text the analysis has not seen. */
const OPAQUE_FLAGS: ReadonlySet<string> = new Set(['do-block', 'dynamic-sql', 'opaque-source']);

/** True of an operation that could not be taken apart: what it reads is anything. */
export function isOpaque(operation: Operation): boolean {
  return operation.access === 'unknown' || operation.flags.some((flag) => OPAQUE_FLAGS.has(flag));
}

/** Stands for every column of a table, where values were copied into one that is not known. */
export const ANY_COLUMN = '*';

/** An empty schema, on either side, is any schema. */
export function isOfTable(schema: string, table: string, column: ClassifiedColumn): boolean {
  return table === column.table && (schema === '' || column.schema === '' || schema === column.schema);
}

export function isColumn(source: ColumnSource, column: ClassifiedColumn): boolean {
  const isSame = source.column === column.column || column.column === ANY_COLUMN || source.column === ANY_COLUMN;
  return isSame && isOfTable(source.schema, source.table, column);
}

/** Views and functions are looked through where columns are told, and tables are those that the text names. */
export function touches({ tables, columns }: Operation, column: ClassifiedColumn): boolean {
  if (tables.some(({ schema, name }) => isOfTable(schema, name, column))) return true;
  return columns !== undefined && columns !== 'unknown' && columns.some((use) => isColumn(use, column));
}
