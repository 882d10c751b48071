import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { CliError, EXIT } from './cli-error.ts';
import { printable } from './printable.ts';
import type { LocalTarget } from './run/local-target.ts';

/** What `connect` was asked for. */
export interface AskedClient {
  readonly target: string;
  /** The login at the host: `deploy` of `deploy@web-1`. */
  readonly login?: string;
  /** For the client. */
  readonly args: readonly string[];
}

/** `deploy@web-1` is a login at a host; a target's name has no `@`. */
export function askedClient(text: string, args: readonly string[]): AskedClient {
  const at = text.lastIndexOf('@');
  return at < 0 ? { target: text, args } : { target: text.slice(at + 1), login: text.slice(0, at), args };
}

/** The command of a client that people use with such a target. Throws a `CliError` where there is none. */
export function targetClient(
  { target, login, args }: AskedClient,
  targets: readonly Pick<LocalTarget, 'name' | 'protocol'>[],
  env: NodeJS.ProcessEnv,
): readonly string[] {
  const protocol = targets.find(({ name }) => name === target)?.protocol;
  if (login !== undefined && protocol !== 'ssh') {
    throw new CliError(EXIT.usage, `${printable(target)} is no SSH host, and has no logins to choose from`, {
      hint: `Leave the login out: chaperone connect ${printable(target)}`,
    });
  }
  switch (protocol) {
    case 'postgres':
      return isInstalled('psql', env) ? ['psql', ...args] : ['chaperone', 'sql'];
    case 'ssh':
      checkInstalled('ssh', 'openssh-client', env);
      return ['ssh', ...(login === undefined ? [] : ['-l', login]), target, ...args];
    case 'kubernetes':
      checkInstalled('kubectl', 'kubernetes-client', env);
      return args.length === 0 ? [env['SHELL'] ?? '/bin/sh'] : ['kubectl', ...args];
    case undefined:
    default:
      throw new CliError(EXIT.usage, `there is no one client for ${printable(target)} (${protocol ?? 'not given'})`, {
        hint: `Start yours in a run: chaperone run --target ${printable(target)} -- COMMAND`,
      });
  }
}

function checkInstalled(program: string, from: string, env: NodeJS.ProcessEnv): void {
  if (isInstalled(program, env)) return;
  throw new CliError(EXIT.notInstalled, `${program} is not installed`, { hint: `Install it (Debian: ${from}).` });
}

/** True when a folder of PATH holds a file of that name. */
export function isInstalled(program: string, env: NodeJS.ProcessEnv): boolean {
  return (env['PATH'] ?? '').split(delimiter).some((folder) => folder !== '' && existsSync(join(folder, program)));
}
