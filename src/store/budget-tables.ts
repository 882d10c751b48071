import { type Kysely, sql } from 'kysely';

/** A counter: of one budget, of one run or one target. */
export interface BudgetsTable {
  /** Derived from what follows, to `within_ms`. */
  id: string;
  rule: string;
  measure: string;
  per: 'run' | 'target';
  /** The id of the run or the name of the target. */
  scope: string;
  /** 0 where it counts as long as its run lasts. */
  within_ms: number | string;
  /** As the rule had it when the counter was used last. */
  most: number | string;
  /** Counts how often it was reset: what was leased before gives nothing back. */
  epoch: number;
  updated_at: string;
}

/** What was spent, leases included, and what was granted beyond the rule, by slices of the window. */
export interface BudgetSlotsTable {
  budget: string;
  /** The store's time divided by the length of a slice; 0 where there is no window. */
  slot: number | string;
  spent: number | string;
  granted: number | string;
}

/** The distinct tables that a counter has met, and in which slice last. */
export interface BudgetTablesTable {
  budget: string;
  name: string;
  slot: number | string;
}

export interface BudgetTables {
  budgets: BudgetsTable;
  budget_slots: BudgetSlotsTable;
  budget_tables: BudgetTablesTable;
}

/** Counts of budgets. They are of 64 bits: PostgreSQL's integers end at two thousand million bytes. */
export async function budgetsMigration(db: Kysely<unknown>): Promise<void> {
  let budgets = db.schema.createTable('budgets').addColumn('id', 'text', (column) => column.primaryKey().notNull());
  for (const name of ['rule', 'measure', 'per', 'scope', 'updated_at']) {
    budgets = budgets.addColumn(name, 'text', (column) => column.notNull());
  }
  await budgets
    .addColumn('within_ms', 'bigint', (column) => column.notNull())
    .addColumn('most', 'bigint', (column) => column.notNull())
    .addColumn('epoch', 'integer', (column) => column.notNull())
    .execute();
  await belongingToBudget(db, 'budget_slots')
    .addColumn('slot', 'bigint', (column) => column.notNull())
    .addColumn('spent', 'bigint', (column) => column.notNull())
    .addColumn('granted', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('budget_slots_key', ['budget', 'slot'])
    .addCheckConstraint('budget_slots_spent', sql`spent >= 0`)
    .execute();
  await belongingToBudget(db, 'budget_tables')
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('slot', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('budget_tables_key', ['budget', 'name'])
    .execute();
  await db.schema.createIndex('budgets_by_scope').on('budgets').columns(['per', 'scope']).execute();
  await db.schema.createIndex('budgets_by_updated_at').on('budgets').column('updated_at').execute();
}

function belongingToBudget(db: Kysely<unknown>, name: string) {
  return db.schema
    .createTable(name)
    .addColumn('budget', 'text', (column) => column.notNull().references('budgets.id').onDelete('cascade'));
}
