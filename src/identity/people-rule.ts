import type { TargetName } from '../model/ids.ts';
import { Refused } from '../model/refusal.ts';
import type { Requestable } from './requestable.ts';
import type { TrustOutcome, TrustRule } from './trust-rule.ts';

/** Which people may enter which targets themselves. */
export interface PeopleRule {
  readonly name: string;
  /** Whoever is in one of the groups. */
  readonly people: { readonly groups: readonly string[] };
  readonly targets: readonly TargetName[];
  /** What their runs may ask other people for. */
  readonly requestable?: readonly Requestable[];
  readonly lifetimeSeconds: number;
  readonly renewableSeconds: number;
}

/** Several rules may match: their targets add up, the shortest times hold. Throws `Refused` where none does. */
export function matchPeople(groups: readonly string[], rules: readonly PeopleRule[]): TrustOutcome {
  const matching = rules.filter(({ people }) => people.groups.some((group) => groups.includes(group)));
  if (matching.length === 0) {
    throw new Refused({
      code: 'trust-denied',
      message: 'No trust rule lets you into a target yourself.',
      hint: 'A rule with `people: { groups: [...] }` would; an administrator applies it.',
    });
  }
  return {
    rules: matching.map(({ name }) => name),
    targets: [...new Set(matching.flatMap(({ targets }) => targets))],
    lifetimeSeconds: Math.min(...matching.map(({ lifetimeSeconds }) => lifetimeSeconds)),
    renewableSeconds: Math.min(...matching.map(({ renewableSeconds }) => renewableSeconds)),
  };
}

export function isPeopleRule(rule: TrustRule | PeopleRule): rule is PeopleRule {
  return 'people' in rule;
}

export function isJobRule(rule: TrustRule | PeopleRule): rule is TrustRule {
  return !isPeopleRule(rule);
}
