import type { AnalysisCost } from './analyses.ts';
import { type Circumstances, madeBy } from './circumstances.ts';
import type { DecisionCost } from './decisions.ts';
import type { NewStatements } from './new-statements.ts';

export interface StatementFigures {
  readonly analyses: readonly AnalysisCost[];
  readonly decisions: readonly DecisionCost[];
  readonly traffic: NewStatements;
}

/** Microseconds of CPU that a cached decision may take. */
const MOST_CACHED_US = 5;

/** The page about what understanding and deciding statements costs, as Markdown. */
export function statementsPage(figures: StatementFigures, circumstances: Circumstances): string {
  const { analyses, decisions, traffic } = figures;
  const worst = Math.max(...decisions.map(({ cached }) => cached));
  return [
    '# Statements',
    '',
    `${madeBy('statements', circumstances)} What it`,
    'costs to know what a statement does, and to decide it.',
    '',
    '## Alone, in microseconds of CPU',
    '',
    '*New* is parsed and analysed; *alike* differs from one before in its values alone; *known* is the same text again.',
    '',
    '| statement | parsed only | new | alike | known |',
    '|---|---|---|---|---|',
    ...analyses.map(
      ({ statement, parse, fresh, alike, cached }) =>
        `| ${statement} | ${parse.toFixed(1)} | ${fresh.toFixed(1)} | ${alike.toFixed(1)} | ${cached.toFixed(2)} |`,
    ),
    '',
    `A decision over these rules; a known one may take ${MOST_CACHED_US}, and takes ${worst.toFixed(2)} at most: ${worst < MOST_CACHED_US ? 'met' : 'missed'}.`,
    '',
    '| rules | known | new |',
    '|---|---|---|',
    ...decisions.map(({ rules, cached, fresh }) => `| ${rules} | ${cached.toFixed(2)} | ${fresh.toFixed(1)} |`),
    '',
    `## In traffic: pgbench, simple protocol, ${traffic.clients} clients`,
    '',
    'Each statement reads one row by key; in brackets, against the same way with the same text each time. The server parses',
    'every one of them anew, too, so that *direct* and *haproxy* say how much of it is the server and the client.',
    '',
    '| way | text | queries/s | CPU of the way, µs a query |',
    '|---|---|---|---|',
    ...traffic.by.map(({ way, novelty, figures: { queriesPerSecond, cpuPer100k } }) => {
      const same = traffic.by.find((one) => one.way === way && one.novelty === 'same')?.figures;
      const ratio = (value: number, other = value): string => `(${(value / other).toFixed(2)})`;
      const rate = `${Math.round(queriesPerSecond).toLocaleString('en')} ${ratio(queriesPerSecond, same?.queriesPerSecond)}`;
      const cpu = Number.isNaN(cpuPer100k)
        ? '–'
        : `${(cpuPer100k * 10).toFixed(1)} ${ratio(cpuPer100k, same?.cpuPer100k)}`;
      return `| ${way} | ${novelty} | ${rate} | ${cpu} |`;
    }),
    '',
    'What masks cost a bulk read is told on [the page about detectors](DETECTORS.md).',
    '',
  ].join('\n');
}
