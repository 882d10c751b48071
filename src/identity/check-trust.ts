import type { TargetName } from '../model/ids.ts';
import type { Workload } from '../model/principal.ts';
import type { Secret } from '../model/secret.ts';
import { adapterFor } from './adapters/adapter-for.ts';
import { STEP_OF, TOKEN_STEPS, TokenRefused, type TokenStep } from './token-reason.ts';
import type { TokenVerifier } from './token-verifier.ts';
import { type ConsideredTrust, considerTrust, matchTrust, type TrustRule } from './trust-rule.ts';

export type StepOutcome = 'passed' | 'failed' | 'skipped';

export interface CheckedStep {
  readonly name: TokenStep | 'traps' | 'rules' | 'use';
  readonly outcome: StepOutcome;
  /** What was found, for the operator; never the token. */
  readonly detail: string;
}

export interface CheckedClaim {
  readonly name: string;
  readonly value: string;
  /** A claim as it was signed, or computed from such. */
  readonly class: 'verified' | 'derived';
}

/** What becomes of a token, step by step in the order of an exchange. Nothing was used up. */
export interface TrustReport {
  readonly ok: boolean;
  /** The issuer's name in the configuration. */
  readonly issuer?: string;
  readonly steps: readonly CheckedStep[];
  readonly claims: readonly CheckedClaim[];
  readonly unknownClaims: readonly string[];
  readonly rules: readonly ConsideredTrust[];
  /** What the matching rules give together. */
  readonly targets: readonly TargetName[];
  /** The reason's code where the token itself was refused. */
  readonly reason?: string;
  readonly problem?: string;
}

export interface TrustChecker extends Pick<TokenVerifier, 'verify'> {
  readonly rules: readonly TrustRule[];
  /** Whether a token was exchanged before; absent where nobody here knows. */
  readonly wasUsed?: (replayKey: string) => Promise<boolean>;
}

/** Verifies as an exchange does, and explains which rule matches, or exactly why none does. Rejects on a fault alone. */
export async function checkTrust(
  token: Secret,
  { verify, rules, wasUsed }: TrustChecker,
  signal: AbortSignal,
): Promise<TrustReport> {
  const passed: CheckedStep[] = [];
  try {
    const { workload, issuer, replayKey } = await verify(token, signal, (name, detail) =>
      passed.push({ name, outcome: 'passed', detail }),
    );
    const considered = considerTrust({ workload, issuer }, rules);
    const matching = rules.filter((_, i) => considered[i]?.matches === true);
    const use = matching.length > 0 ? await useStep(replayKey, wasUsed) : SKIPPED_USE;
    const steps = [...passed, trapStep(workload), ruleStep(considered), use];
    return {
      ok: matching.length > 0 && use.outcome !== 'failed',
      issuer,
      steps,
      claims: claimsOf(workload),
      unknownClaims: workload.unknownClaims ?? [],
      rules: considered,
      targets: matching.length > 0 ? matchTrust({ workload, issuer }, matching).targets : [],
      ...(matching.length > 0 ? {} : { problem: problemOf(rules.length) }),
      ...(use.outcome === 'failed' ? { problem: USED } : {}),
    };
  } catch (refused) {
    if (!(refused instanceof TokenRefused)) throw refused;
    return refusedReport(refused, passed);
  }
}

function refusedReport(refused: TokenRefused, passed: readonly CheckedStep[]): TrustReport {
  const { message, hint } = refused.refusal;
  const failed = STEP_OF[refused.reason];
  const detail = refused.detail === '' ? refused.reason : refused.detail;
  // The algorithm is known to the issuer's step, and the header to the form's: one that had passed has not, then.
  const done = passed.filter(({ name }) => name !== failed);
  const verifying = TOKEN_STEPS.filter((name) => name !== 'review' || failed === 'review');
  const names = [...verifying, 'traps', 'rules', 'use'] as const;
  const left = names.filter((name) => name !== failed && !done.some((step) => step.name === name));
  return {
    ok: false,
    steps: [
      ...done,
      { name: failed, outcome: 'failed', detail },
      ...left.map((name) => ({ name, outcome: 'skipped' as const, detail: '' })),
    ],
    claims: [],
    unknownClaims: [],
    rules: [],
    targets: [],
    reason: refused.reason,
    problem: hint === undefined ? message : `${message} ${hint}`,
  };
}

/** Passed also where a rule must allow one by name: which rule does is the rules' own matter. */
function trapStep(workload: Workload): CheckedStep {
  const traps = adapterFor(workload.issuerKind).traps(workload);
  const binding =
    workload.runBinding === 'verified' ? 'names its run' : 'names no run: that it is this one is asserted';
  const found = traps.length === 0 ? 'none' : `a rule must allow ${traps.join(' and ')} by name`;
  return { name: 'traps', outcome: 'passed', detail: `${found}; the token ${binding}` };
}

function ruleStep(considered: readonly ConsideredTrust[]): CheckedStep {
  const matching = considered.filter(({ matches }) => matches).map(({ name }) => name);
  if (matching.length > 0) return { name: 'rules', outcome: 'passed', detail: matching.join(', ') };
  return { name: 'rules', outcome: 'failed', detail: problemOf(considered.length) };
}

const SKIPPED_USE: CheckedStep = { name: 'use', outcome: 'skipped', detail: '' };
const USED = 'It was exchanged before, and each token is good for one exchange. Fetch a fresh one.';

async function useStep(replayKey: string, wasUsed: TrustChecker['wasUsed']): Promise<CheckedStep> {
  if (wasUsed === undefined) return SKIPPED_USE;
  if (await wasUsed(replayKey)) return { name: 'use', outcome: 'failed', detail: 'it was exchanged before' };
  return { name: 'use', outcome: 'passed', detail: 'not exchanged before, nor by this check' };
}

function problemOf(rules: number): string {
  return rules === 0 ? 'There are no trust rules.' : 'No rule lets it in.';
}

/** What rules and policies see of it: what its issuer signed, and what follows from that. */
export function claimsOf(workload: Workload): readonly CheckedClaim[] {
  const { extra = {}, derived = [], unknownClaims: _, ...fields } = workload;
  const named = [...Object.entries(fields), ...Object.entries(extra).map(([name, value]) => [`extra.${name}`, value])];
  return (named as [string, string][]).map(([name, value]) => ({
    name,
    value,
    class: derived.includes(name) || COMPUTED.has(name) ? 'derived' : 'verified',
  }));
}

/** Of the configuration, chosen by a claim that was verified. */
const COMPUTED: ReadonlySet<string> = new Set(['issuerKind', 'runBinding']);
