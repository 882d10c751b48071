import type { Finding, VerifyReport } from '../../audit/verify/verify-report.ts';
import type { Output } from '../output.ts';
import { printable } from '../printable.ts';

const STYLES = { PASS: 'green', FAIL: 'red', INCOMPLETE: 'yellow' } as const;
const MARKS = { PASS: '✓', FAIL: '✗', INCOMPLETE: '?' } as const;

/** Writes what was found in a data directory, for people. */
export function showDirectory(report: VerifyReport, output: Output): void {
  for (const { name, verdict, detail } of report.checks) {
    output.write(`${output.paint(STYLES[verdict], MARKS[verdict])} ${name.padEnd(9)} ${printable(detail)}\n`);
  }
  for (const finding of report.findings) output.write(`  ${describe(finding, output)}\n`);
  if (report.moreFindings > 0) output.write(`  and ${report.moreFindings} more\n`);
  for (const [what, ids] of [
    ['still open', report.live],
    ['opened and never closed', report.unterminated],
    ['bodies not here', report.withheld.filter((id) => !report.erased.some(({ run }) => run === id))],
  ] as const) {
    if (ids.length > 0) output.write(output.paint('dim', `  ${what}: ${ids.map(printable).join(', ')}\n`));
  }
  for (const erased of report.erased) output.write(output.paint('dim', `  ${erasedWords(erased)}\n`));
  output.write(`${output.paint(['bold', STYLES[report.verdict]], report.verdict)}${summary(report)}\n`);
}

function describe({ severity, file, line, offset, message }: Finding, output: Output): string {
  const place = `${printable(file)}${line === undefined ? '' : `:${line}`}${offset === undefined ? '' : ` @${offset}`}`;
  return `${output.paint(severity === 'fail' ? 'red' : 'yellow', place)} ${printable(message)}`;
}

function erasedWords({ run, at, by, reason, rule }: VerifyReport['erased'][number]): string {
  const why = rule === undefined ? reason : `${reason}, rule ${rule}`;
  return printable(`bodies of ${run} erased on ${at.slice(0, 10)} by ${by}: ${why}`);
}

function summary({ totals, checkpoint }: VerifyReport): string {
  const counted = `${totals.sessions} sessions, ${totals.events} events, ${totals.requests} requests`;
  return checkpoint === undefined
    ? ` ${counted}`
    : ` ${counted}; ${printable(checkpoint.origin)} at ${checkpoint.size} entries`;
}
