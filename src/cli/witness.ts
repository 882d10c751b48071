import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { type NoteVerifier, parseVerifierKey } from '../audit/log/signed-note.ts';
import { LIMITS } from '../model/limits.ts';
import { type KeptMisbehaviour, readMisbehaviour, WitnessBook } from '../witness/witness-book.ts';
import { openWitnessKeys } from '../witness/witness-keys.ts';
import { startWitness } from '../witness/witness-server.ts';
import { CliError, EXIT } from './cli-error.ts';
import { type Output, processOutput } from './output.ts';
import { printable } from './printable.ts';
import { listenForEnd } from './start/ending.ts';

interface WitnessOptions {
  readonly data?: string;
  readonly listen: string;
  readonly name?: string;
  readonly log?: readonly string[];
  readonly logs?: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  $ chaperone witness --data /var/lib/witness --name witness.example.com/audit --logs logs.txt
  $ chaperone witness check --data /var/lib/witness || page-somebody

logs.txt holds one verifier key a line, as \`chaperone keys list\` shows it, or \`log\` lines of a C2SP trust policy.
What it prints as vkey goes into the gateway's policy: docs/operating/witness.md
`;

/** `chaperone witness`: vouches that a gateway's log only grows, for whoever does not want to believe the gateway. */
export function witnessCommand(): Command {
  const command = new Command('witness')
    .summary("vouch for logs that are not one's own")
    .description(
      'Runs a witness of transparency logs (C2SP tlog-witness) until it is told to end. It cosigns a checkpoint where that\n' +
        'continues the one before, and keeps proof of a log that shows two histories.',
    )
    .option('--data <folder>', 'where it keeps its keys and what it saw')
    .option('--listen <host:port>', 'where it listens', '127.0.0.1:7480')
    .option('--name <name>', 'its name, a URL without a scheme; needed at the first start, and kept')
    .option('--log <vkey...>', 'verifier keys of the logs that it witnesses')
    .option('--logs <file>', 'a file of them')
    .option('--json', 'say in JSON, on one line, what was started')
    .addHelpText('after', EXAMPLES)
    .action((options: WitnessOptions) => run(options, processOutput({ json: options.json ?? false })));
  return command.addCommand(checkCommand());
}

function checkCommand(): Command {
  return new Command('check')
    .summary('whether a log misbehaved')
    .description(
      'Says what a witness has kept against logs. Exits with 1 where there is proof, 2 where there is suspicion alone.',
    )
    .option('--data <folder>', "the witness's data")
    .option('--json', 'answer in JSON')
    .action((_options, command: Command) => {
      const options = command.optsWithGlobals<WitnessOptions>();
      process.exitCode = check(readMisbehaviour(dataOf(options)), processOutput({ json: options.json ?? false }));
    });
}

async function run(options: WitnessOptions, output: Output): Promise<void> {
  const directory = dataOf(options);
  const logs = readLogs(options);
  const { host, port } = addressOf(options.listen);
  process.umask(0o077);
  const keys = openWitnessKeys(directory, options.name);
  using book = new WitnessBook({
    directory,
    keys,
    logs,
    limits: LIMITS,
    clock: Date.now,
    onMisbehaviour: (found) => output.say(`chaperone: ALARM: ${printable(misbehaviourText(found))}\n`),
  });
  using ending = listenForEnd(Date.now, () => process.exit(130));
  await using server = await startWitness({
    host,
    port,
    book,
    vkeys: keys.vkeys,
    limits: LIMITS,
    clock: Date.now,
    onFault: (fault) => output.say(`chaperone: ${printable(String(fault))}\n`),
  });
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${server.port}`;
  announce({ name: keys.name, url, vkeys: keys.vkeys, logs: book.origins, directory }, output);
  await ending.asked;
}

function dataOf({ data }: WitnessOptions): string {
  if (data !== undefined) return resolve(data);
  throw new CliError(EXIT.usage, 'where does the witness keep what it saw?', { hint: 'Name a folder with --data.' });
}

interface Announced {
  readonly name: string;
  readonly url: string;
  readonly vkeys: readonly string[];
  readonly logs: readonly string[];
  readonly directory: string;
}

function announce({ name, url, vkeys, logs, directory }: Announced, output: Output): void {
  if (output.json) return output.writeJson({ ready: true, name, url, vkeys, logs, directory, pid: process.pid });
  const [first = ''] = vkeys;
  output.write(`${output.paint('bold', 'Witness')} ${printable(name)}  ${url} · ${logs.length} logs\n`);
  output.write(`For the trust policy of a gateway or a verifier (the second key is ML-DSA-44; either will do):\n`);
  output.write(`  witness ${printable(name)} ${first} ${url}\n`);
  for (const vkey of vkeys.slice(1)) output.write(output.paint('dim', `  ${vkey}\n`));
}

function readLogs({ log = [], logs }: WitnessOptions): readonly NoteVerifier[] {
  const texts = [...log, ...(logs === undefined ? [] : linesOf(logs))];
  if (texts.length === 0) {
    throw new CliError(EXIT.usage, 'a witness needs to know of what: name logs with --log or --logs', {
      hint: "The verifier key of a gateway's log: `chaperone keys list`, or audit/keys/log.vkey in its data directory.",
    });
  }
  return texts.map((text) => {
    const verifier = parseVerifierKey(text);
    if (verifier !== undefined) return verifier;
    throw new CliError(EXIT.config, `"${printable(text)}" is no verifier key of a log (NAME+HASH+KEY, Ed25519)`);
  });
}

function linesOf(path: string): readonly string[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new CliError(EXIT.config, `${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
  const lines = text.split('\n').map((line) => line.trim());
  return lines.flatMap((line) => {
    if (line === '' || line.startsWith('#')) return [];
    const [first = '', second = ''] = line.split(/[ \t]+/);
    return first === 'log' ? [second] : [first];
  });
}

function check(found: readonly KeptMisbehaviour[], output: Output): number {
  const proven = found.filter((one) => one.proven).length;
  if (output.json) output.writeJson({ misbehaviour: found });
  else if (found.length === 0) output.write('Nothing speaks against any log.\n');
  else for (const one of found) output.write(`${one.at} ${printable(misbehaviourText(one))}\n`);
  if (proven > 0) return EXIT.failed;
  return found.length > 0 ? EXIT.incomplete : EXIT.ok;
}

function misbehaviourText({ id, kind, origin, proven }: KeptMisbehaviour): string {
  const what =
    kind === 'split-view'
      ? 'signed two different trees of one size: it shows two histories'
      : 'was shown with a tree that its proof does not connect with the one before';
  return `${origin} ${what} (${proven ? 'proven' : 'suspected'}, misbehaviour/${id}.json)`;
}

function addressOf(text: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, digits] = /^(?:\[([0-9a-f:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/iu.exec(text) ?? [];
  const [host, port] = [bracketed ?? plain, Number(digits)];
  if (host !== undefined && port <= 65_535) return { host, port };
  throw new CliError(EXIT.usage, `"${printable(text)}" is not an address to listen on`, {
    hint: 'Write HOST:PORT, such as 127.0.0.1:7480',
  });
}
