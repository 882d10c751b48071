/**
 * The programs from Debian that tests and benchmarks drive: real servers, real clients, other proxies. Installed when
 * we are root on a Debian-like system; named, with the line to paste, when we are not. Plain JavaScript on Node 18.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Debian's Chromium without a window: pages cost half of what they cost the others. */
const HEADLESS = 'chromium-headless-shell';
/** Any of them will do; test/support/browser.ts looks for the same. */
const BROWSERS = [HEADLESS, 'chromium', 'chromium-browser', 'google-chrome'];

/** What a run may need: how to see that it is there, and the package that brings it. */
const PROGRAMS = {
  postgres: { package: 'postgresql', present: () => serverPrograms('postgres') },
  pgbench: { package: 'postgresql-contrib', present: () => serverPrograms('pgbench') || onPath('pgbench') },
  psql: { package: 'postgresql-client', present: () => onPath('psql') },
  psycopg: { package: 'python3-psycopg', present: () => runs('/usr/bin/python3', ['-c', 'import psycopg']) },
  java: { package: 'default-jdk-headless', present: () => onPath('javac') },
  jdbc: { package: 'libpostgresql-jdbc-java', present: () => existsSync('/usr/share/java/postgresql.jar') },
  age: { package: 'age', present: () => onPath('age') && onPath('age-keygen') },
  openssl: { package: 'openssl', present: () => onPath('openssl') },
  unzip: { package: 'unzip', present: () => onPath('unzip') },
  jq: { package: 'jq', present: () => onPath('jq') },
  chromium: { package: isDebian() ? HEADLESS : 'chromium', present: () => BROWSERS.some((program) => onPath(program)) },
  promtool: { package: 'prometheus', present: () => onPath('promtool') },
  rsyslog: { package: 'rsyslog-gnutls', present: () => onPath('rsyslogd') && hasRsyslogTls() },
  go: { package: 'golang-go', present: () => onPath('go') },
  goSumdb: {
    package: 'golang-golang-x-mod-dev',
    present: () => existsSync('/usr/share/gocode/src/golang.org/x/mod/sumdb'),
  },
  curl: { package: 'curl', present: () => onPath('curl') },
  wget: { package: 'wget', present: () => onPath('wget') },
  git: { package: 'git', present: () => onPath('git') },
  gh: { package: 'gh', present: () => onPath('gh') },
  requests: { package: 'python3-requests', present: () => runs('/usr/bin/python3', ['-c', 'import requests']) },
  ssh: { package: 'openssh-client', present: () => onPath('ssh') && onPath('ssh-keygen') },
  sshd: { package: 'openssh-server', present: () => onPath('sshd') },
  sftp: { package: 'openssh-sftp-server', present: () => existsSync('/usr/lib/openssh/sftp-server') },
  ansible: { package: 'ansible-core', present: () => onPath('ansible') },
  rsync: { package: 'rsync', present: () => onPath('rsync') },
  kubectl: { package: 'kubernetes-client', present: () => onPath('kubectl') },
  nginx: { package: 'nginx-light', present: () => onPath('nginx') },
  wrk: { package: 'wrk', present: () => onPath('wrk') },
  haproxy: { package: 'haproxy', present: () => onPath('haproxy') },
  pgbouncer: { package: 'pgbouncer', present: () => onPath('pgbouncer') },
};

export const TEST_PROGRAMS = [
  'postgres',
  'pgbench',
  'psql',
  'psycopg',
  'java',
  'jdbc',
  'age',
  'openssl',
  'unzip',
  'jq',
  'chromium',
  'promtool',
  'rsyslog',
  'go',
  'goSumdb',
  'curl',
  'wget',
  'nginx',
  'git',
  'gh',
  'requests',
  'ssh',
  'sshd',
  'sftp',
  'rsync',
  'ansible',
  'kubectl',
];
export const BENCH_PROGRAMS = ['postgres', 'pgbench', 'psql', 'haproxy', 'pgbouncer', 'nginx', 'wrk', 'sshd', 'ssh'];

const SYSTEM_DIRECTORIES = ['/usr/local/bin', '/usr/bin', '/bin', '/usr/local/sbin', '/usr/sbin', '/sbin'];
const POLICY = '/usr/sbin/policy-rc.d';
const CLUSTER_CONFIG = '/etc/postgresql-common/createcluster.d';

/**
 * Sees to it that the named programs are there. Returns the advice for a person where they are not and could not be
 * installed, or undefined where all is well.
 */
export function ensurePrograms(names) {
  const before = missingPackages(names);
  const canInstall = process.getuid?.() === 0 && onPath('apt-get');
  // Another browser would do; on two cores this one is minutes.
  const better = canInstall && names.includes('chromium') && isDebian() && !onPath(HEADLESS) ? [HEADLESS] : [];
  const packages = [...new Set([...before, ...better])];
  if (packages.length === 0) return undefined;
  if (!canInstall) return advice(names, before);
  process.stderr.write(`Installing from Debian: ${packages.join(' ')} …\n`);
  installQuietly(packages);
  const after = missingPackages(names);
  return after.length === 0 ? undefined : advice(names, after);
}

function missingPackages(names) {
  return [...new Set(names.filter((name) => !PROGRAMS[name].present()).map((name) => PROGRAMS[name].package))];
}

function advice(names, packages) {
  const missing = names.filter((name) => packages.includes(PROGRAMS[name].package));
  return (
    `Missing on this machine: ${missing.join(', ')}. On Debian or Ubuntu, paste:\n\n` +
    `  sudo apt-get update && sudo apt-get install -y --no-install-recommends ${packages.join(' ')}\n`
  );
}

/** Installs without starting a service and without making a database cluster; asks for fresh lists only if it must. */
function installQuietly(packages) {
  const undo = [];
  if (!existsSync(POLICY)) {
    writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
    undo.push(POLICY);
  }
  const config = join(CLUSTER_CONFIG, 'chaperone-tests.conf');
  mkdirSync(CLUSTER_CONFIG, { recursive: true });
  writeFileSync(config, 'create_main_cluster = false\n');
  undo.push(config);
  try {
    if (!aptGet(['install', ...packages])) {
      aptGet(['update']);
      aptGet(['install', ...packages]);
    }
  } finally {
    for (const path of undo) rmSync(path, { force: true });
  }
}

/** Not Ubuntu, which has no such package, and whose `chromium` is a snap. */
function isDebian() {
  const release = '/etc/os-release';
  return existsSync(release) && /^ID=debian$/m.test(readFileSync(release, 'utf8'));
}

function aptGet([verb, ...packages]) {
  const { status } = spawnSync(
    'apt-get',
    ['-qq', '-y', '--no-install-recommends', '-o', 'Dpkg::Use-Pty=0', verb, ...packages],
    { stdio: ['ignore', 2, 2], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } },
  );
  return status === 0;
}

function onPath(program) {
  const directories = [...(process.env.PATH ?? '').split(delimiter), ...SYSTEM_DIRECTORIES];
  return directories.some((directory) => directory !== '' && existsSync(join(directory, program)));
}

/** The module that speaks TLS is a package of its own, in a folder for each architecture. */
function hasRsyslogTls() {
  return readdirSync('/usr/lib').some((folder) => existsSync(join('/usr/lib', folder, 'rsyslog', 'lmnsd_gtls.so')));
}

/** Debian keeps server programs off the path, in a folder for each major version. */
function serverPrograms(program) {
  const base = '/usr/lib/postgresql';
  if (!existsSync(base)) return onPath(program);
  return readdirSync(base).some((version) => existsSync(join(base, version, 'bin', program))) || onPath(program);
}

function runs(program, args) {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}
