import type { CreateTableBuilder, Kysely } from 'kysely';

/** People, and every way in which they log in (people-tables.ts); scopes of operator tokens, and whose they are. */
export async function peopleMigration(db: Kysely<unknown>): Promise<void> {
  await people(db);
  await texts(db.schema.createTable('browser_sessions'), ['created_at', 'seen_at', 'expires_at', 'user_agent'])
    .addColumn('hash', 'text', (column) => column.primaryKey().notNull())
    .addColumn('person_id', 'text', (column) => column.notNull().references('people.id'))
    .execute();
  await texts(db.schema.createTable('login_attempts'), ['return_to', 'expires_at'])
    .addColumn('state_hash', 'text', (column) => column.primaryKey().notNull())
    .execute();
  await texts(db.schema.createTable('device_logins'), ['name', 'address', 'state', 'requested_at', 'expires_at'])
    .addColumn('device_hash', 'text', (column) => column.primaryKey().notNull())
    .addColumn('user_code_hash', 'text', (column) => column.notNull().unique())
    .addColumn('person_id', 'text', (column) => column.references('people.id'))
    .addColumn('polled_at', 'text')
    .execute();
  await texts(db.schema.createTable('first_logins'), ['expires_at'])
    .addColumn('hash', 'text', (column) => column.primaryKey().notNull())
    .addColumn('used_at', 'text')
    .execute();
  await db.schema.alterTable('operator_tokens').addColumn('scopes', 'text').execute();
  await db.schema.alterTable('operator_tokens').addColumn('person_id', 'text').execute();
  for (const [table, column] of [
    ['browser_sessions', 'person_id'],
    ['browser_sessions', 'expires_at'],
    ['login_attempts', 'expires_at'],
    ['device_logins', 'expires_at'],
    ['operator_tokens', 'person_id'],
  ] as const) {
    await db.schema.createIndex(`${table}_by_${column}`).on(table).column(column).execute();
  }
}

const PERSON = [
  'issuer',
  'subject',
  'login',
  'claimed_groups',
  'local_groups',
  'claimed_roles',
  'local_roles',
  'claimed_handles',
  'local_handles',
  'created_at',
];

async function people(db: Kysely<unknown>): Promise<void> {
  await texts(db.schema.createTable('people'), PERSON)
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('name', 'text')
    .addColumn('email', 'text')
    .addColumn('last_seen_at', 'text')
    .addColumn('disabled_at', 'text')
    .addColumn('version', 'integer', (column) => column.notNull())
    .addUniqueConstraint('people_subject', ['issuer', 'subject'])
    .addUniqueConstraint('people_login', ['issuer', 'login'])
    .execute();
}

/** The columns of text that every row has. */
function texts(draft: CreateTableBuilder<string, string>, names: readonly string[]) {
  return names.reduce((table, name) => table.addColumn(name, 'text', (column) => column.notNull()), draft);
}
