import type { Kysely } from 'kysely';

/** Requests that wait for people, the groups that they wait for, and the answers. */
export async function approvalsMigration(db: Kysely<unknown>): Promise<void> {
  const who = ['run_id', 'session', 'gateway', 'target', 'protocol', 'principal', 'display', 'actor'];
  const what = ['body', 'operations', 'context', 'obligations', 'rules', 'policy'];
  const when = ['requested_at', 'expires_at', 'changed_at'];
  let approvals = db.schema
    .createTable('approvals')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('exchange', 'integer', (column) => column.notNull())
    .addColumn('revision', 'integer', (column) => column.notNull());
  for (const name of ['state', 'digest', ...who, ...what, ...when]) {
    approvals = approvals.addColumn(name, 'text', (column) => column.notNull());
  }
  for (const name of ['holder', 'repository', 'estimate', 'decided_at', 'usable_until', 'used_at', 'reason']) {
    approvals = approvals.addColumn(name, 'text');
  }
  await approvals.execute();
  await belongingToApproval(db, 'approval_groups')
    .addColumn('name', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('approval_groups_key', ['approval', 'name'])
    .execute();
  await belongingToApproval(db, 'approval_votes')
    .addColumn('person', 'text', (column) => column.notNull())
    .addColumn('login', 'text', (column) => column.notNull())
    .addColumn('answer', 'text', (column) => column.notNull())
    .addColumn('channel', 'text', (column) => column.notNull())
    .addColumn('at', 'text', (column) => column.notNull())
    .addColumn('counts_for', 'text', (column) => column.notNull())
    .addColumn('reason', 'text')
    .addPrimaryKeyConstraint('approval_votes_key', ['approval', 'person'])
    .execute();
  await indexes(db);
}

async function indexes(db: Kysely<unknown>): Promise<void> {
  const indexed: Readonly<Record<string, string[]>> = {
    approvals_by_state: ['state', 'requested_at'],
    approvals_by_run: ['run_id'],
    approvals_by_session: ['session'],
    approvals_by_digest: ['digest', 'run_id'],
    approvals_by_holder: ['holder', 'state'],
    approvals_by_change: ['changed_at'],
    approvals_by_use: ['usable_until'],
  };
  for (const [name, columns] of Object.entries(indexed)) {
    await db.schema.createIndex(name).on('approvals').columns(columns).execute();
  }
  await db.schema.createIndex('approval_groups_by_name').on('approval_groups').column('name').execute();
}

function belongingToApproval(db: Kysely<unknown>, name: string) {
  return db.schema
    .createTable(name)
    .addColumn('approval', 'text', (column) => column.notNull().references('approvals.id').onDelete('cascade'));
}
