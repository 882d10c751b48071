import type { GrantId, TargetName } from '../model/ids.ts';
import { type GivenTargetRow, revokedGivenTargets } from '../store/given-target-rows.ts';
import type { FoundGrant } from '../store/grant-rows.ts';
import type { Store } from '../store/store.ts';
import { Revocations, type Revoked } from './revocations.ts';

/** A target that people gave a grant, and that was taken back; the approval that gave it is its key. */
export interface TakenBack extends Revoked {
  readonly grant: GrantId;
  readonly target: TargetName;
}

/** Tells of given targets that were taken back, here or through another gateway. */
export function takenBackIn(store: Store, now: () => string): Revocations<TakenBack> {
  return new Revocations(store, async () =>
    (await revokedGivenTargets(store, now())).map(({ approval, grant_id, target }) => {
      return { key: approval, grant: grant_id as GrantId, target: target as TargetName };
    }),
  );
}

/** Of what was given, what is good now. */
export function standing(given: readonly GivenTargetRow[], now: string): readonly GivenTargetRow[] {
  return given.filter((one) => one.revoked_at === null && (one.expires_at === null || one.expires_at > now));
}

/** When sessions in a target of the grant must end: where people gave it for less, before the grant does. RFC 3339. */
export function endsInTarget({ targets, given, expires_at: end }: FoundGrant, target: string, now: string): string {
  if ((JSON.parse(targets) as readonly string[]).includes(target)) return end;
  const ends = standing(given, now).filter((one) => one.target === target);
  const last =
    ends
      .map(({ expires_at }) => expires_at ?? end)
      .sort()
      .at(-1) ?? end;
  return last < end ? last : end;
}
