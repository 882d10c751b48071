/**
 * A real OpenSSH server (Debian's `openssh-server`) on a port of its own, with keys and settings in a folder that is gone
 * with it. It runs as whoever runs the tests, and lets in that user alone.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { TargetName } from '../../src/model/ids.ts';
import { LIMITS } from '../../src/model/limits.ts';
import { Secret } from '../../src/model/secret.ts';
import type { SshTarget } from '../../src/model/ssh.ts';
import type { SshCredential, Target } from '../../src/model/target.ts';
import type { TestTarget } from './gateway.ts';
import { until } from './until.ts';

export interface TestKey {
  /** The path of the private key; `.pub` beside it is the public one. */
  readonly path: string;
  readonly pem: string;
  /** `ssh-ed25519 AAAA…`. */
  readonly line: string;
}

export interface SshServer extends AsyncDisposable {
  readonly host: '127.0.0.1';
  readonly port: number;
  /** The login there. */
  readonly user: string;
  readonly directory: string;
  readonly hostKey: TestKey;
  /** Logs in there. */
  readonly clientKey: TestKey;
  /** Signs users' certificates that are taken there, and its own host key is signed by. */
  readonly authority: TestKey;
  /** What it has written to its log so far. */
  log(): Promise<string>;
}

export interface SshServerOptions {
  /** More lines of sshd_config. */
  readonly settings?: readonly string[];
  /** Shows a certificate for these names in place of its key alone. */
  readonly certifiedFor?: readonly string[];
  /** Takes `PASSWORD` alone, by a file of passwords of its own, where `mountsOfItsOwn` lets it. */
  readonly byPassword?: boolean;
}

/** Of whoever runs the tests, at a server that takes passwords. */
export const PASSWORD = 'correct horse battery';
/** `openssl passwd -6`. */
const PASSWORD_HASH =
  '$6$chaperonetests$M0tgVOd9foNnFHVQjgXhSFFpYvHFf1c/m7ifkEocCH6.jKb24Frn0R/um7ioMiC1dvIMy9NtYmFHb.9l8Xbsq.';

/** Whether a server may have an `/etc/shadow` of its own: root in Linux, with the right to mount. */
export function mountsOfItsOwn(): boolean {
  return process.getuid?.() === 0 && spawnSync('unshare', ['--mount', 'true']).status === 0;
}

const SSHD = '/usr/sbin/sshd';

export async function startSshServer(options: SshServerOptions = {}): Promise<SshServer> {
  const directory = await mkdtemp(join(tmpdir(), 'sshd-'));
  await chmod(directory, 0o700);
  const keys = {
    host: await newKey(directory, 'host'),
    client: await newKey(directory, 'client'),
    authority: await newKey(directory, 'authority'),
  };
  const { username } = userInfo();
  // sshd as root wants its folder of privilege separation.
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
  await writeFile(join(directory, 'authorized_keys'), `${keys.client.line}\n`, { mode: 0o600 });
  const port = await freePort();
  const certificate =
    options.certifiedFor && certify(keys.authority.path, keys.host.path, ['-h', '-n', options.certifiedFor.join(',')]);
  const config = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${keys.host.path}`,
    ...(certificate === undefined ? [] : [`HostCertificate ${certificate}`]),
    `AuthorizedKeysFile ${join(directory, 'authorized_keys')}`,
    `TrustedUserCAKeys ${keys.authority.path}.pub`,
    'PermitRootLogin yes',
    'StrictModes no',
    'UsePAM no',
    ...(options.byPassword === true ? ['PubkeyAuthentication no'] : ['PasswordAuthentication no']),
    'KbdInteractiveAuthentication no',
    'AcceptEnv LANG LC_* CHAPERONE_TEST_*',
    'Subsystem sftp internal-sftp',
    'PidFile none',
    'LogLevel VERBOSE',
    'MaxStartups 500:30:1000',
    'MaxSessions 200',
    ...(options.settings ?? []),
  ];
  const path = join(directory, 'sshd_config');
  await writeFile(path, `${config.join('\n')}\n`);
  const logFile = join(directory, 'sshd.log');
  const daemon = [SSHD, '-D', '-f', path, '-E', logFile];
  const shadow = join(directory, 'shadow');
  await writeFile(shadow, `${username}:${PASSWORD_HASH}:19000:0:99999:7:::\n`, { mode: 0o600 });
  const mounted = ['unshare', '--mount', 'sh', '-c', 'mount --bind "$0" /etc/shadow && exec "$@"', shadow, ...daemon];
  const [program = '', ...args] = options.byPassword === true ? mounted : daemon;
  const server = spawn(program, args, { stdio: 'ignore' });
  server.on('error', () => undefined);
  await until(() => isListening(port));
  return {
    host: '127.0.0.1',
    port,
    user: username,
    directory,
    hostKey: keys.host,
    clientKey: keys.client,
    authority: keys.authority,
    log: () => readFile(logFile, 'utf8'),
    [Symbol.asyncDispose]: async () => {
      await ended(server);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** A key for tests: in PEM, OpenSSH's programs read it as well. */
export async function newKey(directory: string, name: string): Promise<TestKey> {
  const path = join(directory, name);
  const made = spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', path]);
  if (made.status !== 0) throw new Error(`ssh-keygen: ${made.stderr.toString()}`);
  const publicLine = (await readFile(`${path}.pub`, 'utf8')).split(' ').slice(0, 2).join(' ');
  return { path, pem: await readFile(path, 'utf8'), line: publicLine };
}

/** Signs a public key; the path of the certificate. */
export function certify(authority: string, key: string, options: readonly string[]): string {
  const made = spawnSync('ssh-keygen', [
    '-q',
    '-s',
    authority,
    '-I',
    'tests',
    ...options,
    '-V',
    '-5m:+1h',
    `${key}.pub`,
  ]);
  if (made.status !== 0) throw new Error(`ssh-keygen: ${made.stderr.toString()}`);
  return `${key}-cert.pub`;
}

/** A target for the server; its host key is pinned, and its credential is the client's key. */
export function sshTarget(
  server: SshServer,
  settings: Partial<Omit<Target, 'name' | 'ssh'>> & {
    readonly name?: string;
    readonly ssh?: Partial<SshTarget>;
    readonly sshCredential?: SshCredential;
  } = {},
): TestTarget {
  const { name = 'shop', ssh, sshCredential, ...others } = settings;
  return {
    protocol: 'ssh',
    address: { host: server.host, port: server.port },
    tls: { mode: 'disable' },
    labels: {},
    classified: [],
    recordMode: 'batched',
    storedReplyBytes: LIMITS.storedReplyBytes,
    ...others,
    name: name as TargetName,
    ssh: {
      hostKeys: { kind: 'pinned', keys: [server.hostKey.line] },
      environment: ['LANG', 'LC_*'],
      forwards: [],
      listens: [],
      hosts: [],
      ...ssh,
    },
    credential: { user: server.user, ssh: sshCredential ?? { kind: 'key', key: new Secret(server.clientKey.pem) } },
  };
}

/** One that nobody listens at just now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

async function ended(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const exited = once(server, 'exit');
  server.kill();
  await exited;
}
