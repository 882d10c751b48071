import type { HttpFacts } from '../model/http.ts';
import type { Aspect } from './column-aspects.ts';
import { compileGlob } from './glob.ts';
import type { HttpPattern } from './http-pattern.ts';

export const ACTION_UNKNOWN = 'what it does, or to what, is not known, so it may bind and does not permit';

/** What a rule says of a cloud API; an action or a resource that nobody can tell may be any. */
export function actionQuestions({ actions, resources }: HttpPattern): readonly ((facts: HttpFacts) => Aspect)[] {
  return [
    ...(actions === undefined ? [] : [actionQuestion(actions)]),
    ...(resources === undefined ? [] : [resourceQuestion(resources)]),
  ];
}

/** True where not all is known of what it is done to, the account among it. */
export function hasDoubtfulResources({ action, resources }: HttpFacts): boolean {
  return action !== undefined && (resources === undefined || !resources.every(hasAccount));
}

/** IAM minds no case of actions. */
function actionQuestion(patterns: readonly string[]): (facts: HttpFacts) => Aspect {
  const globs = patterns.map((pattern) => compileGlob(pattern.toLowerCase(), ''));
  return ({ action }) => {
    if (action === undefined) return NO_ACTION;
    if (action === 'unknown') return { extent: 'some', why: ACTION_UNKNOWN };
    if (globs.some((matches) => matches(action.toLowerCase()))) return { extent: 'all', why: '' };
    return { extent: 'none', why: `its action is ${action}` };
  };
}

const NO_ACTION: Aspect = { extent: 'none', why: 'it is no request to a cloud API' };

/** Of several resources those that match bind; only where all do, and certainly, the rule covers the request. */
function resourceQuestion(patterns: readonly string[]): (facts: HttpFacts) => Aspect {
  const compiled = patterns.map((pattern) => ({ pattern, matches: compileGlob(pattern, '') }));
  return ({ action, resources }) => {
    if (action === undefined) return NO_ACTION;
    if (patterns.includes('*') || patterns.includes('**')) return { extent: 'all', why: '' };
    if (resources === undefined) return { extent: 'some', why: ACTION_UNKNOWN };
    const possible = resources.filter((one) =>
      compiled.some(({ pattern, matches }) => matches(one) || matches(inAccount(one, pattern))),
    );
    if (possible.length === 0) return { extent: 'none', why: 'it is about another resource' };
    const isSure = resources.every((one) => compiled.some(({ matches }) => matches(one)));
    return isSure
      ? { extent: 'all', why: '' }
      : { extent: 'some', why: 'it is, or may be, about resources outside of the rule' };
  };
}

/** An ARN that says no account is one of whichever account is asked for; those of S3 never say one. */
function inAccount(resource: string, pattern: string): string {
  if (hasAccount(resource)) return resource;
  const parts = resource.split(':');
  const account = pattern.split(':')[ACCOUNT] ?? '';
  return [...parts.slice(0, ACCOUNT), account, ...parts.slice(ACCOUNT + 1)].join(':');
}

/** arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE */
const ACCOUNT = 4;

function hasAccount(resource: string): boolean {
  const parts = resource.split(':');
  return parts[2] === 's3' || parts.length <= ACCOUNT || parts[ACCOUNT] !== '';
}
