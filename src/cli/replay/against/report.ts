import type { Output } from '../../output.ts';
import { printable } from '../../printable.ts';
import type { Difference } from './compare-replies.ts';
import type { ReplayedExchange } from './replay-run.ts';

export interface ReplayReport {
  readonly run: string;
  readonly target: string;
  /** The run that the replay itself was. */
  readonly replay: string;
  readonly readOnly: boolean;
  readonly totals: {
    readonly same: number;
    readonly different: number;
    readonly unstable: number;
    readonly skipped: number;
  };
  readonly exchanges: readonly ReplayedExchange[];
}

export function makeReport(
  named: Pick<ReplayReport, 'run' | 'target' | 'replay' | 'readOnly'>,
  exchanges: readonly ReplayedExchange[],
): ReplayReport {
  const count = (outcome: ReplayedExchange['outcome']): number =>
    exchanges.filter((one) => one.outcome === outcome).length;
  const totals = {
    same: count('same'),
    different: count('different'),
    unstable: count('unstable'),
    skipped: count('skipped'),
  };
  return { ...named, totals, exchanges };
}

/** What differs, what could not be said, and how much was the same; everything that others wrote neutralised. */
export function showReport(report: ReplayReport, output: Output): void {
  const { exchanges, totals, target, replay, readOnly } = report;
  for (const one of exchanges.filter(({ outcome }) => outcome === 'different' || outcome === 'unstable')) {
    output.write(`${output.paint(one.outcome === 'different' ? 'red' : 'yellow', headOf(one))}\n`);
    for (const line of linesOf(one)) output.write(`    ${printable(line)}\n`);
  }
  const skipped = Map.groupBy(
    exchanges.filter(({ outcome }) => outcome === 'skipped'),
    ({ skipped: why }) => why?.reason ?? '',
  );
  for (const [reason, all] of skipped) {
    output.write(output.paint('dim', `${all.length} not compared, ${SKIPPED[reason] ?? reason}\n`));
    for (const one of all.slice(0, LISTED))
      output.write(output.paint('dim', `    ${headOf(one)}: ${printable(one.skipped?.detail ?? '')}\n`));
    if (all.length > LISTED)
      output.write(output.paint('dim', `    and ${all.length - LISTED} more (--json shows them)\n`));
  }
  const { same, different, unstable } = totals;
  const how = readOnly ? ', in sessions that may not write' : '';
  output.write(
    `${output.paint('bold', `${same} the same, ${different} different`)}, ${unstable} unstable, ${totals.skipped} not compared; on ${printable(target)}${how}\n`,
  );
  output.say(`The replay is a run of its own: ${printable(replay)}\n`);
}

const LISTED = 5;

const SKIPPED: Readonly<Record<string, string>> = {
  refused: 'because the gateway refused them then',
  'not-recorded': 'because what was sent or answered is not in the record',
  writes: 'because they may change something (--writes sends them)',
  'large-object': 'because they name large objects of the server that they ran on',
  'session-bound': 'because they name sessions of the server that they ran on',
  'copy-input': 'because what they copied in is not in the record',
  continued: 'because their rows came with the statement that they go on with',
  unreadable: 'because their record cannot be read',
  connection: 'because the connection broke, or they took too long',
};

function headOf({ session, exchange, text, outcome }: ReplayedExchange): string {
  const [first = ''] = text.trim().split('\n');
  const shown = printable(first.length > 100 ? `${first.slice(0, 99)}…` : first);
  return `${session} ${exchange}${outcome === 'unstable' ? ' (unstable)' : ''}  ${shown}`;
}

function linesOf({ comparison, unstable }: ReplayedExchange): readonly string[] {
  if (comparison === undefined) return [];
  const lines = comparison.differences.map(wordsOf);
  if (comparison.moreValues > 0) lines.push(`and ${comparison.moreValues} more values`);
  if (comparison.maskedValues > 0) {
    lines.push(`${comparison.maskedValues} masked values cannot be compared: each run has its own key`);
  }
  if (comparison.maskedOnce > 0) {
    lines.push(`${comparison.maskedOnce} values are masked in one of the two alone, and cannot be compared`);
  }
  if (unstable === 'function') lines.push('it calls what need not say the same twice');
  if (unstable === 'differs-from-itself') lines.push('two replays differ in the same places');
  return lines;
}

function wordsOf(difference: Difference): string {
  switch (difference.kind) {
    case 'outcome':
      return `was ${difference.was}; is ${difference.is}`;
    case 'results':
      return `had ${difference.was} results; has ${difference.is}`;
    case 'columns':
      return `had the columns ${difference.was.join(', ')}; has ${difference.is.join(', ')}`;
    case 'tag':
      return `said ${difference.was}; says ${difference.is}`;
    case 'rows':
      return `had ${difference.was} rows; has ${difference.is}`;
    case 'value':
      return `row ${difference.row}, ${difference.column}: was ${valueWords(difference.was)}; is ${valueWords(difference.is)}`;
    default:
      return difference satisfies never;
  }
}

function valueWords(value: string | null): string {
  if (value === null) return 'NULL';
  return JSON.stringify(value.length > 200 ? `${value.slice(0, 199)}…` : value);
}
