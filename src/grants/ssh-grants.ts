import type { TargetName } from '../model/ids.ts';
import type { FoundGrantAndRun } from '../store/grant-rows.ts';
import { grantsOfSshKey } from '../store/ssh-rows.ts';
import type { Store } from '../store/store.ts';
import { grantOf } from './grant-records.ts';

/** The newest grant of an SSH key that is alive and covers the target; the newest one where none is. `now` is RFC 3339. */
export async function grantOfSshKey(
  store: Store,
  fingerprint: string,
  target: TargetName | undefined,
  now: string,
): Promise<FoundGrantAndRun | undefined> {
  const all = await grantsOfSshKey(store, fingerprint);
  const alive = all.filter(({ grant }) => grant.revoked_at === null && grant.expires_at > now);
  const covering = alive.find(({ grant }) => target === undefined || grantOf(grant, now).targets.includes(target));
  return covering ?? alive[0] ?? all[0];
}
