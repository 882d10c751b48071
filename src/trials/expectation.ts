import type { Decision, Obligation } from '../model/decision.ts';
import type { Expectation } from './case-schema.ts';
import type { TrialAnswer } from './trial-session.ts';

/** What of an answer is otherwise than expected, a sentence each. */
export function differences(expected: Expectation, answer: TrialAnswer): readonly string[] {
  const { decision } = answer;
  const found = outcomeOf(decision);
  const said: string[] = [];
  if (expected.decision !== undefined && expected.decision !== found) {
    const why = decision.effect === 'deny' ? ` (${decision.code}: ${decision.reason})` : '';
    said.push(`expected ${expected.decision}, got ${found}${why}`);
    // The rest of what was expected is of a decision that was not taken.
    return said;
  }
  if (expected.code !== undefined) {
    compare(said, 'code', expected.code, decision.effect === 'deny' ? decision.code : 'none');
  }
  if (expected.rules !== undefined) compare(said, 'rules', listed(expected.rules), listed(decision.rules));
  if (expected.approve !== undefined) {
    compare(said, 'approval of', listed(expected.approve), listed(groupsOf(decision)));
  }
  const idle = (expected.detectors ?? []).filter((name) => !answer.detectors.includes(name));
  if (idle.length > 0) said.push(`expected the detectors ${listed(idle)}, got ${listed(answer.detectors)}`);
  for (const [measure, most] of Object.entries(expected.limits ?? {})) {
    const limits = budgetsOf(decision).filter((one) => one.measure === measure);
    if (limits.some((one) => one.most === most)) continue;
    said.push(`expected a limit of ${measure} ${most}, got ${limits.map((one) => one.most).join(', ') || 'none'}`);
  }
  if (expected.masks !== undefined) said.push(...maskDifferences(expected.masks, answer));
  return said;
}

/** `hold` where people are asked before it is forwarded. */
export function outcomeOf(decision: Decision): 'permit' | 'deny' | 'hold' {
  if (decision.effect === 'deny') return 'deny';
  return decision.obligations.some(({ kind }) => kind === 'approve') ? 'hold' : 'permit';
}

function maskDifferences(expected: NonNullable<Expectation['masks']>, { results }: TrialAnswer): readonly string[] {
  const last = results.at(-1);
  if (results.length === 0) return Object.keys(expected).length === 0 ? [] : ['expected a result, got none'];
  if (last === undefined) return ['the columns of the result cannot be told, so that all of them may be masked'];
  const said: string[] = [];
  for (const name of Object.keys(expected)) {
    if (!last.some((column) => column.name === name)) {
      said.push(`expected a result column ${name}, got ${listed(last.map((column) => column.name))}`);
    }
  }
  for (const { name, mask } of last) {
    const want = (Object.hasOwn(expected, name) ? expected[name] : undefined) ?? 'clear';
    const got = mask?.kind ?? 'clear';
    if (want !== got) said.push(`column ${name}: expected ${want}, got ${got}${mask ? ` (by ${mask.name})` : ''}`);
  }
  return said;
}

function compare(said: string[], what: string, expected: string, found: string): void {
  if (expected !== found) said.push(`expected ${what} ${expected}, got ${found}`);
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.toSorted().join(', ');
}

function groupsOf(decision: Decision): readonly string[] {
  return obligationsOf(decision).flatMap((one) => (one.kind === 'approve' ? [one.group] : []));
}

function budgetsOf(decision: Decision) {
  return obligationsOf(decision).flatMap((one) => (one.kind === 'limit' ? one.budgets : []));
}

function obligationsOf(decision: Decision): readonly Obligation[] {
  return decision.effect === 'permit' ? decision.obligations : [];
}
