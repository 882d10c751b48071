import type { Store } from './store.ts';

/** Uses a proof of possession up; false where it was used before, through whichever gateway. `until` is RFC 3339. */
export function consumeProof(
  store: Store,
  { replayKey, until }: { readonly replayKey: string; readonly until: string },
  run: string,
  now: string,
): Promise<boolean> {
  return store.write(async (db) => {
    await db.deleteFrom('consumed_tokens').where('expires_at', '<', now).execute();
    const won = await db
      .insertInto('consumed_tokens')
      .values({ replay_key: replayKey, run_id: run, expires_at: until })
      .onConflict((conflict) => conflict.column('replay_key').doNothing())
      .returning('replay_key')
      .execute();
    return won.length > 0;
  });
}
