import { z } from 'zod';
import type { Declared, Loaded, Problem } from '../model/declaration.ts';
import type { TargetName } from '../model/ids.ts';
import { LIMITS } from '../model/limits.ts';
import { WORKLOAD_FIELDS } from '../model/principal.ts';
import { adapterFor } from './adapters/adapter-for.ts';
import { patternProblem } from './claim-pattern.ts';
import { duplicateNames, nameSchema, problemAt, readDeclared } from './declared-schema.ts';
import type { Issuer } from './issuer.ts';
import type { PeopleRule } from './people-rule.ts';
import type { TrustRule } from './trust-rule.ts';

const scalar = z.union([z.string(), z.int()]).transform(String);
const values = z.union([scalar.transform((value) => [value]), z.array(scalar).min(1).max(100)]);

/** What every rule gives. */
const givenSchema = z.strictObject({
  name: nameSchema,
  targets: z.array(nameSchema).min(1).max(100),
  grant: z
    .strictObject({
      seconds: z.int().min(LIMITS.grantMinSeconds).max(LIMITS.grantMaxSeconds).optional(),
      renewableSeconds: z.int().min(0).max(86_400).optional(),
    })
    .optional(),
});

/** One entry under `trust:` for CI jobs. */
export const ruleSchema = givenSchema.extend({
  issuer: z.string(),
  claims: z.record(z.string(), values),
  allow: z.array(z.string()).max(20).optional(),
});

/** One entry under `trust:` for people. */
export const peopleSchema = givenSchema.extend({
  people: z.strictObject({ groups: z.array(z.string().min(1).max(200)).min(1).max(100) }),
});

type RuleDeclaration = z.infer<typeof ruleSchema>;

/** Reads `trust:`. A rule that would let in more than its author can have meant is refused, with what to write instead. */
export function loadTrustRules(
  declared: readonly Declared[],
  issuers: readonly Issuer[],
): Loaded<TrustRule | PeopleRule> {
  const isForPeople = ({ value }: Declared) => typeof value === 'object' && value !== null && 'people' in value;
  const people = readDeclared(declared.filter(isForPeople), peopleSchema, REFERENCE);
  const jobs = readDeclared(
    declared.filter((one) => !isForPeople(one)),
    ruleSchema,
    REFERENCE,
  );
  const problems = [
    ...jobs.problems,
    ...people.problems,
    ...duplicateNames([...jobs.items, ...people.items], 'trust rule'),
    ...jobs.items.flatMap(({ item, source }) => problemsOf(item, source, issuers)),
  ];
  if (problems.length > 0) return { items: [], problems };
  const items = [...jobs.items.map(({ item }) => ruleOf(item)), ...people.items.map(({ item }) => peopleRuleOf(item))];
  return { items, problems };
}

const REFERENCE = 'docs/reference/trust-rules.md';

function ruleOf({ issuer, claims, allow, ...given }: RuleDeclaration): TrustRule {
  return { issuer, claims, allow: allow ?? [], ...givenOf(given) };
}

function peopleRuleOf({ people, ...given }: z.infer<typeof peopleSchema>): PeopleRule {
  return { people, ...givenOf(given) };
}

function givenOf({ name, targets, grant }: z.infer<typeof givenSchema>) {
  return {
    name,
    targets: targets as readonly string[] as readonly TargetName[],
    lifetimeSeconds: grant?.seconds ?? LIMITS.grantMaxSeconds,
    renewableSeconds: grant?.renewableSeconds ?? LIMITS.grantRenewableSeconds,
  };
}

function problemsOf(rule: RuleDeclaration, source: Declared, issuers: readonly Issuer[]): readonly Problem[] {
  const issuer = issuers.find(({ name }) => name === rule.issuer);
  if (issuer === undefined) {
    const known = issuers.map(({ name }) => name).join(', ') || 'none';
    return [problemAt(source, ['issuer'], `there is no issuer ${rule.issuer}`, `The declared issuers are: ${known}.`)];
  }
  return [
    ...identityProblems(rule, source, issuer),
    ...claimProblems(rule, source),
    ...trapProblems(rule, source, issuer),
  ];
}

/** Names and subjects can be given to somebody else later (a deleted repository, a renamed owner); ids cannot. */
function identityProblems(rule: RuleDeclaration, source: Declared, issuer: Issuer): readonly Problem[] {
  const { immutable } = adapterFor(issuer.kind);
  const pinned = Object.keys(rule.claims).filter((field) => immutable.some((name) => name === field));
  const advice = `Add ${immutable.join(' or ')}: the number stays when a name is given to somebody else.`;
  if (pinned.length === 0) {
    const fields = Object.keys(rule.claims);
    const only =
      fields.length === 1 && fields[0] === 'tokenSubject' ? 'matches the subject alone' : 'pins no immutable id';
    return [problemAt(source, ['claims'], `the rule ${rule.name} ${only}`, advice)];
  }
  const mapped = issuer.claims.vocabulary;
  if (issuer.kind !== 'generic' || pinned.some((field) => Object.hasOwn(mapped, field))) return [];
  return [
    problemAt(
      source,
      ['claims'],
      `the issuer ${issuer.name} maps no claim to ${pinned.join(' or ')}`,
      'Say in its `claims` which claim that is; without one the rule would never match.',
    ),
  ];
}

function claimProblems(rule: RuleDeclaration, source: Declared): readonly Problem[] {
  return Object.entries(rule.claims).flatMap(([field, patterns]) => {
    const path = ['claims', field];
    if (!field.startsWith('extra.') && !WORKLOAD_FIELDS.some((name) => name === field)) {
      return [
        problemAt(source, path, `there is no claim ${field}`, `Use one of: ${WORKLOAD_FIELDS.join(', ')}, extra.NAME.`),
      ];
    }
    return patterns.flatMap((pattern) => {
      const problem = patternProblem(field, pattern);
      return problem === undefined ? [] : [problemAt(source, path, problem.message, problem.advice)];
    });
  });
}

function trapProblems(rule: RuleDeclaration, source: Declared, issuer: Issuer): readonly Problem[] {
  const { knownTraps } = adapterFor(issuer.kind);
  return (rule.allow ?? []).flatMap((name, i) => {
    if (knownTraps.includes(name)) return [];
    const advice = knownTraps.length === 0 ? 'Leave `allow` out.' : `Use one of: ${knownTraps.join(', ')}.`;
    return [problemAt(source, ['allow', i], `${issuer.kind} has nothing called ${name} to allow`, advice)];
  });
}
