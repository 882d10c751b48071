import type { Selectable } from 'kysely';
import type { Db, OperatorTokensTable } from './schema.ts';
import type { Store } from './store.ts';

export type OperatorTokenRow = Selectable<OperatorTokensTable>;

export async function insertOperatorToken(store: Store, row: OperatorTokenRow): Promise<void> {
  await store.write((db) => db.insertInto('operator_tokens').values(row).execute());
}

export function findOperatorToken(store: Store, hash: string): Promise<OperatorTokenRow | undefined> {
  return store.read((db) => db.selectFrom('operator_tokens').selectAll().where('hash', '=', hash).executeTakeFirst());
}

/** Oldest first, with the login of whose each is; of one person where they are named. */
export function listOperatorTokens(
  store: Store,
  person?: string,
): Promise<readonly (OperatorTokenRow & { readonly login: string | null })[]> {
  return store.read((db) => {
    const query = db
      .selectFrom('operator_tokens')
      .leftJoin('people', 'people.id', 'operator_tokens.person_id')
      .selectAll('operator_tokens')
      .select('people.login')
      .orderBy('operator_tokens.id');
    return (person === undefined ? query : query.where('person_id', '=', person)).execute();
  });
}

/** False where there is no such token, it is not that person's, or it was revoked before. */
export function revokeOperatorToken(store: Store, id: string, now: string, person?: string): Promise<boolean> {
  const revoke = async (db: Db) => {
    let update = db
      .updateTable('operator_tokens')
      .set({ revoked_at: now })
      .where('id', '=', id)
      .where('revoked_at', 'is', null);
    if (person !== undefined) update = update.where('person_id', '=', person);
    return (await update.returning('id').execute()).length > 0;
  };
  // Streams that the token holds open end with it.
  return store.write(revoke, ['people']);
}
