import type { Kysely } from 'kysely';

/** Keys by which clients of SSH prove a grant, beside its secret. */
export interface GrantSshKeysTable {
  grant_id: string;
  /** `SHA256:…`. */
  fingerprint: string;
}

/** Keys of hosts that are trusted from their first connection on. */
export interface SshHostKeysTable {
  target: string;
  /** As a line of known_hosts, without the name. */
  line: string;
  first_met_at: string;
}

/** Keys of the gateway's own, sealed: what clients know it by, and what signs for them. */
export interface SshOwnKeysTable {
  /** `host`, `users`. */
  name: string;
  sealed: string;
  made_at: string;
}

export interface SshTables {
  grant_ssh_keys: GrantSshKeysTable;
  ssh_host_keys: SshHostKeysTable;
  ssh_own_keys: SshOwnKeysTable;
}

export async function sshMigration(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('grant_ssh_keys')
    .addColumn('grant_id', 'text', (column) =>
      column.primaryKey().notNull().references('grants.id').onDelete('cascade'),
    )
    .addColumn('fingerprint', 'text', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('grant_ssh_keys_by_fingerprint').on('grant_ssh_keys').columns(['fingerprint']).execute();
  await db.schema
    .createTable('ssh_host_keys')
    .addColumn('target', 'text', (column) => column.primaryKey().notNull())
    .addColumn('line', 'text', (column) => column.notNull())
    .addColumn('first_met_at', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('ssh_own_keys')
    .addColumn('name', 'text', (column) => column.primaryKey().notNull())
    .addColumn('sealed', 'text', (column) => column.notNull())
    .addColumn('made_at', 'text', (column) => column.notNull())
    .execute();
}
