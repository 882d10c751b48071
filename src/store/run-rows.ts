import type { RunRow } from './grant-rows.ts';
import type { Store } from './store.ts';

export function findRun(store: Store, id: string): Promise<RunRow | undefined> {
  return store.read((db) => db.selectFrom('runs').selectAll().where('id', '=', id).executeTakeFirst());
}

/** The runs of these ids that there are, by id. */
export async function findRuns(store: Store, ids: readonly string[]): Promise<ReadonlyMap<string, RunRow>> {
  if (ids.length === 0) return new Map();
  const unique = [...new Set(ids)];
  const rows = await store.read((db) => db.selectFrom('runs').selectAll().where('id', 'in', unique).execute());
  return new Map(rows.map((row) => [row.id, row]));
}

export interface RunFilter {
  readonly repositoryId?: string;
  readonly open?: boolean;
  /** Runs with a smaller id, which are older ones: the last id of the page before. */
  readonly before?: string;
  readonly limit: number;
}

/** Newest first. */
export function listRuns(store: Store, filter: RunFilter): Promise<readonly RunRow[]> {
  return store.read((db) => {
    let query = db.selectFrom('runs').selectAll().orderBy('id', 'desc').limit(filter.limit);
    if (filter.repositoryId !== undefined) query = query.where('repository_id', '=', filter.repositoryId);
    if (filter.open !== undefined) query = query.where('closed_at', filter.open ? 'is' : 'is not', null);
    if (filter.before !== undefined) query = query.where('id', '<', filter.before);
    return query.execute();
  });
}

/** Marks a run as closed, once; false where it was closed before or is not known. */
export function closeRunRow(store: Store, id: string, termination: string, now: string): Promise<boolean> {
  return store.write(async (db) => {
    const closed = await db
      .updateTable('runs')
      .set({ closed_at: now, termination })
      .where('id', '=', id)
      .where('closed_at', 'is', null)
      .returning('id')
      .execute();
    return closed.length > 0;
  });
}

/** Replaces a run's labels while it is open, where they are still those that were read. */
export async function replaceAsserted(
  store: Store,
  id: string,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<void> {
  await store.write((db) =>
    db
      .updateTable('runs')
      .set({ asserted: to })
      .where('id', '=', id)
      .where('asserted', '=', from)
      .where('closed_at', 'is', null)
      .execute(),
  );
}
