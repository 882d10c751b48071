import type { RunTokensTable } from './schema.ts';
import type { Store } from './store.ts';

/** The sealed token that opened a run, and the digests that the audit log has of it and of the keys that verified it. */
export interface RunTokenRow {
  readonly sealed: string | null;
  readonly token_digest: string | null;
  readonly jwks_digest: string | null;
  readonly workload: string;
}

/** Undefined where there is no such run. */
export function findRunToken(store: Store, run: string): Promise<RunTokenRow | undefined> {
  return store.read((db) =>
    db
      .selectFrom('runs')
      .leftJoin('run_tokens', 'run_tokens.run_id', 'runs.id')
      .select(['run_tokens.sealed', 'runs.token_digest', 'runs.jwks_digest', 'runs.workload'])
      .where('runs.id', '=', run)
      .executeTakeFirst(),
  );
}

/** Tokens that a release before `0009-sealed-tokens` left in clear, oldest first. */
export function unsealedTokens(store: Store, limit: number): Promise<readonly { id: string; token: string }[]> {
  return store.read((db) =>
    db
      .selectFrom('runs')
      .select(['id', 'token'])
      .where('token', 'is not', null)
      .$narrowType<{ token: string }>()
      .orderBy('id')
      .limit(limit)
      .execute(),
  );
}

/** Puts sealed tokens in the place of those in clear. Of two gateways that do it at once, the first one's stay. */
export async function replaceTokens(store: Store, sealed: readonly RunTokensTable[]): Promise<void> {
  if (sealed.length === 0) return;
  const runs = sealed.map(({ run_id }) => run_id);
  await store.write(async (db) => {
    await db
      .insertInto('run_tokens')
      .values(sealed)
      .onConflict((conflict) => conflict.column('run_id').doNothing())
      .execute();
    await db.updateTable('runs').set({ token: null }).where('id', 'in', runs).execute();
  });
}
