import { existsSync, lstatSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { CliError, EXIT } from '../../cli-error.ts';
import { printable } from '../../printable.ts';
import type { LocalProxy, LocalTarget } from '../local-target.ts';
import { openBridge } from './bridge.ts';
import type { IsolationMeans } from './check-isolation.ts';
import type { IsolationPlan } from './isolation-plan.ts';
import { openSockets } from './open-sockets.ts';

export interface IsolateRequest {
  readonly means: IsolationMeans;
  /** The run's own folder, 0700. */
  readonly directory: string;
  readonly targets: readonly LocalTarget[];
  /** The forward proxy of the run, where there is one. */
  readonly proxy?: LocalProxy | undefined;
  /** `name:port` of `--allow-host`. */
  readonly hosts: readonly string[];
  /** Files of the wrapper's that the command must not find: the CI token's. */
  readonly hidden: readonly string[];
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Node and this program's main file. */
  readonly program: readonly [node: string, main: string];
  readonly onFault: (fault: Error) => void;
}

export interface IsolatedCommand extends AsyncDisposable {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Passes a signal on to the command; false where whoever runs it does so by itself. */
  signal(name: NodeJS.Signals): boolean;
}

/**
 * The command as it is to be started so that it is isolated. Throws a `CliError` where it does not exist, or a host would be
 * let through that is a target's.
 */
export async function isolateCommand(request: IsolateRequest): Promise<IsolatedCommand> {
  const { means, args, env } = request;
  const command = found(request.command, env);
  if (means.level === 'user') {
    return {
      command: 'unshare',
      args: [...means.flags, '--', command, ...args],
      env,
      signal: () => false,
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }
  const { directory, targets, proxy, hosts, program } = request;
  refuseTargets(hosts, [...(proxy?.hosts ?? []), ...targets.flatMap(({ ssh }) => ssh?.hosts ?? [])]);
  const ports = [...new Set([...targets, ...(proxy === undefined ? [] : [proxy])].map(({ port }) => port))];
  const destinations = [...ports.map((port) => `127.0.0.1:${port}`), ...hosts];
  const bridge = await openBridge({ directory, destinations, env, onFault: request.onFault });
  const proxyPort = freePort(ports);
  const plan: IsolationPlan = {
    bridge: bridge.path,
    ports,
    hosts: [...hosts],
    proxyPort,
    ...(proxy === undefined ? {} : { forward: proxy.port }),
    ...coverings(request),
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
    command,
    args: [...args],
  };
  const path = join(directory, 'isolation.json');
  await writeFile(path, JSON.stringify(plan), { mode: 0o600, flag: 'wx' });
  return {
    command: 'sh',
    args: ['-c', SHIELDED, 'sh', 'unshare', ...means.flags, '--', ...program, 'isolated-command', path],
    env: { ...env, ...(hosts.length > 0 ? proxyVariables(proxyPort, proxy, env) : {}) },
    signal: (name) => bridge.signal(name),
    [Symbol.asyncDispose]: () => bridge[Symbol.asyncDispose](),
  };
}

/** Signals that a whole group gets would end unshare(1) where it waits, and with it everything; the command gets them itself. */
const SHIELDED = 'trap "" HUP QUIT USR1 USR2 WINCH; exec "$@"';

/** What a shell would find; inside it would be unshare's to say, in its own words. */
function found(command: string, env: Readonly<Record<string, string>>): string {
  if (command.includes('/')) {
    if (existsSync(command)) return resolve(command);
  } else {
    for (const folder of (env['PATH'] ?? '').split(delimiter)) {
      if (folder !== '' && existsSync(join(folder, command))) return command;
    }
  }
  throw new CliError(EXIT.notInstalled, `${printable(command)} is not installed`);
}

const PROXY_PORT = 3128;

function freePort(taken: readonly number[]): number {
  let port = PROXY_PORT;
  while (taken.includes(port)) port++;
  return port;
}

/** What is asked of the proxy inside and is no allowed host goes on to the run's, which wants its own login. */
function proxyVariables(
  port: number,
  through: LocalProxy | undefined,
  env: IsolateRequest['env'],
): Readonly<Record<string, string>> {
  const login = through === undefined ? '' : `${encodeURIComponent(through.user)}:${through.password.reveal()}@`;
  const proxy = `http://${login}127.0.0.1:${port}`;
  const direct = through === undefined ? 'localhost,127.0.0.1,::1' : (env['NO_PROXY'] ?? '');
  // Node's own fetch looks at them only where it is told to.
  return { HTTPS_PROXY: proxy, https_proxy: proxy, NO_PROXY: direct, no_proxy: direct, NODE_USE_ENV_PROXY: '1' };
}

/** What is said to a target goes through the gateway, and never beside it. */
function refuseTargets(hosts: readonly string[], ofTargets: readonly string[]): void {
  const both = hosts.find((host) => ofTargets.includes(host.slice(0, host.lastIndexOf(':')).toLowerCase()));
  if (both === undefined) return;
  throw new CliError(EXIT.usage, `${printable(both)} is a host of a target, which is reached through the gateway`, {
    hint: 'Leave that --allow-host out.',
  });
}

/**
 * /run is where the sockets of engines and agents are, and secrets that were mounted: it is emptied, unless something
 * of the command's own lives there. Every other socket that somebody listens on is covered by itself.
 */
function coverings({ directory, hidden, env }: IsolateRequest): Pick<IsolationPlan, 'covered' | 'emptied'> {
  const needed = [directory, process.cwd(), process.execPath, ...(env['PATH'] ?? '').split(delimiter)];
  const emptied = ['/run', '/var/run'].filter(
    (folder) => isFolder(folder) && !needed.some((path) => `${path}/`.startsWith(`${folder}/`)),
  );
  const isGone = (path: string): boolean => emptied.some((folder) => path.startsWith(`${folder}/`));
  const files = hidden.map((path) => resolve(path)).filter((path) => existsSync(path));
  return { emptied, covered: [...openSockets(directory), ...files].filter((path) => !isGone(path)) };
}

/** Not a link to one: /var/run mostly is. */
function isFolder(path: string): boolean {
  return existsSync(path) && lstatSync(path).isDirectory();
}
