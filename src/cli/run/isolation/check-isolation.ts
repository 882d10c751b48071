import { CliError, EXIT } from '../../cli-error.ts';
import { printable } from '../../printable.ts';
import { askProgram } from '../ci/ask-program.ts';
import type { IsolationLevel } from './isolation-level.ts';

/** How this machine can isolate, found out by doing it once to nothing. */
export interface IsolationMeans {
  readonly level: Exclude<IsolationLevel, 'none'>;
  /** Of unshare(1), for what comes before the command. */
  readonly flags: readonly string[];
}

const NETWORK = ['--user', '--map-root-user', '--net', '--mount', '--pid', '--fork', '--kill-child'];
const CHECK_MS = 10_000;
const MAX_BYTES = 4096;

/**
 * Tries what a level needs. Throws a `CliError` where the machine cannot do it: a command is never isolated by less
 * than was asked for.
 */
export async function checkIsolation(
  level: Exclude<IsolationLevel, 'none'>,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<IsolationMeans> {
  if (process.platform !== 'linux') {
    throw new CliError(EXIT.unavailable, `--isolate ${level} needs Linux, and this is ${process.platform}`, {
      hint: 'Run the job in a container whose only network is the gateway.',
    });
  }
  const failures: string[] = [];
  for (const flags of ATTEMPTS[level]) {
    try {
      await askProgram({
        command: 'unshare',
        args: [...flags, '--', 'true'],
        env,
        signal,
        withinMs: CHECK_MS,
        maxBytes: MAX_BYTES,
      });
      return { level, flags };
    } catch (error) {
      signal.throwIfAborted();
      failures.push((error as Error).message);
    }
  }
  throw new CliError(EXIT.unavailable, `--isolate ${level}: ${printable(failures[0] ?? 'nothing was tried')}`, {
    hint: HINT,
  });
}

/** The first that works is used; the second is for containers that mask a part of /proc, where none can be mounted anew. */
const ATTEMPTS: Readonly<Record<IsolationMeans['level'], readonly (readonly string[])[]>> = {
  user: [['--user', `--map-user=${ownId('uid')}`, `--map-group=${ownId('gid')}`]],
  network: [[...NETWORK, '--mount-proc'], NETWORK],
};

function ownId(kind: 'uid' | 'gid'): number {
  return (kind === 'uid' ? process.getuid?.() : process.getgid?.()) ?? 0;
}

const HINT =
  'It needs `unshare` (util-linux 2.36 or newer) and a kernel that lets this user make namespaces: see ' +
  'kernel.apparmor_restrict_unprivileged_userns, user.max_user_namespaces, and the seccomp profile of a container. ' +
  'Nothing was started; docs/operating/isolation.md has each case.';
