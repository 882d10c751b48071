import type { GrantId, PrincipalId, RunId, TargetName } from '../model/ids.ts';
import { LIMITS } from '../model/limits.ts';
import type { IssuerKind, Principal, Workload } from '../model/principal.ts';
import type { Target } from '../model/target.ts';
import { type Explanation, explainDecision } from '../policy/explain-decision.ts';
import type { Policy } from '../policy/policy.ts';
import { isPrincipalField } from '../policy/principal-fields.ts';
import { analyseOnce } from '../sql/postgres/analyser.ts';
import { loadPostgresParser } from '../sql/postgres/parser.ts';
import { CliError, EXIT } from './cli-error.ts';
import type { Output } from './output.ts';
import { printable } from './printable.ts';

/** A statement to judge, by whom and where, as the command line says it. */
export interface Question {
  readonly statement: string;
  readonly target: string;
  /** `name=value`. */
  readonly label: readonly string[];
  /** `run.sourceRef=refs/heads/main`. */
  readonly as: readonly string[];
}

/**
 * Decides as a gateway would that had these policies, without its catalogue: what views and functions of the target's
 * own do is unknown here, and is judged as such.
 */
export async function explainStatement(policies: readonly Policy[], question: Question): Promise<Explanation> {
  await loadPostgresParser();
  const nothing = { prepared: () => undefined, cursor: () => undefined };
  const { operations } = analyseOnce(question.statement, nothing);
  return explainDecision(policies, principalOf(question.as), targetOf(question), { operations });
}

export function showExplanation({ decision, operations }: Explanation, output: Output): void {
  for (const { name, outcome, rules } of operations) {
    const style = outcome === 'permit' ? 'green' : 'red';
    output.write(`${output.paint(style, printable(outcome))} ${printable(name)}\n`);
    for (const { name: rule, effect, result, why } of rules) {
      const line = `  ${result.padEnd(12)} ${effect.padEnd(7)} ${printable(rule)}${why ? `: ${printable(why)}` : ''}`;
      output.write(`${result === 'not-matched' ? output.paint('dim', line) : line}\n`);
    }
  }
  const masks =
    decision.effect === 'permit' ? decision.obligations.flatMap((one) => (one.kind === 'mask' ? one.classes : [])) : [];
  const detail =
    decision.effect === 'deny'
      ? `${decision.code}: ${decision.reason}`
      : masks.length > 0
        ? `masked: ${masks.join(', ')}`
        : '';
  output.write(
    `${output.paint(decision.effect === 'permit' ? 'green' : 'red', decision.effect)} ${printable(detail)}\n`,
  );
}

function principalOf(fields: readonly string[]): Principal {
  const workload: Record<string, string> = {};
  const extra: Record<string, string> = {};
  for (const [path, value] of fields.map((field) => pair(field, '--as'))) {
    if (!isPrincipalField(path) || !path.startsWith('run.')) {
      throw new CliError(EXIT.usage, `there is no field ${printable(path)}`, {
        hint: 'Write --as run.sourceRepositoryId=74',
      });
    }
    const name = path.slice('run.'.length);
    if (name.startsWith('extra.')) extra[name.slice('extra.'.length)] = value;
    else workload[name] = value;
  }
  const { issuer = '', tokenSubject = '', issuerKind = 'github', ...others } = workload;
  const known: Workload = { issuer, tokenSubject, issuerKind: issuerKind as IssuerKind, ...others, extra };
  const at = new Date(0).toISOString();
  const run = {
    id: 'run_asked' as RunId,
    kind: 'ci',
    workload: known,
    demo: false,
    asserted: {},
    openedAt: at,
  } as const;
  const grant = { id: 'grt_asked' as GrantId, run: run.id, targets: [], rule: '', issuedAt: at, expiresAt: at };
  return { id: 'wrk_asked' as PrincipalId, kind: 'workload', display: 'asked', run, grant };
}

function targetOf({ target, label }: Question): Target {
  return {
    name: target as TargetName,
    protocol: 'postgres',
    address: { host: '', port: 0 },
    tls: { mode: 'verify-full' },
    labels: Object.fromEntries(label.map((text) => pair(text, '--label'))),
    classified: [],
    recordMode: 'strict',
    storedReplyBytes: LIMITS.storedReplyBytes,
  };
}

function pair(text: string, option: string): readonly [name: string, value: string] {
  const at = text.indexOf('=');
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw new CliError(EXIT.usage, `${option} ${printable(text)} is not NAME=VALUE`);
}
