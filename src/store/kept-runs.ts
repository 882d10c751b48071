import type { Db, StoreTransaction } from './schema.ts';

/** What holds and retention rules ask of a run. */
export interface KeptRun {
  readonly id: string;
  readonly kind: 'ci' | 'human';
  readonly repositoryId: string | null;
  readonly repositoryUri: string | null;
  readonly openedAt: string;
  readonly closedAt: string | null;
  /** Of its sessions. */
  readonly targets: readonly string[];
  /** The classes of data that its sessions met; undefined where that was not counted for all of them. */
  readonly classes: readonly string[] | undefined;
}

export async function findKeptRun(db: Db, id: string): Promise<KeptRun | undefined> {
  const rows = await db.selectFrom('runs').select(COLUMNS).where('id', '=', id).execute();
  return (await withSessions(db, rows))[0];
}

/** Runs that closed before a time and that nobody asked to erase, in the order of their ids. */
export async function erasableRuns(
  db: Db,
  { closedBefore, after, limit }: { readonly closedBefore: string; readonly after: string; readonly limit: number },
): Promise<readonly KeptRun[]> {
  const rows = await db
    .selectFrom('runs')
    .leftJoin('erasures', 'erasures.run_id', 'runs.id')
    .select(COLUMNS)
    .where('runs.closed_at', '<=', closedBefore)
    .where('erasures.id', 'is', null)
    .where('runs.id', '>', after)
    .orderBy('runs.id')
    .limit(limit)
    .execute();
  return withSessions(db, rows);
}

const COLUMNS = [
  'runs.id',
  'runs.kind',
  'runs.repository_id',
  'runs.repository_uri',
  'runs.opened_at',
  'runs.closed_at',
] as const;

interface RunPart {
  readonly id: string;
  readonly kind: 'ci' | 'human';
  readonly repository_id: string | null;
  readonly repository_uri: string | null;
  readonly opened_at: string;
  readonly closed_at: string | null;
}

async function withSessions(db: Db, rows: readonly RunPart[]): Promise<readonly KeptRun[]> {
  if (rows.length === 0) return [];
  const ids = rows.map(({ id }) => id);
  const sessions = await db
    .selectFrom('sessions')
    .select(['run_id', 'target', 'classes'])
    .where('run_id', 'in', ids)
    .execute();
  const byRun = Map.groupBy(sessions, ({ run_id }) => run_id);
  return rows.map((row) => {
    const own = byRun.get(row.id) ?? [];
    const isCounted = own.every(({ classes }) => classes !== null);
    const classes = own.flatMap((one) => JSON.parse(one.classes ?? '[]') as readonly string[]);
    return {
      id: row.id,
      kind: row.kind,
      repositoryId: row.repository_id,
      repositoryUri: row.repository_uri,
      openedAt: row.opened_at,
      closedAt: row.closed_at,
      targets: [...new Set(own.map(({ target }) => target))].sort(),
      classes: isCounted ? [...new Set(classes)].sort() : undefined,
    };
  });
}

/**
 * Takes out of the store what a run sent, was answered, or what somebody wrote of it: texts of approvals and estimates,
 * reasons, what its client said of itself. Who it was and what was decided stays, as in the log.
 */
export async function eraseCopies(trx: StoreTransaction, run: string): Promise<void> {
  const approvals = trx.selectFrom('approvals').select('id').where('run_id', '=', run);
  await trx.updateTable('approval_votes').set({ reason: null }).where('approval', 'in', approvals).execute();
  await trx
    .updateTable('deliveries')
    .set({ last_fault: null })
    .where('approval', 'in', approvals)
    .where('state', '<>', 'waiting')
    .execute();
  await trx
    .updateTable('approvals')
    .set({ body: ERASED, estimate: null, context: '{}', reason: null })
    .where('run_id', '=', run)
    .execute();
  await trx.updateTable('sessions').set({ ending: null }).where('run_id', '=', run).execute();
  await trx.updateTable('runs').set({ asserted: '{}' }).where('id', '=', run).execute();
}

/** Stands where the text of an approval was. */
export const ERASED = '';
