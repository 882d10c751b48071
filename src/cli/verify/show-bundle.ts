import type { BundleReport, Finding, Step, Withheld } from '../../audit/verify/bundle/report.ts';
import type { Output } from '../output.ts';
import { printable } from '../printable.ts';

const STYLES = { PASS: 'green', FAIL: 'red', INCOMPLETE: 'yellow', SKIPPED: 'dim' } as const;
const MARKS = { PASS: '✓', FAIL: '✗', INCOMPLETE: '?', SKIPPED: '–' } as const;
const SHOWN_FINDINGS = 12;
const SHOWN_WITHHELD = 6;

/** Writes what was found in an evidence bundle, for people: a line a step, and why it is not well where it is not. */
export function showBundle(report: BundleReport, output: Output): void {
  const about = headline(report);
  if (about !== undefined) output.write(`${about}\n\n`);
  for (const step of report.steps) {
    output.write(
      `${output.paint(STYLES[step.verdict], MARKS[step.verdict])} ${step.id.padEnd(10)} ${printable(step.detail)}\n`,
    );
    writeFindings(step, output);
  }
  writeWithheld(report.withheld, output);
  const verdict = output.paint(['bold', STYLES[report.verdict]], report.verdict);
  output.write(`\n${verdict}  ${ending(report)}\n`);
}

/** Which run it is: as the sessions say it, in the order in which somebody would ask. */
function headline({ run }: BundleReport): string | undefined {
  if (run === undefined) return undefined;
  const { sourceRepositoryUri, sourceRef, sourceDigest, runInvocationUri } = run.workload ?? {};
  const job = [sourceRepositoryUri, sourceRef, sourceDigest?.slice(0, 12)]
    .filter((word) => word !== undefined)
    .join(' ');
  const when = `${run.openedAt} to ${run.closedAt ?? 'now'}${run.termination === undefined ? '' : `, ${run.termination}`}`;
  return [`run ${run.id}`, job, runInvocationUri ?? '', when]
    .filter((line) => line !== '')
    .map((line, i) => `${i === 0 ? '' : '  '}${printable(line)}`)
    .join('\n');
}

function writeFindings({ findings }: Step, output: Output): void {
  for (const finding of findings.slice(0, SHOWN_FINDINGS)) output.write(`    ${describe(finding, output)}\n`);
  const more = findings.length - SHOWN_FINDINGS;
  if (more > 0) output.write(output.paint('dim', `    and ${more} more: --json has them\n`));
}

function describe({ severity, file, line, message }: Finding, output: Output): string {
  const style = severity === 'fail' ? 'red' : severity === 'incomplete' ? 'yellow' : 'dim';
  const place =
    file === undefined ? '' : `${output.paint(style, printable(file) + (line === undefined ? '' : `:${line}`))}: `;
  return `${place}${printable(message)}`;
}

const WHY: ReadonlyMap<string, string> = new Map([
  ['erased', 'erased'],
  ['role', 'withheld: whoever fetched the bundle may not read recordings'],
  ['asked', 'withheld: whoever fetched the bundle asked for none'],
  ['no-key', 'encrypted, and its key is not in the bundle'],
  ['not sealed', 'the gateway had no auditor to seal it for'],
]);

function writeWithheld(withheld: readonly Withheld[], output: Output): void {
  if (withheld.length === 0) return;
  output.write('\n');
  for (const { file, why, by, at, reason } of withheld.slice(0, SHOWN_WITHHELD)) {
    const who = [by && `by ${by}`, at && `at ${at}`, reason && `for ${reason}`].filter(Boolean).join(' ');
    const text = `  not opened: ${printable(file)} (${printable(WHY.get(why) ?? why)}${who === '' ? '' : ` ${printable(who)}`})\n`;
    output.write(output.paint('dim', text));
  }
  const more = withheld.length - SHOWN_WITHHELD;
  if (more > 0) output.write(output.paint('dim', `  and ${more} more\n`));
}

function ending({ verdict, keys, totals, log }: BundleReport): string {
  const counted = `${totals.sessions} sessions, ${totals.events} events, ${totals.requests} requests`;
  const under = log === undefined ? '' : `; ${printable(log.origin)} at ${log.size} entries`;
  if (verdict === 'FAIL') return `this is not what was recorded, or cannot be shown to be${under}`;
  if (keys === 'bundle') return `${counted}${under}\n${OWN_KEYS}`;
  return `${counted}${under}; by keys of yours`;
}

const OWN_KEYS = `
Some of the keys that this hangs on are the bundle's own: by those it was only checked against itself. To know that it is
this gateway's, bring keys that you have from elsewhere:
  chaperone verify BUNDLE --policy trust.policy --statement-key statement.pub.pem
How to come by them: docs/operating/verifying.md`;
