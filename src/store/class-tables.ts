import type { Kysely } from 'kysely';

/** Columns that have their class from others, which were copied into them (masking/inherited-columns.ts). */
export interface InheritedClassesTable {
  id: string;
  target: string;
  schema_name: string;
  table_name: string;
  column_name: string;
  class: string;
  mask: 'null' | null;
  /** JSON list of `schema.table.column`. */
  sources: string;
  /** The exchange that copied them. */
  run_id: string;
  session_id: string;
  exchange: number;
  created_at: string;
}

export async function classesMigration(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('inherited_classes')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('target', 'text', (column) => column.notNull())
    .addColumn('schema_name', 'text', (column) => column.notNull())
    .addColumn('table_name', 'text', (column) => column.notNull())
    .addColumn('column_name', 'text', (column) => column.notNull())
    .addColumn('class', 'text', (column) => column.notNull())
    .addColumn('mask', 'text')
    .addColumn('sources', 'text', (column) => column.notNull())
    .addColumn('run_id', 'text', (column) => column.notNull())
    .addColumn('session_id', 'text', (column) => column.notNull())
    .addColumn('exchange', 'integer', (column) => column.notNull())
    .addColumn('created_at', 'text', (column) => column.notNull())
    .addUniqueConstraint('inherited_classes_column', ['target', 'schema_name', 'table_name', 'column_name', 'class'])
    .execute();
}
