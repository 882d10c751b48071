import type { ApiClient } from '../api-client.ts';
import { CliError } from '../cli-error.ts';
import { type FetchedEvidence, fetchEvidence } from '../evidence.ts';
import type { ClosedRun } from './grant-request.ts';
import type { RunCoverage } from './isolation/coverage.ts';
import type { RunContext } from './local-target.ts';
import type { SummaryFacts } from './summary/summary-facts.ts';
import { writeSummary } from './summary/write-summary.ts';

export interface FinishRequest {
  readonly api: ApiClient;
  readonly context: RunContext;
  /** What the gateway answered; undefined where the run could not be closed. */
  readonly closed: ClosedRun | undefined;
  readonly coverage: RunCoverage;
  readonly exitStatus: number;
  /** `--evidence`: where the bundle is to be written. */
  readonly evidenceFile?: string | undefined;
  /** `--summary`: where the summary is to be written, besides where the CI system shows it. */
  readonly summaryFile?: string | undefined;
  /** What somebody should look at, each a sentence. */
  readonly warnings: readonly string[];
  /** The wrapper's own environment, as it was given. */
  readonly env: NodeJS.ProcessEnv;
  readonly nowMs: () => number;
  readonly say: (text: string) => void;
}

const SUMMARY_MS = 15_000;

/**
 * Fetches the evidence where it is wanted, and writes the summary. The command's own status counts: what cannot be had
 * here is said. Resolves with false where evidence was asked for and is not there.
 */
export async function finishRun(request: FinishRequest): Promise<boolean> {
  const { context, closed, coverage, exitStatus, evidenceFile, summaryFile, env, nowMs, say } = request;
  const warnings = [...request.warnings];
  const fetched = evidenceFile === undefined ? undefined : await evidence(request, evidenceFile);
  if (fetched instanceof CliError) {
    warnings.push(`The evidence is not there: ${fetched.message}`);
    say(`chaperone: ${fetched.message}\n`);
  } else if (fetched?.complete === false) {
    warnings.push('The evidence is INCOMPLETE.');
  }
  const { runId, runUrl, display, demo, targets } = context;
  const facts: SummaryFacts = {
    runId,
    runUrl,
    display,
    demo,
    targets: targets.map(({ name }) => name),
    exitStatus,
    coverage,
    warnings,
    ...(closed?.outcome ? { outcome: closed.outcome } : { outcomeMissing: missing(closed) }),
    ...(fetched === undefined || fetched instanceof CliError
      ? {}
      : { evidence: { file: fetched.file, sha256: fetched.digest } }),
  };
  const signal = AbortSignal.timeout(SUMMARY_MS);
  await writeSummary(facts, { env, file: summaryFile, always: false, nowMs, say, signal });
  return !(fetched instanceof CliError);
}

async function evidence({ api, closed }: FinishRequest, file: string): Promise<FetchedEvidence | CliError> {
  if (closed?.evidence === undefined) return new CliError(69, 'there is no evidence, because the run was not closed');
  try {
    return await fetchEvidence(api, closed.evidence, file);
  } catch (error) {
    if (error instanceof CliError) return error;
    throw error;
  }
}

function missing(closed: ClosedRun | undefined): string {
  return closed === undefined ? 'the run could not be closed here' : 'the gateway did not say';
}
