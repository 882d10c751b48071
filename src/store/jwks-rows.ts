import type { Store } from './store.ts';

/** Keeps a key set by its digest; one that is there already stays as it is. */
export async function archiveJwks(
  store: Store,
  seen: { readonly digest: string; readonly issuer: string; readonly document: string; readonly now: string },
): Promise<void> {
  const { now, ...row } = seen;
  await store.write((db) =>
    db
      .insertInto('jwks_seen')
      .values({ ...row, first_seen_at: now })
      .onConflict((conflict) => conflict.column('digest').doNothing())
      .execute(),
  );
}

export function findJwks(store: Store, digest: string): Promise<{ readonly document: string } | undefined> {
  return store.read((db) =>
    db.selectFrom('jwks_seen').select('document').where('digest', '=', digest).executeTakeFirst(),
  );
}
