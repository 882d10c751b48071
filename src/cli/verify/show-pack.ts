import type { Finding } from '../../audit/verify/bundle/report.ts';
import type { PackReport } from '../../audit/verify/pack/pack-report.ts';
import type { Output } from '../output.ts';
import { printable } from '../printable.ts';

const STYLES = { PASS: 'green', FAIL: 'red', INCOMPLETE: 'yellow' } as const;
const MARKS = { PASS: '✓', FAIL: '✗', INCOMPLETE: '?' } as const;
const SHOWN_FINDINGS = 12;

/** Writes what was found in an auditor's pack, for people. */
export function showPack(report: PackReport, output: Output): void {
  const { pack, verdict } = report;
  if (pack !== undefined) {
    output.write(`auditor's pack: ${printable(pack.control)}\n`);
    output.write(`  ${printable(`${pack.origin}, ${pack.span.from} up to ${pack.span.to}`)}\n\n`);
  }
  for (const step of report.steps) {
    const mark = output.paint(STYLES[step.verdict], MARKS[step.verdict]);
    output.write(`${mark} ${step.id.padEnd(10)} ${printable(step.detail)}\n`);
    for (const finding of step.findings.slice(0, SHOWN_FINDINGS)) output.write(`    ${describe(finding, output)}\n`);
    const more = step.findings.length - SHOWN_FINDINGS;
    if (more > 0) output.write(output.paint('dim', `    and ${more} more: --json has them\n`));
  }
  for (const sample of report.samples) {
    output.write(`    ${output.paint(STYLES[sample.verdict], sample.verdict.padEnd(10))} ${printable(sample.run)}\n`);
  }
  output.write(`\n${output.paint(['bold', STYLES[verdict]], verdict)}  ${ending(report)}\n`);
}

function describe({ severity, file, message }: Finding, output: Output): string {
  const style = severity === 'fail' ? 'red' : severity === 'incomplete' ? 'yellow' : 'dim';
  return `${file === undefined ? '' : `${output.paint(style, printable(file))}: `}${printable(message)}`;
}

function ending({ verdict, keys, totals }: PackReport): string {
  const counted = `${totals.runs} runs of ${totals.entries} entries, ${totals.unterminated} unterminated`;
  if (verdict === 'FAIL') return 'this is not what was recorded, or cannot be shown to be';
  if (keys === 'bundle') return `${counted}\n${OWN_KEYS}`;
  return `${counted}; by keys of yours`;
}

const OWN_KEYS = `
The pack was only checked against itself. To know that it is this gateway's, bring keys that you have from elsewhere:
  chaperone verify PACK --policy trust.policy --statement-key statement.pub.pem
How to come by them: docs/operating/verifying.md`;
