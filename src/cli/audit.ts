import { randomBytes } from 'node:crypto';
import { createWriteStream, existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Command, InvalidArgumentError } from 'commander';
import { CONTROLS } from '../audit/pack/controls.ts';
import { controlsPage } from '../audit/pack/controls-page.ts';
import { makePack } from '../audit/pack/make-pack.ts';
import { directorySources } from '../audit/pack/pack-sources.ts';
import { readControl, readSpan } from '../audit/pack/span.ts';
import { Fault } from '../model/fault.ts';
import { LIMITS } from '../model/limits.ts';
import { ApiClient } from './api-client.ts';
import { CliError, EXIT } from './cli-error.ts';
import { type GatewayOptions, withGatewayOptions } from './common-options.ts';
import { type Output, processOutput } from './output.ts';
import { printable } from './printable.ts';

interface ExportOptions extends GatewayOptions {
  readonly from: string;
  readonly to: string;
  readonly control: string;
  readonly sample: number;
  readonly output?: string;
  readonly data?: string;
  readonly withoutBodies?: boolean;
}

interface MadePack {
  readonly file: string;
  readonly bytes: number;
  readonly runs: number;
  readonly samples: number;
}

/** `chaperone audit`: what an auditor asks for. */
export function auditCommand(version: string): Command {
  const command = new Command('audit').summary("make an auditor's pack of a span of time");
  command.addCommand(exportCommand(version)).addCommand(controlsCommand());
  return command;
}

function exportCommand(version: string): Command {
  return withGatewayOptions(
    new Command('export')
      .summary('one file for an auditor: every run of a span, and a sample')
      .description(
        'Writes a zip: every run of the span with the proof that none is missing, a sample of evidence bundles that\n' +
          'anybody can draw again, what operators did, which policies were in force, what was erased, and where the log\n' +
          'was silent. `chaperone verify FILE` checks all of it offline.',
      ),
  )
    .requiredOption('--from <date>', 'the first day (UTC), or an RFC 3339 time')
    .requiredOption('--to <date>', 'the last day (UTC, whole), or a time that is not included')
    .requiredOption('--control <id>', 'what it is for: `chaperone audit controls` lists them')
    .option('--sample <n>', 'how many runs to draw', sampleOf, 5)
    .option('-o, --output <file>', 'where to write it (default: CONTROL_FROM_TO.audit.zip)')
    .option('--data <dir>', 'of this data directory, with no gateway')
    .option('--without-bodies', 'samples without what was sent and answered')
    .addHelpText('after', EXAMPLES)
    .action((options: ExportOptions) => exportPack(options, version));
}

const EXAMPLES = `
Examples:
  $ chaperone audit export --from 2026-07-01 --to 2026-09-30 --control PCI-10.2 --sample 25
  $ chaperone audit export --from 2026-07-01 --to 2026-09-30 --control SOC2-CC8.1 --data /backup/chaperone
  $ chaperone verify PCI-10.2_2026-07-01_2026-10-01.audit.zip --policy trust.policy --statement-key statement.pub.pem
`;

function sampleOf(text: string): number {
  const count = /^\d{1,6}$/u.test(text) ? Number(text) : Number.NaN;
  if (count <= LIMITS.auditPackSamples) return count;
  throw new InvalidArgumentError(`a number from 0 to ${LIMITS.auditPackSamples}`);
}

async function exportPack(options: ExportOptions, version: string): Promise<void> {
  const output = processOutput({ json: options.json ?? false });
  if (options.data !== undefined && options.url !== undefined)
    throw new CliError(EXIT.usage, '--data makes the pack of files, and --url asks a gateway: name one of them');
  const made = options.data === undefined ? await fromGateway(options) : await fromDirectory(options, version);
  show(made, output);
}

/** It verifies everything that was ever recorded before it answers. */
const DEADLINE_MS = 30 * 60_000;

async function fromGateway(options: ExportOptions): Promise<MadePack> {
  const { from, to, control, sample } = options;
  const api = ApiClient.find(options, process.env);
  const json = { from, to, control, sample, bodies: options.withoutBodies ? 'withheld' : 'included' };
  const answer = await api.stream({
    method: 'POST',
    path: '/v1/audit-packs',
    json,
    as: 'operator',
    deadlineMs: DEADLINE_MS,
  });
  const [, said = 'pack.audit.zip'] = /filename="([\w.-]+)"/u.exec(answer.headers['content-disposition'] ?? '') ?? [];
  const file = resolve(options.output ?? said);
  const bytes = Number(answer.headers['content-length']);
  await writeWhole(file, answer, bytes);
  const [runs, samples] = ['x-pack-runs', 'x-pack-samples'].map((name) => Number(answer.headers[name]));
  return { file, bytes, runs: runs ?? 0, samples: samples ?? 0 };
}

async function fromDirectory(options: ExportOptions, version: string): Promise<MadePack> {
  const directory = resolve(options.data ?? '');
  if (!existsSync(join(directory, 'audit')))
    throw new CliError(EXIT.notFound, `there is no audit log in ${printable(directory)}`, {
      hint: 'Name the data directory of a gateway: --data /var/lib/chaperone',
    });
  try {
    const control = readControl(options.control);
    const span = readSpan(options.from, options.to, Date.now());
    const withholds = options.withoutBodies ? 'asked' : undefined;
    const sources = directorySources({ directory, withholds, version, nowMs: Date.now });
    const signal = AbortSignal.timeout(DEADLINE_MS);
    await using pack = await makePack(sources, { span, control, sample: options.sample, signal });
    const days = `${span.from.slice(0, 10)}_${span.to.slice(0, 10)}`;
    const file = resolve(options.output ?? `${control.id.replaceAll(/[^\w.-]/gu, '-')}_${days}.audit.zip`);
    await writeWhole(file, Readable.from(pack.stream()), pack.bytes);
    return { file, bytes: pack.bytes, runs: pack.runs, samples: pack.samples };
  } catch (cause) {
    if (!(cause instanceof Fault)) throw cause;
    throw new CliError(EXIT.config, printable(cause.message), { cause });
  }
}

/** Nothing is at `file` unless all of it is. */
async function writeWhole(file: string, from: Readable, bytes: number): Promise<void> {
  const part = `${file}.${randomBytes(4).toString('hex')}.part`;
  try {
    const to = createWriteStream(part, { mode: 0o600, flags: 'wx' });
    await pipeline(from, to);
    if (to.bytesWritten !== bytes) throw new Error(`${to.bytesWritten} of ${bytes} bytes came`);
    await rename(part, file);
  } catch (cause) {
    await rm(part, { force: true });
    const why = printable(cause instanceof Error ? cause.message : String(cause));
    throw new CliError(EXIT.unavailable, `the pack could not be written to ${printable(file)}: ${why}`, { cause });
  }
}

function show(made: MadePack, output: Output): void {
  if (output.json) return output.writeJson(made);
  const file = printable(made.file);
  output.write(
    `${file}\n  ${made.runs} runs, ${made.samples} of them with their evidence, ${made.bytes.toLocaleString('en')} bytes\n`,
  );
  output.write(output.paint('dim', `  chaperone verify ${file}\n`));
}

function controlsCommand(): Command {
  return new Command('controls')
    .summary('list the controls that a pack can be made for')
    .description('A mapping of ours, to be checked by the auditor: docs/reference/controls.md has it with the files.')
    .option('--markdown', 'as the page of the reference')
    .option('--json', 'answer in JSON')
    .action((options: { readonly json?: boolean; readonly markdown?: boolean }) => {
      const output = processOutput({ json: options.json ?? false });
      if (options.markdown) return output.write(controlsPage());
      if (output.json) return output.writeJson(CONTROLS);
      for (const { id, about } of CONTROLS) output.write(`${id.padEnd(16)} ${about}\n`);
    });
}
