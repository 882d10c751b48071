import type { Store } from './store.ts';

/** Rows that were removed, by table. */
export interface Tidied {
  readonly consumedTokens: number;
  readonly loginAttempts: number;
  readonly deviceLogins: number;
  readonly browserSessions: number;
  readonly seenSignatures: number;
  /** Grants that were over long ago whose secrets were taken out; the rows stay. */
  readonly grantSecrets: number;
}

/**
 * Removes what nothing can use any more and what each of its own paths leaves where nobody comes that way again. What
 * says who was let in, and by which rule, stays; the verifiers of secrets of grants that ended before `endedBefore` go.
 */
export function tidyStore(store: Store, now: string, endedBefore: string): Promise<Tidied> {
  return store.write(async (trx) => {
    const gone = async (
      table: 'consumed_tokens' | 'login_attempts' | 'device_logins' | 'browser_sessions' | 'seen_signatures',
    ): Promise<number> => {
      const [result] = await trx.deleteFrom(table).where('expires_at', '<', now).execute();
      return Number(result?.numDeletedRows ?? 0);
    };
    const over = await trx
      .updateTable('grants')
      .set({ secret_hash: '', scram_salt: '', scram_stored_key: '', scram_server_key: '' })
      .where('renewable_until', '<', endedBefore)
      .where('expires_at', '<', endedBefore)
      .where('secret_hash', '<>', '')
      .returning('id')
      .execute();
    return {
      consumedTokens: await gone('consumed_tokens'),
      loginAttempts: await gone('login_attempts'),
      deviceLogins: await gone('device_logins'),
      browserSessions: await gone('browser_sessions'),
      seenSignatures: await gone('seen_signatures'),
      grantSecrets: over.length,
    };
  });
}
