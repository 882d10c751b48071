import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clientFiles, type SshGateway } from './ssh-gateway.ts';
import type { SshServer } from './ssh-server.ts';

/** A way to the host `shop`: OpenSSH's configuration for it. */
export interface SshWay {
  readonly config: string;
}

/** Without the gateway. */
export async function directWay(server: SshServer): Promise<SshWay> {
  const known = join(server.directory, 'known_hosts');
  await writeFile(known, `[127.0.0.1]:${server.port} ${server.hostKey.line}\n`);
  const config = join(server.directory, 'direct.config');
  const lines = [
    'Host shop',
    '  HostName 127.0.0.1',
    `  Port ${server.port}`,
    `  User ${server.user}`,
    `  IdentityFile ${server.clientKey.path}`,
    '  IdentitiesOnly yes',
    `  UserKnownHostsFile ${known}`,
    '  GlobalKnownHostsFile /dev/null',
    '  StrictHostKeyChecking yes',
    '  BatchMode yes',
    '  LogLevel ERROR',
  ];
  await writeFile(config, `${lines.join('\n')}\n`);
  return { config };
}

export async function gatewayWay(gateway: SshGateway): Promise<SshWay> {
  return { config: (await clientFiles(gateway)).config };
}

export interface Workplace extends AsyncDisposable {
  /** Of the client. */
  readonly local: string;
  /** Of the host. */
  readonly remote: string;
}

/** Two folders, of which one is the client's and the other the host's. */
export async function workplace(): Promise<Workplace> {
  const directory = await mkdtemp(join(tmpdir(), 'ssh-files-'));
  const place = { local: join(directory, 'local'), remote: join(directory, 'remote') };
  await mkdir(place.local);
  await mkdir(place.remote);
  return { ...place, [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }) };
}

/**
 * Runs lines of a shell in the client's folder: `$F` is the way's configuration, `$R` the host's folder. All that they say,
 * with how they ended, and the folders by their names.
 */
export async function runLines(way: SshWay, place: Workplace, lines: string): Promise<string> {
  const env = {
    PATH: process.env['PATH'] ?? '',
    LC_ALL: 'C.UTF-8',
    HOME: place.local,
    TZ: 'UTC',
    F: way.config,
    R: place.remote,
    RSYNC_RSH: `ssh -F ${way.config}`,
    GIT_SSH_COMMAND: `ssh -F ${way.config}`,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'init.defaultBranch',
    GIT_CONFIG_VALUE_0: 'main',
    GIT_AUTHOR_NAME: 'A',
    GIT_AUTHOR_EMAIL: 'a@tests',
    GIT_AUTHOR_DATE: '2026-01-01T00:00:00Z',
    GIT_COMMITTER_NAME: 'A',
    GIT_COMMITTER_EMAIL: 'a@tests',
    GIT_COMMITTER_DATE: '2026-01-01T00:00:00Z',
  };
  const child = spawn('sh', ['-c', `exec 2>&1\n${lines}`], {
    cwd: place.local,
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const said: Buffer[] = [];
  child.stdout.on('data', (bytes: Buffer) => said.push(bytes));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  const text = Buffer.concat(said).toString();
  return `${text}[${code}]`.replaceAll(place.remote, 'REMOTE').replaceAll(place.local, 'LOCAL');
}

/** Every file below a folder with its kind, mode and digest, in the order of their names; git's own files are not looked at. */
export async function treeOf(folder: string, below = ''): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const name of (await readdir(join(folder, below))).toSorted()) {
    if (name.endsWith('.git')) continue;
    const path = join(below, name);
    const found = await lstat(join(folder, path));
    const mode = (found.mode & 0o777).toString(8);
    if (found.isSymbolicLink()) lines.push(`${path} -> ${await readlink(join(folder, path))}`);
    else if (found.isDirectory()) lines.push(`${path}/ ${mode}`, ...(await treeOf(folder, path)));
    else
      lines.push(
        `${path} ${mode} ${createHash('sha256')
          .update(await readFile(join(folder, path)))
          .digest('hex')}`,
      );
  }
  return lines;
}
