import type { CreateTableBuilder, Kysely } from 'kysely';

/** That the bodies of a run are to be erased, and what became of it. */
export interface ErasuresTable {
  id: string;
  /** A run is erased once. */
  run_id: string;
  /** `pending` while a hold is in the way, `ordered` until every gateway that served the run has done it. */
  state: 'pending' | 'ordered' | 'done';
  reason: string;
  /** What whoever asked said of it; sealed. */
  note: string | null;
  /** The id of a person or a token, or `gateway`. */
  by_id: string;
  /** The retention rule that asked. */
  rule: string | null;
  /** The hold that is in the way. */
  hold: string | null;
  asked_at: string;
  done_at: string | null;
}

/** What one gateway did of an erasure. */
export interface ErasurePartsTable {
  erasure: string;
  /** By the name of its log. */
  gateway: string;
  /** `erasing` from when no hold can stop it; `absent` where the gateway had no key of the run. */
  state: 'erasing' | 'done' | 'absent';
  at: string;
}

/** What may not be erased: whatever meets all that a hold names. */
export interface HoldsTable {
  id: string;
  run_id: string | null;
  /** The id of a repository or its address. */
  repository: string | null;
  target: string | null;
  /** Runs that were open at some time from `since` to `until`. */
  since: string | null;
  until: string | null;
  /** In the words of whoever placed it. */
  reason: string;
  placed_by: string;
  placed_at: string;
  lifted_by: string | null;
  lifted_at: string | null;
  lifted_because: string | null;
}

/** A time at which the retention rules were applied. */
export interface RetentionSweepsTable {
  id: string;
  gateway: string;
  at: string;
  /** JSON of the runs that each rule had erased, by the rule's name. */
  erased: string;
  held: number;
  kept: number;
}

export interface RetentionTables {
  erasures: ErasuresTable;
  erasure_parts: ErasurePartsTable;
  holds: HoldsTable;
  retention_sweeps: RetentionSweepsTable;
  retention_rules: { name: string; declaration: string; updated_at: string };
}

export async function retentionMigration(db: Kysely<unknown>): Promise<void> {
  await texts(db, 'erasures', ['id'], ['run_id', 'state', 'reason', 'by_id', 'asked_at'], NULLABLE.erasures)
    .addUniqueConstraint('erasures_run', ['run_id'])
    .execute();
  await texts(db, 'erasure_parts', ['erasure', 'gateway'], ['state', 'at'], []).execute();
  await texts(db, 'holds', ['id'], ['reason', 'placed_by', 'placed_at'], NULLABLE.holds).execute();
  await texts(db, 'retention_sweeps', ['id'], ['gateway', 'at', 'erased'], [])
    .addColumn('held', 'integer', (column) => column.notNull())
    .addColumn('kept', 'integer', (column) => column.notNull())
    .execute();
  await texts(db, 'retention_rules', ['name'], ['declaration', 'updated_at'], []).execute();
  await db.schema.createIndex('erasures_by_state').on('erasures').columns(['state', 'id']).execute();
  // JSON list of the classes of data that a session met; null where nobody counted them.
  await db.schema.alterTable('sessions').addColumn('classes', 'text').execute();
}

const NULLABLE = {
  erasures: ['note', 'rule', 'hold', 'done_at'],
  holds: ['run_id', 'repository', 'target', 'since', 'until', 'lifted_by', 'lifted_at', 'lifted_because'],
} as const;

function texts(
  db: Kysely<unknown>,
  name: string,
  keys: readonly string[],
  required: readonly string[],
  nullable: readonly string[],
) {
  let table: CreateTableBuilder<string, string> = db.schema.createTable(name);
  for (const column of [...keys, ...required]) table = table.addColumn(column, 'text', (draft) => draft.notNull());
  for (const column of nullable) table = table.addColumn(column, 'text');
  return table.addPrimaryKeyConstraint(`${name}_key`, [...keys] as never);
}
