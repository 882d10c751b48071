import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { verifyDirectory } from '../audit/verify/verify-directory.ts';
import { type Finding, type Verdict, type VerifyReport } from '../audit/verify/verify-report.ts';
import { CliError, EXIT } from './cli-error.ts';
import { dataDirectory } from './gateway-file.ts';
import { type Output, processOutput } from './output.ts';
import { printable } from './printable.ts';

interface VerifyCommandOptions {
  readonly session?: string;
  readonly json?: boolean;
  readonly verifierKey?: string;
  readonly checkpoint?: string;
}

/** `chaperone verify`: whether a data directory still says what was recorded. Asks no gateway, changes nothing. */
export function verifyCommand(): Command {
  return new Command('verify')
    .summary('prove that nothing recorded was changed')
    .description(
      'Checks the log, its signatures, every session and every body in a data directory. Needs no gateway.\n' +
        'Says PASS (exit 0), FAIL (1) or INCOMPLETE (2: something is not there to be checked), with reasons.',
    )
    .argument('[directory]', 'a data directory (default: CHAPERONE_DATA_DIR, else .chaperone)')
    .option('--session <id>', 'of the sessions, this one alone')
    .option(
      '--verifier-key <key>',
      "the log's public key, as you have it from elsewhere (default: the directory's own)",
    )
    .option('--checkpoint <file>', 'a checkpoint that you kept: the log must be its continuation')
    .option('--json', 'answer in JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (directory: string | undefined, options: VerifyCommandOptions) => {
      process.exitCode = await verify(directory, options, processOutput({ json: options.json ?? false }));
    });
}

const EXAMPLES = `
Examples:
  $ chaperone verify
  $ chaperone verify /backup/chaperone --session ses_…
  $ curl -s https://gateway.example.com/v1/log/checkpoint > kept      # today
  $ chaperone verify --checkpoint kept                                # any later day

The directory's own key proves that nothing was changed by whoever lacks it. Against its owner, keep the public key
(audit/keys/log.vkey) and a checkpoint elsewhere.
`;

const EXIT_OF: Readonly<Record<Verdict, number>> = { PASS: EXIT.ok, FAIL: EXIT.failed, INCOMPLETE: EXIT.incomplete };

async function verify(named: string | undefined, options: VerifyCommandOptions, output: Output): Promise<number> {
  const directory = auditDirectory(resolve(named ?? dataDirectory(process.env)));
  const report = await verifyDirectory(directory, {
    ...(options.session === undefined ? {} : { session: options.session }),
    ...(options.verifierKey === undefined ? {} : { verifierKey: options.verifierKey }),
    ...(options.checkpoint === undefined ? {} : { knownCheckpoint: readFileSync(options.checkpoint, 'utf8') }),
  });
  if (output.json) output.writeJson(report);
  else show(report, output);
  return EXIT_OF[report.verdict];
}

/** A data directory keeps its log in `audit/`; a copy of that folder alone will do as well. */
function auditDirectory(directory: string): string {
  const inside = join(directory, 'audit');
  if (existsSync(inside)) return inside;
  if (existsSync(join(directory, 'log')) || existsSync(join(directory, 'state.json'))) return directory;
  throw new CliError(EXIT.notFound, `there is no audit log in ${printable(directory)}`, {
    hint: 'Name the data directory of a gateway: chaperone verify /var/lib/chaperone',
  });
}

const STYLES = { PASS: 'green', FAIL: 'red', INCOMPLETE: 'yellow' } as const;
const MARKS = { PASS: '✓', FAIL: '✗', INCOMPLETE: '?' } as const;

function show(report: VerifyReport, output: Output): void {
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
