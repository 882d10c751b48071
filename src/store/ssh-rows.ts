import { givenTargets } from './given-target-rows.ts';
import type { FoundGrantAndRun } from './grant-rows.ts';
import type { SshHostKeysTable } from './ssh-tables.ts';
import type { Store } from './store.ts';

/** Binds a grant to a key, beside its secret. */
export async function bindSshKey(store: Store, grant: string, fingerprint: string): Promise<void> {
  await store.write((db) => db.insertInto('grant_ssh_keys').values({ grant_id: grant, fingerprint }).execute());
}

/** The grants that are bound to a key, newest first; at most so many as anybody has at once. */
export function grantsOfSshKey(store: Store, fingerprint: string): Promise<readonly FoundGrantAndRun[]> {
  return store.read(async (db) => {
    const grants = await db
      .selectFrom('grants')
      .innerJoin('grant_ssh_keys', 'grant_ssh_keys.grant_id', 'grants.id')
      .selectAll('grants')
      .where('grant_ssh_keys.fingerprint', '=', fingerprint)
      .orderBy('grants.issued_at', 'desc')
      .limit(MOST_GRANTS)
      .execute();
    const runs = await db
      .selectFrom('runs')
      .selectAll()
      .where('id', 'in', [...grants.map(({ run_id: run }) => run), ''])
      .execute();
    const ids = grants.map(({ id }) => id);
    const given = Map.groupBy(await givenTargets(db, ids), ({ grant_id }) => grant_id);
    return grants.flatMap((grant) => {
      const run = runs.find(({ id }) => id === grant.run_id);
      return run === undefined ? [] : [{ grant: { ...grant, given: given.get(grant.id) ?? [] }, run }];
    });
  });
}

const MOST_GRANTS = 20;

/** The key of a host that was kept at its first connection. */
export async function keptHostKey(store: Store, target: string): Promise<string | undefined> {
  const row = await store.read((db) =>
    db.selectFrom('ssh_host_keys').select('line').where('target', '=', target).executeTakeFirst(),
  );
  return row?.line;
}

/** All that were kept, by the names of their targets; some may not be declared any more. */
export function keptHostKeys(store: Store): Promise<readonly SshHostKeysTable[]> {
  return store.read((db) => db.selectFrom('ssh_host_keys').selectAll().orderBy('target').execute());
}

/** The key of the next connection is then kept as the first was; false where none was kept. */
export function forgetHostKey(store: Store, target: string): Promise<boolean> {
  return store.write(async (db) => {
    const gone = await db
      .deleteFrom('ssh_host_keys')
      .where('target', '=', target)
      .returning('target')
      .executeTakeFirst();
    return gone !== undefined;
  });
}

/** Keeps a host's key, unless one is kept; the one that is, and whether it was kept by this. */
export function keepHostKey(
  store: Store,
  { target, line, now }: { readonly target: string; readonly line: string; readonly now: string },
): Promise<{ readonly line: string; readonly isNew: boolean }> {
  return store.write(async (db) => {
    const kept = await db
      .insertInto('ssh_host_keys')
      .values({ target, line, first_met_at: now })
      .onConflict((conflict) => conflict.column('target').doNothing())
      .returning('line')
      .executeTakeFirst();
    if (kept !== undefined) return { line, isNew: true };
    const known = await db
      .selectFrom('ssh_host_keys')
      .select('line')
      .where('target', '=', target)
      .executeTakeFirstOrThrow();
    return { line: known.line, isNew: false };
  });
}

/** A key of the gateway's own as it is sealed: the one that is kept, or `made` where none is. */
export function ownSshKey(
  store: Store,
  { name, made, now }: { readonly name: string; readonly made: string; readonly now: string },
): Promise<string> {
  return store.write(async (db) => {
    await db
      .insertInto('ssh_own_keys')
      .values({ name, sealed: made, made_at: now })
      .onConflict((conflict) => conflict.column('name').doNothing())
      .execute();
    const kept = await db
      .selectFrom('ssh_own_keys')
      .select('sealed')
      .where('name', '=', name)
      .executeTakeFirstOrThrow();
    return kept.sealed;
  });
}
