import { isDeepStrictEqual } from 'node:util';
import type { Policy } from '../../policy/policy.ts';
import { contains, isPlain, overlaps } from './contains.ts';
import type { Check, Finding } from './finding.ts';

/** A permit that a rule which denies takes back altogether, and a rule that another one makes needless. */
export const checkShadowed: Check = (policy, { policies }) => {
  if (policy.effect === 'permit') {
    const by = policies.find((other) => other.effect === 'deny' && contains(other, policy));
    if (by !== undefined) {
      const message = `whatever it permits, ${quoted(by)} denies`;
      return [{ code: 'shadowed', rule: policy.name, message, advice: 'Delete one of the two, or narrow the other.' }];
    }
  }
  const wider = policies.find((other) => other !== policy && makesNeedless(other, policy));
  if (wider === undefined) return [];
  const message = `${quoted(wider)} says all that it says`;
  return [{ code: 'redundant', rule: policy.name, message, advice: 'Delete it.' }];
};

/** Of two that are the same the later by name is needless. */
function makesNeedless(wide: Policy, narrow: Policy): boolean {
  if (wide.effect !== narrow.effect || !contains(wide, narrow)) return false;
  if (contains(narrow, wide) && wide.name > narrow.name) return false;
  // A rule that denies in other words is there for its words.
  if (narrow.effect === 'deny') return isDeepStrictEqual([wide.reason, wide.hint], [narrow.reason, narrow.hint]);
  return OBLIGATIONS.every((key) => narrow[key] === undefined || isDeepStrictEqual(wide[key], narrow[key]));
}

const OBLIGATIONS = ['mask', 'approve', 'limit', 'session'] as const satisfies readonly (keyof Policy)[];

/** Two permits for some of the same, of which neither is the special case of the other, and which ask for different things. */
export const checkOverlapping: Check = (policy, { policies }) => {
  if (policy.effect === 'deny' || !isPlain(policy)) return [];
  return policies.flatMap((other): Finding[] => {
    if (other.effect === 'deny' || other.name <= policy.name || !isPlain(other) || !overlaps(policy, other)) return [];
    if (contains(policy, other) || contains(other, policy)) return [];
    const keys = OBLIGATIONS.filter((key) => !isDeepStrictEqual(policy[key], other[key]));
    if (keys.length === 0) return [];
    const message = `some of what it permits ${quoted(other)} permits, too, with another \`${keys.join('`, `')}\`; there both count`;
    return [
      {
        code: 'overlapping',
        rule: policy.name,
        message,
        advice: 'Give both the same, or make them about different things.',
      },
    ];
  });
};

/** Permits that nobody would give knowingly. */
export const checkBroad: Check = (policy) => {
  const { name, effect, principals, operations = [], approve, targets } = policy;
  if (effect === 'deny' || approve !== undefined) return [];
  const say = (message: string, advice: string): readonly Finding[] => [
    { code: 'too-broad', rule: name, message, advice },
  ];
  const changes = operations.filter((one) => CHANGES.has(one));
  if (isAnybody(principals) && changes.length > 0) {
    return say(
      `everybody may ${changes.join(', ')}`,
      'Say whose repository and branch it is for, or ask people with `approve`.',
    );
  }
  if (!isPlain(policy)) return [];
  if (operations.includes('any') && targets === 'any') {
    return say('it permits any operation on any target', 'Name the operations or the targets.');
  }
  if (operations.includes('unknown')) {
    return say('it permits what nobody can tell the effect of', 'Name functions, or ask people with `approve`.');
  }
  return [];
};

const CHANGES: ReadonlySet<string> = new Set(
  `any write ddl admin unknown insert update delete merge truncate copy-in create alter drop grant revoke load do call
   copy-program`.split(/\s+/),
);

/** Fields that are of every job, or of every person. */
const KINDS: ReadonlySet<string> = new Set(['run.kind', 'principal.kind', 'run.issuerKind', 'run.demo']);

function isAnybody(principals: Policy['principals']): boolean {
  if (principals === 'any') return true;
  return principals.some((fields) => Object.keys(fields).every((field) => KINDS.has(field)));
}

/** Budgets that another one, or the rule itself, leaves nothing to do. */
export const checkLimits: Check = (policy) => {
  const { name, limit = [], operations = [] } = policy;
  const onlyReads = operations.length > 0 && operations.every((one) => READS.has(one));
  return limit.flatMap((budget): Finding[] => {
    const { measure, most, per } = budget;
    const say = (message: string, advice: string): Finding[] => [
      { code: 'limit-unreachable', rule: name, at: ['limit'], message, advice },
    ];
    if (measure === 'rowsChanged' && onlyReads) return say('operations that only read change no rows', 'Leave it out.');
    const smaller = limit.find((one) => one.measure === measure && one.per !== 'statement' && one.most <= most);
    if (per === 'statement' && smaller !== undefined) {
      return say(
        `${most} ${measure} of one statement are never reached: ${smaller.most} per ${smaller.per} come first`,
        'Make it smaller, or leave it out.',
      );
    }
    return [];
  });
};

const READS: ReadonlySet<string> = new Set(['read', 'select', 'fetch', 'explain', 'copy-out', 'show']);

function quoted({ name }: Policy): string {
  return `“${name}”`;
}
