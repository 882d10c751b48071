import type { TargetName } from '../model/ids.ts';
import type { Workload } from '../model/principal.ts';
import { WORKLOAD_FIELDS, type WorkloadField } from '../model/principal.ts';
import { type Refusal, Refused } from '../model/refusal.ts';
import { identifies } from './adapters/adapter.ts';
import { adapterFor } from './adapters/adapter-for.ts';
import { matchesPattern } from './claim-pattern.ts';
import type { Requestable } from './requestable.ts';

/** Which jobs may enter which targets. */
export interface TrustRule {
  readonly name: string;
  /** An issuer's name in the configuration. */
  readonly issuer: string;
  /** What people call what the ids mean, `acme/shop`; shown, and never decided on. */
  readonly about?: string;
  /** By a word of the vocabulary or `extra.NAME`: the values that will do. All fields must match. */
  readonly claims: Readonly<Record<string, readonly string[]>>;
  /** Traps that this rule accepts by name. */
  readonly allow: readonly string[];
  readonly targets: readonly TargetName[];
  /** What its runs may ask people for. */
  readonly requestable?: readonly Requestable[];
  readonly lifetimeSeconds: number;
  /** How long after the exchange the grant may still be renewed. */
  readonly renewableSeconds: number;
}

/** What the matching rules give together. */
export interface TrustOutcome {
  readonly rules: readonly string[];
  /** The union of the rules' targets, in the rules' order. */
  readonly targets: readonly TargetName[];
  /** The shortest of the rules' lifetimes. */
  readonly lifetimeSeconds: number;
  readonly renewableSeconds: number;
}

/** What trust is decided on: a verified identity and the name of its issuer. */
export interface TrustSubject {
  readonly workload: Workload;
  readonly issuer: string;
}

/** No rule matched: the refusal says little, `explanation` says why each rule did not, for the operator. */
export class TrustRefused extends Refused {
  readonly explanation: readonly string[];

  constructor(refusal: Refusal, explanation: readonly string[]) {
    super(refusal);
    this.name = 'TrustRefused';
    this.explanation = explanation;
  }
}

/** Several rules may match: their targets add up, the shortest times hold. Throws `TrustRefused` where none does. */
export function matchTrust(subject: TrustSubject, rules: readonly TrustRule[]): TrustOutcome {
  const matching = rules.filter((rule) => mismatches(subject, rule).length === 0);
  if (matching.length === 0) throw refuse(subject, rules);
  return {
    rules: matching.map(({ name }) => name),
    targets: [...new Set(matching.flatMap(({ targets }) => targets))],
    lifetimeSeconds: Math.min(...matching.map(({ lifetimeSeconds }) => lifetimeSeconds)),
    renewableSeconds: Math.min(...matching.map(({ renewableSeconds }) => renewableSeconds)),
  };
}

/** Whether the rule lets the subject in now. */
export function matchesRule(subject: TrustSubject, rule: TrustRule): boolean {
  return mismatches(subject, rule).length === 0;
}

/** One line a rule: that it matches, or what keeps it from it. */
export function explainTrust(subject: TrustSubject, rules: readonly TrustRule[]): readonly string[] {
  if (rules.length === 0) return ['there are no trust rules'];
  return considerTrust(subject, rules).map(({ name, why }) => `${name}: ${why ?? 'matches'}`);
}

export interface ConsideredTrust {
  readonly name: string;
  readonly matches: boolean;
  /** What keeps it from it. */
  readonly why?: string;
  /** What does not decide, and somebody should know. */
  readonly note?: string;
}

export function considerTrust(subject: TrustSubject, rules: readonly TrustRule[]): readonly ConsideredTrust[] {
  return rules.map((rule) => {
    const reasons = mismatches(subject, rule).map(({ reason }) => reason);
    if (reasons.length > 0) return { name: rule.name, matches: false, why: reasons.join('; ') };
    const note = renamed(subject.workload, rule);
    return { name: rule.name, matches: true, ...(note === undefined ? {} : { note }) };
  });
}

/** The ids match, and what people call it is another name now: it was renamed, and the old name may be somebody else's. */
function renamed(workload: Workload, { about }: TrustRule): string | undefined {
  const now = adapterFor(workload.issuerKind).named?.(workload);
  // CI systems take names without case.
  if (about === undefined || now === undefined || now.toLowerCase() === about.toLowerCase()) return undefined;
  return `the rule calls it ${about}, and it is ${now} now`;
}

interface Mismatch {
  readonly kind: 'issuer' | 'identity' | 'claim' | 'trap';
  readonly reason: string;
}

function mismatches({ workload, issuer }: TrustSubject, rule: TrustRule): readonly Mismatch[] {
  if (rule.issuer !== issuer) return [{ kind: 'issuer', reason: `is for the issuer ${rule.issuer}, not ${issuer}` }];
  const adapter = adapterFor(workload.issuerKind);
  const found: Mismatch[] = [];
  for (const [field, patterns] of Object.entries(rule.claims)) {
    const value = fieldOf(workload, field);
    if (value !== undefined && patterns.some((pattern) => matchesPattern(pattern, value))) continue;
    const kind = identifies(adapter, field) ? 'identity' : 'claim';
    const hint = value === undefined ? adapter.howToGet?.[field] : undefined;
    const shown = value === undefined ? 'absent' : JSON.stringify(value);
    found.push({
      kind,
      reason: `${field} is ${shown}, not ${patterns.map((one) => JSON.stringify(one)).join(' or ')}${hint === undefined ? '' : ` (${hint})`}`,
    });
  }
  for (const trap of adapter.traps(workload)) {
    if (!rule.allow.includes(trap)) found.push({ kind: 'trap', reason: `${trap} is not allowed by name` });
  }
  return found;
}

/** Who proved to be the repository that a rule names is told what else the rule asks; a stranger learns of no rule. */
function refuse(subject: TrustSubject, rules: readonly TrustRule[]): TrustRefused {
  const near = rules
    .map((rule) => ({ rule, found: mismatches(subject, rule) }))
    .find(({ found }) => found.every(({ kind }) => kind === 'claim' || kind === 'trap'));
  const hint =
    near && `The rule ${near.rule.name} does not match: ${near.found.map(({ reason }) => reason).join('; ')}.`;
  const message = 'No trust rule lets this job in.';
  const refusal: Refusal = { code: 'trust-denied', message, ...(hint === undefined ? {} : { hint }) };
  return new TrustRefused(refusal, explainTrust(subject, rules));
}

export function fieldOf(workload: Workload, field: string): string | undefined {
  if (field.startsWith('extra.')) {
    const name = field.slice('extra.'.length);
    return workload.extra !== undefined && Object.hasOwn(workload.extra, name) ? workload.extra[name] : undefined;
  }
  const known: WorkloadField | undefined = WORKLOAD_FIELDS.find((name) => name === field);
  return known === undefined ? undefined : workload[known];
}
