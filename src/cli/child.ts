import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { CliError, EXIT } from './cli-error.ts';
import { printable } from './printable.ts';

const FORWARDED: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'];
/** What a terminal sends to the whole foreground group by itself; passed on it would arrive twice. */
const OF_THE_TERMINAL: ReadonlySet<NodeJS.Signals> = new Set(['SIGINT', 'SIGQUIT']);

/**
 * Runs a command with our own standard streams; signals pass through. Resolves with its exit status, 128+n where a
 * signal ended it. Throws a `CliError` of exit code 127 or 126 where it cannot be started, as a shell would say it.
 */
export function runChild(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const child = spawn(command, args, { stdio: 'inherit', env });
  const handlers = FORWARDED.map((signal) => {
    const handler = (): void => {
      if (!(process.stdin.isTTY && OF_THE_TERMINAL.has(signal))) child.kill(signal);
    };
    process.on(signal, handler);
    return () => process.off(signal, handler);
  });
  return new Promise<number>((resolve, reject) => {
    child.once('error', (cause) => reject(notStarted(command, cause)));
    child.once('exit', (status, signal) => resolve(signal === null ? (status ?? 1) : 128 + constants.signals[signal]));
  }).finally(() => {
    for (const remove of handlers) remove();
  });
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
