import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { parsePolicy, type TlogPolicy } from '../audit/log/tlog-policy.ts';
import { verifyDirectory } from '../audit/verify/verify-directory.ts';
import type { Verdict } from '../audit/verify/verify-report.ts';
import { CliError, EXIT } from './cli-error.ts';
import { dataDirectory } from './gateway-file.ts';
import { type Output, processOutput } from './output.ts';
import { printable } from './printable.ts';
import { showBundle } from './verify/show-bundle.ts';
import { showDirectory } from './verify/show-directory.ts';
import { showPack } from './verify/show-pack.ts';
import { type OwnFiles, verifyBundleFile } from './verify/verify-bundle-file.ts';

interface VerifyCommandOptions extends OwnFiles {
  readonly session?: string;
  readonly json?: boolean;
  readonly verifierKey?: string;
  readonly checkpoint?: string;
}

/** `chaperone verify`: whether a bundle, or a data directory, says what was recorded. Asks no gateway, changes nothing. */
export function verifyCommand(): Command {
  return new Command('verify')
    .summary('prove that nothing recorded was changed')
    .description(
      "Checks a run's evidence bundle, or a data directory: the log, its signatures, every session, every body.\n" +
        'Needs no gateway. Says PASS (exit 0), FAIL (1) or INCOMPLETE (2: something is not there to be checked), with reasons.',
    )
    .argument('[what]', 'a bundle, a data directory (default: CHAPERONE_DATA_DIR, else .chaperone), or a session')
    .option('--policy <file>', 'the logs and witnesses that you trust (C2SP tlog-policy)')
    .option('--statement-key <file>', "of a bundle: the gateway's public statement key, PEM")
    .option('--tsa <file>', 'of a bundle: certificates of timestamp authorities that you trust, PEM')
    .option('--auditor-key <file>', 'of a bundle: your age identity, which opens the CI token')
    .option('--issuer-keys <file>', "of a bundle: the key set of the CI tokens' issuer, as you have it from there")
    .option('--session <id>', 'of a directory: of the sessions, this one alone')
    .option(
      '--verifier-key <key>',
      "of a directory: the log's public key, as you have it from elsewhere (default: the directory's own)",
    )
    .option('--checkpoint <file>', 'of a directory: a checkpoint that you kept: the log must be its continuation')
    .option('--json', 'answer in JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (directory: string | undefined, options: VerifyCommandOptions) => {
      process.exitCode = await verify(directory, options, processOutput({ json: options.json ?? false }));
    });
}

const EXAMPLES = `
Examples:
  $ chaperone verify run_….evidence.zip --policy trust.policy --statement-key statement.pub.pem
  $ chaperone verify
  $ chaperone verify ses_…
  $ chaperone verify /backup/chaperone --session ses_…
  $ curl -s https://gateway.example.com/v1/log/checkpoint > kept      # today
  $ chaperone verify --checkpoint kept                                # any later day

A bundle is checked with keys of yours; what it brings along itself is not believed. A directory's own key proves that nothing was changed
by whoever lacks it: against its owner, keep the public key (audit/keys/log.vkey) and a checkpoint elsewhere.
`;

const EXIT_OF: Readonly<Record<Verdict, number>> = { PASS: EXIT.ok, FAIL: EXIT.failed, INCOMPLETE: EXIT.incomplete };

async function verify(named: string | undefined, options: VerifyCommandOptions, output: Output): Promise<number> {
  if (named !== undefined && existsSync(named) && statSync(named).isFile()) {
    return await verifyBundleAt(named, options, output);
  }
  refuse(options, OF_BUNDLES, 'is for bundles; name one: chaperone verify run_….evidence.zip');
  const isSession = named !== undefined && !existsSync(named) && /^ses_\w+$/u.test(named);
  const session = isSession ? named : options.session;
  const directory = auditDirectory(resolve((isSession ? undefined : named) ?? dataDirectory(process.env)));
  const report = await verifyDirectory(directory, {
    ...(session === undefined ? {} : { session }),
    ...(options.policy === undefined ? {} : { policy: policyOf(options.policy) }),
    ...(options.verifierKey === undefined ? {} : { verifierKey: options.verifierKey }),
    ...(options.checkpoint === undefined ? {} : { knownCheckpoint: readFileSync(options.checkpoint, 'utf8') }),
  });
  if (output.json) output.writeJson(report);
  else showDirectory(report, output);
  return EXIT_OF[report.verdict];
}

async function verifyBundleAt(path: string, options: VerifyCommandOptions, output: Output): Promise<number> {
  refuse(options, OF_DIRECTORIES, 'is for data directories; a bundle takes --policy and --statement-key');
  const report = await verifyBundleFile(path, options);
  if (output.json) output.writeJson(report);
  else if (report.kind === 'pack') showPack(report, output);
  else showBundle(report, output);
  return EXIT_OF[report.verdict];
}

const OF_BUNDLES = {
  statementKey: '--statement-key',
  tsa: '--tsa',
  auditorKey: '--auditor-key',
  issuerKeys: '--issuer-keys',
};
const OF_DIRECTORIES = { session: '--session', verifierKey: '--verifier-key', checkpoint: '--checkpoint' };

function policyOf(path: string): TlogPolicy {
  try {
    return parsePolicy(readFileSync(path));
  } catch (cause) {
    throw new CliError(EXIT.config, `${printable(path)}: ${printable((cause as Error).message)}`, { cause });
  }
}

/** An option that would be left aside is said, rather than believed to have counted. */
function refuse(options: VerifyCommandOptions, names: Readonly<Record<string, string>>, why: string): void {
  for (const [name, option] of Object.entries(names)) {
    if (name in options) throw new CliError(EXIT.usage, `${option} ${why}`);
  }
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
