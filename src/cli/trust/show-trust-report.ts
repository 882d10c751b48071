import type { Output } from '../output.ts';
import { printable } from '../printable.ts';
import type { ShownReport } from './trust-check.ts';

const MARKS = { passed: ['✓', 'green'], failed: ['✗', 'red'], skipped: ['–', 'dim'] } as const;

/** The steps in their order, then what was read of the token, then each rule with what keeps it from matching. */
export function showTrustReport(report: ShownReport, output: Output): void {
  const { ok, steps, claims, unknownClaims, rules, targets, problem } = report;
  for (const { name, outcome, detail } of steps) {
    const [mark, style] = MARKS[outcome];
    const said = outcome === 'skipped' ? output.paint('dim', 'not tried') : printable(detail);
    output.write(`${output.paint(style, mark)} ${printable(name).padEnd(10)} ${said}\n`);
  }
  if (claims.length > 0) output.write('\n');
  const width = Math.max(0, ...claims.map(({ name }) => name.length));
  for (const { name, value, class: kind } of claims) {
    const mark = kind === 'verified' ? '' : output.paint('dim', ` (${printable(kind)})`);
    output.write(`  ${printable(name).padEnd(width)}  ${printable(value)}${mark}\n`);
  }
  if (unknownClaims.length > 0) {
    const names = unknownClaims.map(printable).join(', ');
    output.write(`\n${output.paint('yellow', '!')} The issuer sends claims that are not known here: ${names}\n`);
  }
  if (rules.length > 0) output.write('\n');
  for (const { name, matches, why, note } of rules) {
    const [mark, style] = MARKS[matches ? 'passed' : 'failed'];
    const said = matches ? `matches${note === undefined ? '' : `; ${printable(note)}`}` : printable(why ?? '');
    output.write(`${output.paint(style, mark)} ${printable(name)}: ${said}\n`);
  }
  const into = `This job is let in, into ${targets.map(printable).join(', ')}.`;
  output.write(`\n${ok ? into : `This job is not let in. ${printable(problem ?? '')}`.trimEnd()}\n`);
}
