import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { CliError, EXIT } from '../cli-error.ts';
import { printable } from '../printable.ts';
import { endGroup, endStrays, signalGroup } from './process-group.ts';

const FORWARDED: readonly NodeJS.Signals[] = [
  'SIGINT',
  'SIGTERM',
  'SIGHUP',
  'SIGQUIT',
  'SIGUSR1',
  'SIGUSR2',
  'SIGWINCH',
  'SIGCONT',
];
/** What asks for an end; a second one insists. */
const ENDING: ReadonlySet<NodeJS.Signals> = new Set(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']);
/** What a terminal sends to the whole foreground group by itself; passed on it would arrive twice. */
const OF_THE_TERMINAL: ReadonlySet<NodeJS.Signals> = new Set(['SIGINT', 'SIGQUIT', 'SIGWINCH', 'SIGCONT']);

export interface ChildOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Somebody sits at the terminal that the command is to be used from. */
  readonly isInteractive: boolean;
  /** Passes a signal on in the command's own way; false where it is to be sent to its group. */
  readonly signal?: ((name: NodeJS.Signals) => boolean) | undefined;
  /** Told how many processes of the command were ended after it. */
  readonly onLeftOver: (count: number) => void;
}

/**
 * Runs a command with our own standard streams. Where nobody sits at a terminal it has a process group of its own:
 * signals go to all of it, a second request to end is followed by SIGTERM and then SIGKILL, and what is left of it when
 * the command has ended is ended too. Resolves with its exit status, 128+n where a signal ended it. Throws a `CliError`
 * of exit code 127 or 126 where it cannot be started, as a shell would say it.
 */
export async function runChild(
  command: string,
  args: readonly string[],
  { env, isInteractive, signal, onLeftOver }: ChildOptions,
): Promise<number> {
  // At a terminal the command must stay in the foreground group, which is ours, or it could not read from it.
  const isGroup = !isInteractive;
  // Before there is a command: one that says it is ready may be asked to end before we run again.
  const forwarding = forwardSignals(isGroup, signal);
  const child = spawn(command, args, { stdio: 'inherit', env, detached: isGroup });
  forwarding.to(child);
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once('error', (cause) => reject(notStarted(command, cause)));
      child.once('exit', (status, by) => resolve(by === null ? (status ?? 1) : 128 + constants.signals[by]));
    });
  } finally {
    forwarding.stop();
    if (isGroup && child.pid !== undefined) onLeftOver(await endAll(child.pid, env['CHAPERONE_RUN_ID']));
  }
}

/** The group first: what is in it must not be counted again. */
async function endAll(leader: number, run: string | undefined): Promise<number> {
  const inGroup = await endGroup(leader);
  return inGroup + (run === undefined ? 0 : await endStrays(run));
}

function forwardSignals(
  isGroup: boolean,
  passOn: ChildOptions['signal'],
): { to(child: ChildProcess): void; stop(): void } {
  let to: ChildProcess | undefined;
  let asked = 0;
  const forward = (signal: NodeJS.Signals): void => {
    if (to?.pid === undefined) return;
    if (!isGroup) {
      if (!OF_THE_TERMINAL.has(signal) && !passOn?.(signal)) to.kill(signal);
    } else if (ENDING.has(signal) && ++asked > 1) void endGroup(to.pid);
    else if (!passOn?.(signal)) signalGroup(to.pid, signal);
  };
  for (const signal of FORWARDED) process.on(signal, forward);
  return {
    to: (child) => {
      to = child;
    },
    stop: () => {
      for (const signal of FORWARDED) process.off(signal, forward);
    },
  };
}

function notStarted(command: string, cause: Error): CliError {
  const name = printable(command);
  if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') {
    return new CliError(EXIT.notExecutable, `${name} cannot be started: ${cause.message}`, { cause });
  }
  const hint =
    command === 'psql' ? 'Without psql, use ours: chaperone run --target NAME -- chaperone sql "select 1"' : undefined;
  return new CliError(EXIT.notInstalled, `${name} is not installed`, { cause, ...(hint ? { hint } : {}) });
}
