import { coverageLine } from '../isolation/coverage.ts';
import { logText, markdownCode, markdownLink, markdownText, shortened } from './hostile-text.ts';
import type { RunOutcome } from './run-outcome.ts';
import type { SummaryFacts } from './summary-facts.ts';

const MAX_STATEMENT_CHARACTERS = 200;
const MAX_SHOWN = 20;

/** The summary in Markdown, for GitHub, GitLab and Buildkite. */
export function markdownSummary(facts: SummaryFacts): string {
  const { outcome, warnings } = facts;
  const parts = [
    `### Chaperone: ${markdownLink(facts.runId, facts.runUrl)}`,
    `${markdownText(facts.display)}${facts.demo ? ' (a made-up job of a demo)' : ''} · ${facts.targets.map(markdownCode).join(', ')} · the command ended with status ${facts.exitStatus}`,
    outcome ? countsTable(outcome) : `**${markdownText(noOutcome(facts))}**`,
    ...warnings.map((warning) => `> ⚠️ ${markdownText(warning)}`),
    ...(outcome ? [refusals(outcome), approvals(outcome)] : []),
    evidence(facts),
    markdownText(coverageLine(facts.coverage)),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function countsTable(outcome: RunOutcome): string {
  const heads = ['requests', 'permitted', 'refused', 'approved by people', 'values masked', 'rows'];
  const { requests, permitted, denied, approved, masked, rows } = outcome;
  const values = [requests, permitted, denied, approved, masked].map(String).concat(rows ?? 'not counted');
  const each =
    outcome.targets.length < 2
      ? []
      : outcome.targets.map(
          ({ name, permitted: yes, denied: no, masked: hidden }) =>
            `| ${markdownCode(name)} ${yes + no} | ${yes} | ${no} | | ${hidden} | |`,
        );
  return [
    `| ${heads.join(' | ')} |`,
    `|${heads.map(() => '--:').join('|')}|`,
    `| ${values.map(markdownText).join(' | ')} |`,
    ...each,
  ].join('\n');
}

function refusals({ refusals: all, denied }: RunOutcome): string {
  const rows = all
    .slice(0, MAX_SHOWN)
    .map(
      ({ target, text, code, rules }) =>
        `| ${markdownCode(target)} | ${markdownCode(shortened(text, MAX_STATEMENT_CHARACTERS))} | ${markdownText(rules.length > 0 ? rules.join(', ') : code)} |`,
    );
  if (rows.length === 0) return '';
  return folded(`Refused: ${denied}`, [
    '| target | request | because |',
    '|---|---|---|',
    ...rows,
    ...more(denied, rows.length, 3),
  ]);
}

function approvals({ approvals: all }: RunOutcome): string {
  const rows = all
    .slice(0, MAX_SHOWN)
    .map(
      ({ id, target, text, state }) =>
        `| ${markdownCode(target)} | ${markdownCode(shortened(text, MAX_STATEMENT_CHARACTERS))} | ${markdownText(state)} | ${markdownCode(id)} |`,
    );
  if (rows.length === 0) return '';
  return folded(`Asked people: ${all.length}`, [
    '| target | request | answer | approval |',
    '|---|---|---|---|',
    ...rows,
    ...more(all.length, rows.length, 4),
  ]);
}

function more(all: number, shown: number, columns: number): readonly string[] {
  return all > shown ? [`| … ${all - shown} more ${'| '.repeat(columns)}`] : [];
}

function folded(title: string, lines: readonly string[]): string {
  return [`<details><summary>${markdownText(title)}</summary>`, '', ...lines, '', '</details>'].join('\n');
}

function evidence({ evidence: made }: SummaryFacts): string {
  if (made === undefined) return '';
  const verdict = made.verdict === undefined ? '' : ` (${markdownText(made.verdict)} when it was made)`;
  return [
    `Evidence: ${markdownCode(made.file)}${verdict}, SHA-256 ${markdownCode(made.sha256)}. Check it with:`,
    '',
    markdownCode(`chaperone verify ${made.file}`),
  ].join('\n');
}

function noOutcome({ outcomeMissing }: SummaryFacts): string {
  return `What the run came to is not known here${outcomeMissing === undefined ? '' : `: ${outcomeMissing}`}.`;
}

/** The summary as plain lines, for a log. Each begins with a word of ours. */
export function plainSummary(facts: SummaryFacts): string {
  const { outcome } = facts;
  const lines = [
    `run ${facts.runId}  ${facts.runUrl}`,
    `as ${facts.display}${facts.demo ? ' (a made-up job of a demo)' : ''}, targets: ${facts.targets.join(', ')}, status ${facts.exitStatus}`,
    ...(outcome ? outcomeLines(outcome) : [noOutcome(facts)]),
    ...facts.warnings.map((warning) => `warning: ${warning}`),
    ...(facts.evidence
      ? [
          `evidence ${facts.evidence.file}  sha256:${facts.evidence.sha256}`,
          `verify it: chaperone verify ${facts.evidence.file}`,
        ]
      : []),
    `coverage: ${coverageLine(facts.coverage)}`,
  ];
  return lines.map((line) => `chaperone: ${logText(line)}\n`).join('');
}

function outcomeLines(outcome: RunOutcome): readonly string[] {
  const { requests, permitted, denied, approved, masked, rows, refusals: no, approvals: asked } = outcome;
  const shown = (text: string) => shortened(text, MAX_STATEMENT_CHARACTERS);
  return [
    `${requests} requests: ${permitted} permitted, ${denied} refused, ${approved} approved by people; ${masked} values masked; ${rows === undefined ? 'rows not counted' : `${rows} rows`}`,
    ...no
      .slice(0, MAX_SHOWN)
      .map(
        ({ target, text, code, rules }) =>
          `refused in ${target}: ${shown(text)} (${rules.length > 0 ? rules.join(', ') : code})`,
      ),
    ...asked.slice(0, MAX_SHOWN).map(({ id, target, text, state }) => `${state} in ${target}: ${shown(text)} (${id})`),
  ];
}
