import type { TargetName } from '../model/ids.ts';
import { Refused } from '../model/refusal.ts';
import type { TrustGiven } from './vocabulary.ts';

/**
 * What was asked for, in that order: the first one is what clients meet that name none. It must be given whole, by all rules
 * that match together: a client that gets less than it asked for would fail later and elsewhere. Throws `Refused`.
 */
export function narrowTargets(
  { rules, targets }: Pick<TrustGiven, 'rules' | 'targets'>,
  requested: readonly string[] | undefined,
): readonly TargetName[] {
  if (requested === undefined || requested.length === 0) return targets;
  return [...new Set(requested)].map((name) => {
    const given = targets.find((target) => target === name);
    if (given !== undefined) return given;
    throw new Refused({
      code: 'target-not-granted',
      message: `No trust rule that matches gives the target ${JSON.stringify(name.slice(0, 100))}.`,
      hint: `Those that match (${listed(rules)}) give: ${listed(targets)}. \`chaperone trust check\` says what keeps the others from it.`,
    });
  });
}

const MAX_LISTED = 20;

function listed(names: readonly string[]): string {
  const more = names.length - MAX_LISTED;
  return `${names.slice(0, MAX_LISTED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
