import type { z } from 'zod';
import type { Declared, Loaded, Problem } from '../model/declaration.ts';
import type { TargetName } from '../model/ids.ts';
import { LIMITS } from '../model/limits.ts';
import { WORKLOAD_FIELDS } from '../model/principal.ts';
import { allowable, type Pin } from './adapters/adapter.ts';
import { adapterFor } from './adapters/adapter-for.ts';
import { patternProblem } from './claim-pattern.ts';
import { duplicateNames, problemAt, readDeclared } from './declared-schema.ts';
import { expandPreset, type PresetDeclaration, presetSchema } from './expand-preset.ts';
import type { Issuer } from './issuer.ts';
import type { PeopleRule } from './people-rule.ts';
import { PRESETS } from './presets.ts';
import type { Requestable } from './requestable.ts';
import { type givenSchema, peopleSchema, type RuleDeclaration, ruleSchema } from './rule-schema.ts';
import type { TrustRule } from './trust-rule.ts';

/** A rule in its long form, and where its claims were written. */
interface Written {
  readonly item: RuleDeclaration;
  readonly source: Declared;
  readonly pathOf: (field: string) => readonly string[];
}

/** Reads `trust:`. A rule that would let in more than its author can have meant is refused, with what to write instead. */
export function loadTrustRules(
  declared: readonly Declared[],
  issuers: readonly Issuer[],
): Loaded<TrustRule | PeopleRule> {
  const having = (member: string) => declared.filter(({ value }) => hasMember(value, member));
  const short = having('preset').filter(({ value }) => !hasMember(value, 'people'));
  const rest = declared.filter((one) => !short.includes(one) && !hasMember(one.value, 'people'));
  const people = readDeclared(having('people'), peopleSchema, REFERENCE);
  const presets = readPresets(short);
  const long = readDeclared(rest, ruleSchema, REFERENCE);
  const expanded = presets.items.map(({ item, source }) => ({ source, expanded: expandPreset(item, source, issuers) }));
  const jobs: readonly Written[] = [
    ...long.items.map((one) => ({ ...one, pathOf: (field: string) => ['claims', field] })),
    ...expanded.flatMap(({ source, expanded: one }) =>
      'rule' in one ? [{ item: one.rule, source, pathOf: one.pathOf }] : [],
    ),
  ];
  const problems = [
    ...long.problems,
    ...presets.problems,
    ...people.problems,
    ...expanded.flatMap(({ expanded: one }) => ('rule' in one ? [] : one)),
    ...duplicateNames([...jobs, ...people.items], 'trust rule'),
    ...jobs.flatMap((written) => problemsOf(written, issuers)),
  ];
  if (problems.length > 0) return { items: [], problems };
  const items = [
    ...jobs.map(({ item }) => ruleOf(item, issuers)),
    ...people.items.map(({ item }) => peopleRuleOf(item)),
  ];
  return { items, problems };
}

const REFERENCE = 'docs/reference/trust-rules.md';

function hasMember(value: unknown, name: string): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name);
}

/** An unknown preset is said with those that there are, and not as a form that fits none of them. */
function readPresets(declared: readonly Declared[]) {
  const isKnown = ({ value }: Declared) => Object.hasOwn(PRESETS, String((value as { preset: unknown }).preset));
  const schema = presetSchema as unknown as z.ZodType<PresetDeclaration>;
  const read = readDeclared(declared.filter(isKnown), schema, REFERENCE);
  const unknown = declared.flatMap((source) => {
    if (isKnown(source)) return [];
    const advice = `Use one of ${Object.keys(PRESETS).join(', ')}; or name the issuer and its claims.`;
    return [problemAt(source, ['preset'], 'there is no such preset', advice)];
  });
  return { items: read.items, problems: [...read.problems, ...unknown] };
}

function ruleOf({ issuer, about, claims, allow, ...given }: RuleDeclaration, issuers: readonly Issuer[]): TrustRule {
  const kind = issuers.find(({ name }) => name === issuer)?.kind;
  const normalise = kind === undefined ? undefined : adapterFor(kind).normalise;
  const normal = Object.entries(claims).map(([field, patterns]) => [
    field,
    normalise === undefined ? patterns : patterns.map((pattern) => normalise(field, pattern)),
  ]);
  return {
    issuer,
    ...(about === undefined ? {} : { about }),
    claims: Object.fromEntries(normal) as TrustRule['claims'],
    allow: allow ?? [],
    ...givenOf(given),
  };
}

function peopleRuleOf({ people, ...given }: z.infer<typeof peopleSchema>): PeopleRule {
  return { people, ...givenOf(given) };
}

function givenOf({ name, targets, requestable, grant }: z.infer<typeof givenSchema>) {
  return {
    name,
    targets: targets as readonly string[] as readonly TargetName[],
    ...(requestable === undefined ? {} : { requestable: requestable.map(requestableFrom) }),
    lifetimeSeconds: grant?.seconds ?? LIMITS.grantMaxSeconds,
    renewableSeconds: grant?.renewableSeconds ?? LIMITS.grantRenewableSeconds,
  };
}

function requestableFrom({
  targets,
  approve,
  for: forMs,
}: NonNullable<z.infer<typeof givenSchema>['requestable']>[number]): Requestable {
  const asked = {
    targets: targets as readonly string[] as readonly TargetName[],
    approve: { kind: 'approve', ...approve },
  } as const;
  return forMs === undefined ? asked : { ...asked, forMs };
}

function problemsOf(written: Written, issuers: readonly Issuer[]): readonly Problem[] {
  const { item: rule, source } = written;
  const issuer = issuers.find(({ name }) => name === rule.issuer);
  if (issuer === undefined) {
    const known = issuers.map(({ name }) => name).join(', ') || 'none';
    return [problemAt(source, ['issuer'], `there is no issuer ${rule.issuer}`, `The declared issuers are: ${known}.`)];
  }
  const { pins } = adapterFor(issuer.kind);
  return [
    ...pins.flatMap((pin, i) => pinProblems(written, pin, i === 0)),
    ...mappingProblems(rule, source, issuer),
    ...claimProblems(written),
    ...trapProblems(rule, source, issuer),
  ];
}

/** Names and subjects can be given to somebody else later (a deleted repository, a renamed owner); ids cannot. */
function pinProblems({ item: rule, source }: Written, { fields, waiver, because }: Pin, isFirst: boolean) {
  const pinned = Object.keys(rule.claims);
  if (pinned.some((field) => fields.includes(field))) return [];
  const isWaived = waiver !== undefined && (rule.allow ?? []).includes(waiver.name);
  if (isWaived && (waiver.fields.length === 0 || pinned.some((field) => waiver.fields.includes(field)))) return [];
  const waiving =
    waiver && `\`allow: [${waiver.name}]\`${waiver.fields.length > 0 ? ` and ${waiver.fields.join(' or ')}` : ''}`;
  const ways = [fields.join(' or '), waiving].filter((way) => way !== undefined && way !== '').join('; or ');
  const isSubject = pinned.length === 1 && pinned[0] === 'tokenSubject';
  const lacking = isFirst ? 'pins no immutable id' : `does not pin ${fields.join(' or ')}`;
  const message = `the rule ${rule.name} ${isFirst && isSubject ? 'matches the subject alone' : lacking}`;
  return [problemAt(source, ['claims'], message, `Add ${ways}: ${because}.`)];
}

/** Of issuers whose declaration maps the claims: an id that is mapped to nothing matches nothing. */
function mappingProblems(rule: RuleDeclaration, source: Declared, issuer: Issuer): readonly Problem[] {
  const { claims, pins } = adapterFor(issuer.kind);
  if (claims !== 'declared') return [];
  const ids = new Set(pins.flatMap(({ fields }) => fields));
  const pinned = Object.keys(rule.claims).filter((field) => ids.has(field));
  if (pinned.length === 0 || pinned.some((field) => Object.hasOwn(issuer.claims.vocabulary, field))) return [];
  return [
    problemAt(
      source,
      ['claims'],
      `the issuer ${issuer.name} maps no claim to ${pinned.join(' or ')}`,
      'Say in its `claims` which claim that is; without one the rule would never match.',
    ),
  ];
}

function claimProblems({ item: rule, source, pathOf }: Written): readonly Problem[] {
  return Object.entries(rule.claims).flatMap(([field, patterns]) => {
    const path = pathOf(field);
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
  const known = allowable(adapterFor(issuer.kind));
  return (rule.allow ?? []).flatMap((name, i) => {
    if (known.includes(name)) return [];
    const advice = known.length === 0 ? 'Leave `allow` out.' : `Use one of: ${known.join(', ')}.`;
    return [problemAt(source, ['allow', i], `${issuer.kind} has nothing called ${name} to allow`, advice)];
  });
}
