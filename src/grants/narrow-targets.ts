import type { TargetName } from '../model/ids.ts';
import { Refused } from '../model/refusal.ts';

/** What was asked for must be given whole: a client that gets less than it asked for would fail later and elsewhere. */
export function narrowTargets(
  given: readonly TargetName[],
  requested: readonly string[] | undefined,
): readonly TargetName[] {
  if (requested === undefined || requested.length === 0) return given;
  const missing = requested.find((name) => !given.some((target) => target === name));
  if (missing !== undefined) {
    throw new Refused({
      code: 'target-not-granted',
      message: `No trust rule that matches gives the target ${JSON.stringify(missing.slice(0, 100))}.`,
    });
  }
  return given.filter((target) => requested.includes(target));
}
