import { Command, CommanderError } from 'commander';
import { Fault } from '../model/fault.ts';
import { CliError, EXIT, type ExitCode } from './cli-error.ts';
import { printable } from './printable.ts';
import type { StartOptions } from './start/start-config.ts';

/** What the program cannot reach by itself: it starts the two planes, which meet in main.ts alone. */
export interface ProgramParts {
  readonly version: string;
  /** Starts a gateway and resolves once it has ended. */
  readonly start: (options: StartOptions) => Promise<void>;
}

/** Loads the one file of a command: a command that is not run costs nothing. */
const COMMANDS: Readonly<Record<string, (parts: ProgramParts) => Promise<Command>>> = {
  start: async (parts) => (await import('./start.ts')).startCommand(parts.start),
  run: async () => (await import('./run/run.ts')).runCommand(),
  connect: async () => (await import('./connect.ts')).connectCommand(),
  sql: async () => (await import('./sql.ts')).sqlCommand(),
  sessions: async () => (await import('./sessions.ts')).sessionsCommand(),
  replay: async () => (await import('./replay.ts')).replayCommand(),
  evidence: async () => (await import('./evidence.ts')).evidenceCommand(),
  audit: async (parts) => (await import('./audit.ts')).auditCommand(parts.version),
  verify: async () => (await import('./verify.ts')).verifyCommand(),
  alarms: async () => (await import('./alarms.ts')).alarmsCommand(),
  'ssh-key': async () => (await import('./ssh-key.ts')).sshKeyCommand(),
  keys: async () => (await import('./keys.ts')).keysCommand(),
  witness: async () => (await import('./witness.ts')).witnessCommand(),
  approvals: async () => (await import('./approvals.ts')).approvalsCommand(),
  login: async () => (await import('./login.ts')).loginCommand(),
  logout: async () => (await import('./login.ts')).logoutCommand(),
  whoami: async () => (await import('./login.ts')).whoamiCommand(),
  open: async () => (await import('./open.ts')).openCommand(),
  targets: async () => (await import('./targets.ts')).targetsCommand(),
  tools: async () => (await import('./tools.ts')).toolsCommand(),
  tokens: async () => (await import('./tokens.ts')).tokensCommand(),
  budgets: async () => (await import('./budgets.ts')).budgetsCommand(),
  grants: async () => (await import('./grants.ts')).grantsCommand(),
  apply: async () => (await import('./apply.ts')).applyCommand(),
  trust: async () => (await import('./trust.ts')).trustCommand(),
  export: async () => (await import('./export.ts')).exportCommand(),
  channels: async () => (await import('./channels.ts')).channelsCommand(),
  deliveries: async () => (await import('./deliveries.ts')).deliveriesCommand(),
  erase: async () => (await import('./erase.ts')).eraseCommand(),
  holds: async () => (await import('./holds.ts')).holdsCommand(),
  retention: async () => (await import('./retention.ts')).retentionCommand(),
  policy: async () => (await import('./policy.ts')).policyCommand(),
};

/** What the program starts itself, and no help names. */
const HIDDEN: typeof COMMANDS = {
  'agent-hook': async () => (await import('./run/agents/agent-hook.ts')).agentHookCommand(),
  'kubernetes-credential': async () => (await import('./run/kubernetes-credential.ts')).kubernetesCredentialCommand(),
  'isolated-command': async () => (await import('./run/isolation/supervise.ts')).isolatedCommand(),
};

const HELP = `
A first look:
  $ npm start                                           # a gateway with a demo database, on this machine
  $ npx chaperone run --target demo -- psql -c "select name, email from customers limit 3"
  $ npx chaperone sessions                              # what was done
  $ npx chaperone replay SESSION                        # watch it
  $ npx chaperone verify                                # prove that nothing was changed

Environment: CHAPERONE_URL, CHAPERONE_CA_FILE, CHAPERONE_TOKEN_FILE, CHAPERONE_DATA_DIR, NO_COLOR.
Exit codes and everything else: docs/reference/cli.md
`;

/** Runs the program; sets the process's exit code and prints every error in one way. */
export async function runProgram(args: readonly string[], parts: ProgramParts): Promise<void> {
  try {
    const program = await buildProgram(args, parts);
    await program.parseAsync([...args], { from: 'user' });
  } catch (error) {
    process.exitCode = report(error);
  }
}

/** The commands that these arguments can mean: one where they name it, all of them for help. */
export async function buildProgram(args: readonly string[], parts: ProgramParts): Promise<Command> {
  const program = new Command('chaperone')
    .description('An access gateway for AI coding agents in CI: every request decided, masked, recorded and provable.')
    .version(parts.version)
    .showSuggestionAfterError()
    .showHelpAfterError('(chaperone --help shows how)')
    .enablePositionalOptions()
    .addHelpText('after', HELP);
  const named = args.find((arg) => !arg.startsWith('-')) ?? '';
  const load = COMMANDS[named] ?? HIDDEN[named];
  const commands = load ? [await load(parts)] : await Promise.all(Object.values(COMMANDS).map((each) => each(parts)));
  for (const command of commands) program.addCommand(command.copyInheritedSettings(program));
  everyCommand(program, (command) => command.exitOverride());
  return program;
}

function everyCommand(command: Command, act: (command: Command) => void): void {
  act(command);
  for (const child of command.commands) everyCommand(child, act);
}

/** Prints what went wrong and what to do next, on standard error; returns what to exit with. */
function report(error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof CliError) {
    process.stderr.write(`chaperone: ${error.message}\n${error.hint ? `  ${error.hint}\n` : ''}`);
    return error.exitCode;
  }
  if (error instanceof Fault) {
    process.stderr.write(`chaperone: ${printable(error.message)} (${error.code})\n${causes(error)}`);
    return error.code === 'config-invalid' ? EXIT.config : EXIT.unavailable;
  }
  process.stderr.write(
    `chaperone: a fault of its own\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  return EXIT.internal;
}

function causes(error: Error): string {
  return error.cause instanceof Error ? `  ${printable(error.cause.message)}\n${causes(error.cause)}` : '';
}
