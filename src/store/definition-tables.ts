import type { Kysely } from 'kysely';

/** What a target said of one thing, in one form: a definition that changes has several of these. */
export interface DefinitionVersionsTable {
  /** `definition` and `digest`. */
  id: string;
  /** Of the thing: derived from target, kind and name. */
  definition: string;
  /** SHA-256 of `text`, hex. */
  digest: string;
  target: string;
  kind: string;
  /** As a JSON string: a name may hold what no text of a database can. */
  name: string;
  /** Canonical JSON (RFC 8785). */
  text: string;
  /** JSON list of what in it looks like a trap (definitions/scan). */
  findings: string;
  /** What people said of it. */
  standing: 'waiting' | 'accepted' | 'rejected';
  /** 1 while the target tells of it in this form. */
  listed: number;
  first_met_at: string;
  first_run: string;
  first_session: string;
  /** At most so old as is told in limits.md: it is not written each time. */
  met_at: string;
  met_run: string;
  decided_at: string | null;
  /** The id of a person or a token, or `gateway`. */
  decided_by: string | null;
  decided_name: string | null;
  reason: string | null;
  /** 0 until the log says what `standing` says. */
  logged: number;
}

/** The kinds of definitions that a target was ever asked for: what comes later is new, also where the list was empty. */
export interface DefinitionListsTable {
  target: string;
  kind: string;
  first_met_at: string;
}

export interface DefinitionTables {
  definition_versions: DefinitionVersionsTable;
  definition_lists: DefinitionListsTable;
}

export async function definitionsMigration(db: Kysely<unknown>): Promise<void> {
  let versions = db.schema
    .createTable('definition_versions')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull());
  const required = [
    'definition',
    'digest',
    'target',
    'kind',
    'name',
    'text',
    'findings',
    'standing',
    'first_met_at',
    'first_run',
  ];
  for (const name of [...required, 'first_session', 'met_at', 'met_run']) {
    versions = versions.addColumn(name, 'text', (column) => column.notNull());
  }
  for (const name of ['decided_at', 'decided_by', 'decided_name', 'reason'])
    versions = versions.addColumn(name, 'text');
  await versions
    .addColumn('listed', 'integer', (column) => column.notNull())
    .addColumn('logged', 'integer', (column) => column.notNull())
    .execute();
  for (const column of ['target', 'definition']) {
    await db.schema.createIndex(`definition_versions_by_${column}`).on('definition_versions').column(column).execute();
  }
  await db.schema
    .createTable('definition_lists')
    .addColumn('target', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('first_met_at', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('definition_lists_kind', ['target', 'kind'])
    .execute();
}
