import type { CreateTableBuilder, Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import { approvalsMigration } from './approvals-migration.ts';
import { attachmentsMigration } from './attachment-rows.ts';
import { budgetsMigration } from './budget-tables.ts';
import { classesMigration } from './class-tables.ts';
import { definitionsMigration } from './definition-tables.ts';
import { givenTargetsMigration } from './given-target-rows.ts';
import { peopleMigration } from './people-migration.ts';
import { retentionMigration } from './retention-tables.ts';
import { liveSessionsMigration } from './session-migration.ts';
import { sshMigration } from './ssh-tables.ts';

/**
 * The store's migrations, by number. One that was released is never edited: a change is another one. They keep to what
 * SQLite and PostgreSQL both understand, for the same list runs on either.
 */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-control-plane': { up: controlPlane },
  '0002-several-gateways': { up: severalGateways },
  '0003-approvals': { up: approvalsMigration },
  '0004-people': { up: peopleMigration },
  '0005-channels': { up: channels },
  '0006-live-sessions': { up: liveSessionsMigration },
  '0007-inherited-classes': { up: classesMigration },
  '0008-budgets': { up: budgetsMigration },
  '0009-sealed-tokens': { up: sealedTokens },
  '0010-run-attachments': { up: attachmentsMigration },
  '0011-exports': { up: exports },
  '0012-retention': { up: retentionMigration },
  '0013-log-checkpoints': { up: logCheckpoints },
  '0014-definitions': { up: definitionsMigration },
  '0015-resources-of-grants': { up: resourcesOfGrants },
  '0016-given-targets': { up: givenTargetsMigration },
  '0017-ssh': { up: sshMigration },
};

async function controlPlane(db: Kysely<unknown>): Promise<void> {
  await configuration(db);
  await runsAndGrants(db);
  await table(db, 'jwks_seen', 'digest', ['issuer', 'document', 'first_seen_at']).execute();
  await table(db, 'operator_tokens', 'id', ['name', 'role', 'hash', 'created_at'])
    .addColumn('expires_at', 'text')
    .addColumn('revoked_at', 'text')
    .addUniqueConstraint('operator_tokens_hash', ['hash'])
    .execute();
}

async function configuration(db: Kysely<unknown>): Promise<void> {
  await table(db, 'deployment', 'id', ['kind', 'created_at']).execute();
  await table(db, 'versions', 'topic', [])
    .addColumn('version', 'integer', (column) => column.notNull())
    .execute();
  await table(db, 'targets', 'name', ['protocol', 'declaration', 'updated_at']).execute();
  await db.schema
    .createTable('credentials')
    .addColumn('target', 'text', (column) => column.primaryKey().references('targets.name').onDelete('cascade'))
    .addColumn('sealed', 'text', (column) => column.notNull())
    .addColumn('fingerprint', 'text', (column) => column.notNull())
    .addColumn('updated_at', 'text', (column) => column.notNull())
    .execute();
  await table(db, 'issuers', 'name', ['declaration', 'updated_at']).execute();
  await table(db, 'trust_rules', 'name', ['declaration', 'updated_at']).execute();
  await table(db, 'policies', 'name', ['text', 'digest', 'updated_at'])
    .addColumn('version', 'integer', (column) => column.notNull())
    .execute();
  await table(db, 'policy_sets', 'digest', ['text', 'first_active_at']).execute();
}

async function runsAndGrants(db: Kysely<unknown>): Promise<void> {
  let runs = table(db, 'runs', 'id', ['kind', 'principal', 'display', 'workload', 'asserted', 'opened_at']);
  for (const name of ['repository_id', 'repository_uri', 'token', 'token_digest', 'jwks_digest', 'closed_at']) {
    runs = runs.addColumn(name, 'text');
  }
  await runs
    .addColumn('termination', 'text')
    .addColumn('demo', 'integer', (column) => column.notNull())
    .execute();
  await table(db, 'grants', 'id', ['targets', 'rules', 'secret_hash', 'scram_salt', 'scram_stored_key'])
    .addColumn('run_id', 'text', (column) => column.notNull().references('runs.id'))
    .addColumn('scram_server_key', 'text', (column) => column.notNull())
    .addColumn('scram_iterations', 'integer', (column) => column.notNull())
    .addColumn('lifetime_seconds', 'integer', (column) => column.notNull())
    .addColumn('issued_at', 'text', (column) => column.notNull())
    .addColumn('expires_at', 'text', (column) => column.notNull())
    .addColumn('renewable_until', 'text', (column) => column.notNull())
    .addColumn('key_thumbprint', 'text')
    .addColumn('revoked_at', 'text')
    .addColumn('revoked_because', 'text')
    .execute();
  await table(db, 'consumed_tokens', 'replay_key', ['run_id', 'expires_at']).execute();
  let sessions = table(db, 'sessions', 'id', ['target', 'principal', 'opened_at'])
    .addColumn('run_id', 'text', (column) => column.notNull().references('runs.id'))
    .addColumn('repository', 'text')
    .addColumn('closed_at', 'text')
    .addColumn('outcome', 'text');
  for (const name of ['permitted', 'denied', 'masked']) {
    sessions = sessions.addColumn(name, 'integer', (column) => column.notNull().defaultTo(0));
  }
  await sessions.execute();
  await index(db, 'runs', ['opened_at', 'id']);
  await index(db, 'grants', ['run_id']);
  await index(db, 'grants', ['expires_at']);
  await index(db, 'consumed_tokens', ['expires_at']);
  await index(db, 'sessions', ['run_id']);
  await index(db, 'sessions', ['opened_at', 'id']);
}

/** What gateways that share a store need: one deployment even where two start at once, one key, whose session is whose. */
async function severalGateways(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('deployment').addColumn('key_check', 'text').execute();
  await db.schema
    .alterTable('deployment')
    .addColumn('singleton', 'integer', (column) => column.notNull().defaultTo(1))
    .execute();
  await db.schema.createIndex('deployment_is_one').on('deployment').column('singleton').unique().execute();
  await db.schema.alterTable('sessions').addColumn('gateway', 'text').execute();
}

/** How people are told of approvals, and what was sent to them. */
async function channels(db: Kysely<unknown>): Promise<void> {
  await table(db, 'channels', 'name', ['kind', 'declaration', 'sealed', 'fingerprint', 'updated_at']).execute();
  await table(db, 'deliveries', 'id', ['channel', 'event', 'approval', 'step', 'state', 'next_at', 'created_at'])
    .addColumn('attempts', 'integer', (column) => column.notNull())
    .addColumn('is_open', 'integer', (column) => column.notNull())
    .addColumn('claimed_by', 'text')
    .addColumn('last_fault', 'text')
    .addColumn('delivered_at', 'text')
    .addColumn('external', 'text')
    .addUniqueConstraint('deliveries_step', ['approval', 'channel', 'step'])
    .execute();
  await index(db, 'deliveries', ['state', 'channel', 'next_at']);
  await index(db, 'deliveries', ['is_open']);
  await table(db, 'seen_signatures', 'digest', ['expires_at']).execute();
  await index(db, 'seen_signatures', ['expires_at']);
}

/**
 * Where CI tokens are kept sealed. Those that lie in clear in `runs` stay there until a gateway starts: a migration has
 * no key to seal them with, and to drop them would lose evidence.
 */
async function sealedTokens(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('run_tokens')
    .addColumn('run_id', 'text', (column) => column.primaryKey().notNull().references('runs.id').onDelete('cascade'))
    .addColumn('sealed', 'text', (column) => column.notNull())
    .execute();
}

/** Where the record goes besides the log. */
async function exports(db: Kysely<unknown>): Promise<void> {
  await table(db, 'exports', 'name', ['kind', 'declaration', 'sealed', 'fingerprint', 'updated_at']).execute();
}

/** What each gateway's log signed last: a copy of its files, put back, is found out by it. */
async function logCheckpoints(db: Kysely<unknown>): Promise<void> {
  await table(db, 'log_checkpoints', 'origin', ['checkpoint', 'kept_at'])
    .addColumn('size', 'bigint', (column) => column.notNull())
    .execute();
}

/** Tokens of MCP clients are good at one place alone. */
async function resourcesOfGrants(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('grants').addColumn('resource', 'text').execute();
}

/** A table with a text key and text columns that are all required. */
function table(db: Kysely<unknown>, name: string, key: string, required: readonly string[]) {
  let draft: CreateTableBuilder<string, string> = db.schema
    .createTable(name)
    .addColumn(key, 'text', (column) => column.primaryKey().notNull());
  for (const column of required) draft = draft.addColumn(column, 'text', (definition) => definition.notNull());
  return draft;
}

async function index(db: Kysely<unknown>, on: string, columns: string[]): Promise<void> {
  await db.schema
    .createIndex(`${on}_by_${columns.join('_and_')}`)
    .on(on)
    .columns(columns)
    .execute();
}
