import type { Selectable } from 'kysely';
import type { OperatorTokensTable } from './schema.ts';
import type { Store } from './store.ts';

export type OperatorTokenRow = Selectable<OperatorTokensTable>;

export async function insertOperatorToken(store: Store, row: OperatorTokenRow): Promise<void> {
  await store.write((db) => db.insertInto('operator_tokens').values(row).execute());
}

export function findOperatorToken(store: Store, hash: string): Promise<OperatorTokenRow | undefined> {
  return store.read((db) => db.selectFrom('operator_tokens').selectAll().where('hash', '=', hash).executeTakeFirst());
}

export function listOperatorTokens(store: Store): Promise<readonly OperatorTokenRow[]> {
  return store.read((db) => db.selectFrom('operator_tokens').selectAll().orderBy('id').execute());
}

/** False where there is no such token, or it was revoked before. */
export function revokeOperatorToken(store: Store, id: string, now: string): Promise<boolean> {
  return store.write(async (db) => {
    const revoked = await db
      .updateTable('operator_tokens')
      .set({ revoked_at: now })
      .where('id', '=', id)
      .where('revoked_at', 'is', null)
      .returning('id')
      .execute();
    return revoked.length > 0;
  });
}
