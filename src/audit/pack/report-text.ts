import { printable } from '../../model/printable.ts';
import type { VerifyReport } from '../verify/verify-report.ts';

/** `verifier-report.txt`: what the gateway's verifier found, for people. */
export function reportText(
  { verdict, checks, findings, moreFindings, totals, checkpoint }: VerifyReport,
  samples: readonly { readonly run: string; readonly verdict: string }[],
): string {
  const under = checkpoint === undefined ? 'no checkpoint' : `${checkpoint.origin} at ${checkpoint.size} entries`;
  const lines = [
    `${verdict}  the whole directory: ${totals.sessions} sessions, ${totals.events} events; ${under}`,
    ...checks.map((check) => `  ${check.verdict.padEnd(10)} ${check.name}: ${check.detail}`),
    ...findings.map(({ severity, file, message }) => `  ${severity}: ${file}: ${message}`),
    ...(moreFindings > 0 ? [`  and ${moreFindings} more`] : []),
    '',
    ...(samples.length === 0 ? ['no samples'] : samples.map((one) => `${one.verdict.padEnd(10)} ${one.run}`)),
  ];
  return lines.map((line) => `${printable(line)}\n`).join('');
}
