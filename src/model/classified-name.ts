import type { ClassifiedColumn } from './target.ts';

/** What a classified column or field is called: `schema.table.column`, or `GET /customers/{id} customers[].email`. */
export function classifiedName({ schema, table, column, place }: Omit<ClassifiedColumn, 'class'>): string {
  if (place === undefined) return `${schema}.${table}.${column}`;
  if (place === 'value' && table === '') return column;
  return place === 'body' ? `${table} ${column}` : `${table} ${place} ${column}`;
}
