import type { Store } from '../store/store.ts';

/** What the people and tokens of these ids are called now; an id that nobody knows (any more) is not there. */
export type NameLookup = (ids: readonly string[]) => Promise<ReadonlyMap<string, string>>;

/** Ids of people and tokens in an entry of the log, each once. */
export function idsIn(text: string): readonly string[] {
  return [...new Set(text.match(/(?<=")(?:psn|opt)_\w{1,80}(?=")/g) ?? [])];
}

/** Logins of people and names of tokens: they stand in the store alone, so that they can be erased. */
export async function namesOf(store: Store, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const wanted = [...new Set(ids)];
  if (wanted.length === 0) return new Map();
  return store.read(async (db) => {
    const people = await db.selectFrom('people').select(['id', 'login']).where('id', 'in', wanted).execute();
    const tokens = await db.selectFrom('operator_tokens').select(['id', 'name']).where('id', 'in', wanted).execute();
    return new Map([
      ...people.map(({ id, login }) => [id, login] as const),
      ...tokens.map(({ id, name }) => [id, name] as const),
    ]);
  });
}
