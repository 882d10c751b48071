import { appendFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { askProgram } from '../ci/ask-program.ts';
import { ciSystemOf } from '../ci/ci-system.ts';
import { collapsedSection } from './log-groups.ts';
import { markdownSummary, plainSummary } from './render-summary.ts';
import type { SummaryFacts } from './summary-facts.ts';

export interface SummaryPlace {
  /** The wrapper's own environment, as it was given. */
  readonly env: NodeJS.ProcessEnv;
  /** `--summary`: a file for Markdown, wherever the run is. */
  readonly file?: string | undefined;
  /** True where somebody wants it in the log although nothing needs to be looked at. */
  readonly always: boolean;
  readonly nowMs: () => number;
  readonly say: (text: string) => void;
  readonly signal: AbortSignal;
}

/** GitHub shows nothing of a step's summary that is larger (its own limit is 1 MiB). */
const MAX_GITHUB_SUMMARY_BYTES = 1_000_000;
const MAX_ANNOTATION_BYTES = 1_000_000;
const ANNOTATE_MS = 10_000;
export const GITLAB_SUMMARY_FILE = 'chaperone-summary.md';

/** Writes the summary where the CI system shows it. A summary that cannot be written is said, and fails nothing. */
export async function writeSummary(facts: SummaryFacts, place: SummaryPlace): Promise<void> {
  const { env, file, say } = place;
  const wrote = async (what: string, write: () => Promise<unknown>): Promise<void> => {
    try {
      await write();
    } catch (error) {
      say(`chaperone: ${what} could not be written: ${(error as Error).message}\n`);
    }
  };
  if (file !== undefined) await wrote('the summary', () => writeFile(file, markdownSummary(facts)));
  const system = ciSystemOf(env);
  switch (system) {
    case 'github':
      return wrote('the job summary', () => appendToGitHub(facts, env['GITHUB_STEP_SUMMARY']));
    case 'gitlab': {
      const name = `chaperone_summary_${facts.runId.replace(/\W/g, '')}`;
      say(collapsedSection(`Chaperone: run ${facts.runId}`, plainSummary(facts), place.nowMs(), name));
      const folder = env['CI_PROJECT_DIR'];
      if (folder === undefined || file !== undefined) return undefined;
      return wrote('the summary', () => writeFile(join(folder, GITLAB_SUMMARY_FILE), markdownSummary(facts)));
    }
    case 'buildkite':
      return wrote('the annotation', () => annotate(facts, place));
    case 'azure-devops':
    case 'circleci':
    case 'bitbucket':
    case 'jenkins':
    case 'spacelift':
    case 'hcp-terraform':
    case 'kubernetes':
      say(plainSummary(facts));
      return undefined;
    case 'none':
      // At a terminal people have just seen what happened; what they must know is said all the same.
      if (place.always || facts.warnings.length > 0) say(plainSummary(facts));
      return undefined;
    default:
      return system satisfies never;
  }
}

async function appendToGitHub(facts: SummaryFacts, path: string | undefined): Promise<void> {
  if (path === undefined) throw new Error('GITHUB_STEP_SUMMARY is not set');
  const { size } = await stat(path).catch(() => ({ size: 0 }));
  const text = `\n${markdownSummary(facts)}`;
  if (size + Buffer.byteLength(text) > MAX_GITHUB_SUMMARY_BYTES) throw new Error('the step’s summary is full');
  await appendFile(path, text);
}

async function annotate(facts: SummaryFacts, { env, signal }: SummaryPlace): Promise<void> {
  const refused = (facts.outcome?.denied ?? 0) > 0 || facts.warnings.length > 0;
  const args = ['annotate', '--style', refused ? 'warning' : 'info', '--context', `chaperone-${facts.runId}`];
  await askProgram({
    command: 'buildkite-agent',
    args,
    env,
    input: markdownSummary(facts),
    withinMs: ANNOTATE_MS,
    maxBytes: MAX_ANNOTATION_BYTES,
    signal,
  });
}
