import { type Kysely, sql } from 'kysely';

/** What shows of sessions while they run: when a row moved last, and that somebody wants one to end. */
export async function liveSessionsMigration(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('sessions').addColumn('updated_at', 'text').execute();
  await db.schema.alterTable('sessions').addColumn('ending', 'text').execute();
  await db.schema.createIndex('sessions_by_updated_at').on('sessions').column('updated_at').execute();
  const isOpen = sql<boolean>`closed_at is null`;
  await db.schema.createIndex('sessions_open').on('sessions').column('id').where(isOpen).execute();
  const isEnding = sql<boolean>`ending is not null and closed_at is null`;
  await db.schema.createIndex('sessions_ending').on('sessions').column('gateway').where(isEnding).execute();
}
