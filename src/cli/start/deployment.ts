import { randomUUID } from 'node:crypto';
import type { Store } from '../../store/store.ts';
import { CliError, EXIT } from '../cli-error.ts';

export interface Deployment {
  readonly id: string;
  readonly kind: 'configured' | 'demo';
  /** True at the first start of all: nothing was sealed yet. */
  readonly isNew: boolean;
}

/**
 * What this store belongs to: written once, at its first start, and never changed. A store of one kind is not started
 * as the other, so that what a demo trusted can never let anybody into a real target.
 */
export async function claimDeployment(store: Store, kind: Deployment['kind'], nowMs: number): Promise<Deployment> {
  const row = { id: randomUUID(), kind, created_at: new Date(nowMs).toISOString() };
  const found = await store.write(async (db) => {
    const known = await db.selectFrom('deployment').selectAll().executeTakeFirst();
    if (known) return known;
    await db.insertInto('deployment').values(row).execute();
    return row;
  });
  if (found.kind === kind) return { id: found.id, kind, isNew: found === row };
  throw found.kind === 'demo'
    ? new CliError(EXIT.config, 'this data belongs to a demo, and no configured gateway starts on it', {
        hint: 'Give the deployment a data directory or a database of its own, or start it with --demo.',
      })
    : new CliError(EXIT.config, 'this data belongs to a configured gateway, and no demo starts on it', {
        hint: 'Start it without --demo, or give the demo a folder of its own: CHAPERONE_DATA_DIR=./demo-data npm start',
      });
}
