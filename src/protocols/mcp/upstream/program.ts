import { constants, existsSync, readFileSync } from 'node:fs';
import { access, chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Fault } from '../../../model/fault.ts';
import type { StdioTransport } from '../../../model/mcp.ts';
import type { Secret } from '../../../model/secret.ts';

/** A program as it is to be started: nothing of the gateway's own environment is in it. */
export interface Launch extends AsyncDisposable {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly directory: string;
  readonly uid?: number;
  readonly gid?: number;
}

const PATH = '/usr/local/bin:/usr/bin:/bin';

/**
 * What a declared program needs to be started, its own temporary folder among it, which goes when this is disposed. What
 * cannot be done as it is declared throws a `Fault` of code `config-invalid`: it is never started with more than that.
 */
export async function prepareLaunch(
  transport: StdioTransport,
  environment: Readonly<Record<string, Secret>>,
  hidden: readonly string[],
): Promise<Launch> {
  const owner = transport.user === undefined ? undefined : ownerOf(transport.user);
  const wrapped = wrap(transport, owner, hidden);
  const home = await mkdtemp(join(tmpdir(), 'chaperone-mcp-'));
  const remove = (): Promise<void> => rm(home, { recursive: true, force: true, maxRetries: 3 });
  try {
    if (owner !== undefined) await chown(home, owner.uid, owner.gid);
    const secrets = Object.entries(environment).map(([name, secret]) => [name, secret.reveal()] as const);
    return {
      ...wrapped,
      env: { PATH, HOME: home, TMPDIR: home, ...transport.env, ...Object.fromEntries(secrets) },
      directory: transport.directory ?? home,
      ...owner,
      [Symbol.asyncDispose]: remove,
    };
  } catch (cause) {
    await remove();
    throw cause;
  }
}

/** Says by a `Fault` why a declared program could not be started here, as far as that can be told without starting it. */
export async function checkLaunch(transport: StdioTransport): Promise<void> {
  wrap(transport, transport.user === undefined ? undefined : ownerOf(transport.user), []);
  try {
    await access(transport.command, constants.X_OK);
  } catch (cause) {
    throw new Fault('upstream-unreachable', `there is no program ${transport.command} that may be started`, { cause });
  }
}

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** The command behind those that limit and isolate it. Each becomes the next, or waits for it in the same group. */
function wrap(
  { command, args, isolate, memoryMib, cpuSeconds }: StdioTransport,
  owner: Owner | undefined,
  hidden: readonly string[],
): Pick<Launch, 'command' | 'args'> {
  const words = [
    ...limited(memoryMib, cpuSeconds),
    ...(isolate === true ? isolated(owner, hidden) : []),
    command,
    ...args,
  ];
  const [first = command, ...rest] = words;
  return { command: first, args: rest };
}

/**
 * unshare(1): namespaces of its own for users, the network, processes and mounts, in which an empty folder stands in the
 * place of each that is hidden. The second gives back its own id, and with that takes the power over the first.
 */
function isolated(owner: Owner | undefined, hidden: readonly string[]): readonly string[] {
  const unshare = found('unshare');
  const { uid, gid } = owner ?? { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const covered = hidden.filter((path) => existsSync(path));
  const own = ['--user', `--map-user=${uid}`, `--map-group=${gid}`, '--'];
  return [unshare, ...NAMESPACES, '--', '/bin/sh', '-c', COVER, 'sh', ...covered, '--', unshare, ...own];
}

const NAMESPACES = [
  '--user',
  '--map-root-user',
  '--net',
  '--pid',
  '--fork',
  '--kill-child',
  '--mount',
  '--mount-proc',
] as const;
const COVER =
  'while [ "$1" != -- ]; do mount -t tmpfs -o size=4k,mode=0700 tmpfs "$1" || exit 126; shift; done; shift; exec "$@"';

function limited(memoryMib: number | undefined, cpuSeconds: number | undefined): readonly string[] {
  const limits = [
    ...(memoryMib === undefined ? [] : [`--as=${memoryMib * 1024 * 1024}`]),
    ...(cpuSeconds === undefined ? [] : [`--cpu=${cpuSeconds}`]),
  ];
  return limits.length === 0 ? [] : [found('prlimit'), ...limits];
}

function found(program: string): string {
  const path = PATH.split(':')
    .map((folder) => join(folder, program))
    .find((candidate) => existsSync(candidate));
  if (path !== undefined) return path;
  throw new Fault('config-invalid', `this machine has no ${program} (util-linux), which the MCP target asks for`);
}

/** passwd(5): a user of this machine's own. */
function ownerOf(user: string): Owner {
  if (process.getuid?.() !== 0) {
    throw new Fault('config-invalid', `only a gateway that runs as root can start an MCP server as ${user}`);
  }
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((one) => one.startsWith(`${user}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  if (uid === undefined || gid === undefined) {
    throw new Fault('config-invalid', `this machine has no user ${user} for the MCP server`);
  }
  return { uid: Number(uid), gid: Number(gid) };
}
