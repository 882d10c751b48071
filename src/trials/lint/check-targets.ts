import { DETECTOR_GROUPS, DETECTORS } from '../../masking/detectors/detectors.ts';
import { COLUMN_KEYS } from '../../policy/column-facts.ts';
import { compileGlob } from '../../policy/glob.ts';
import { targetsOf } from './check-matching.ts';
import type { Check, Finding } from './finding.ts';

/** Targets that nobody declared. */
export const checkTargets: Check = (policy, { targets }) => {
  const { name, targets: pattern } = policy;
  if (targets === undefined || pattern === 'any') return [];
  const found: Finding[] = (pattern.names ?? []).flatMap((one, index) => {
    const matches = compileGlob(one, '');
    if (targets.some((target) => matches(target.name))) return [];
    const at = ['targets', ...(pattern.labels === undefined ? [] : ['names']), index];
    return [{ code: 'unknown-target' as const, rule: name, at, message: `no target is named ${one}`, advice: DECLARE }];
  });
  if (found.length > 0 || targetsOf(policy, targets).length > 0) return found;
  return [
    { code: 'unknown-target', rule: name, at: ['targets'], message: 'no target bears these labels', advice: DECLARE },
  ];
};

const DECLARE = 'Declare it in the same files, or change the rule.';

/** Classes that no column of the rule's targets has and no detector finds. */
export const checkClasses: Check = (policy, { targets }) => {
  if (targets === undefined) return [];
  const about = targetsOf(policy, targets);
  // Where there is no target, that is what is told.
  if (about.length === 0) return [];
  const classes = new Set(about.flatMap((target) => target.classes));
  return (['mask', ...COLUMN_KEYS] as const).flatMap((key) =>
    (policy[key] ?? []).flatMap((name, index): Finding[] => {
      if (name === 'any' || classes.has(name) || (key === 'mask' && isDetector(name))) return [];
      const message =
        key === 'mask'
          ? `no column of the rule's targets is of class ${name}, and no detector has that name`
          : `no column of the rule's targets is of class ${name}`;
      const advice = 'Classify the column in the target, or check the spelling.';
      return [{ code: 'unused-class', rule: policy.name, at: [key, index], message, advice }];
    }),
  );
};

function isDetector(name: string): boolean {
  return Object.hasOwn(DETECTOR_GROUPS, name) || DETECTORS.some((detector) => detector.name === name);
}

/** Approvals of a group that nobody is in: such a request can only expire. */
export const checkGroups: Check = ({ name, approve, limit = [] }, { groups }) => {
  if (groups === undefined) return [];
  const asked = [approve?.group, ...limit.map(({ exceeded }) => exceeded?.group)].filter((one) => one !== undefined);
  return [...new Set(asked)].flatMap((group): Finding[] => {
    if (groups.has(group)) return [];
    const message = `nobody is in the group ${group}, so nobody can approve`;
    const advice = 'Put people into it (docs/operating/people.md), or ask another group.';
    return [{ code: 'empty-group', rule: name, at: [approve?.group === group ? 'approve' : 'limit'], message, advice }];
  });
};
