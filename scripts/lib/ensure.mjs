/**
 * What every script needs before it can do its work: the packages of the lockfile, and a Node that runs TypeScript.
 * Plain JavaScript on Node 18, with nothing installed.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  lstatSync,
  openSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root, absolute. */
export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

const MINIMUM_NODE = [24, 15];
const MODULES = join(ROOT, 'node_modules');
const LOCKFILE = join(ROOT, 'package-lock.json');
const STAMP = join(MODULES, '.chaperone-installed');
const PACKAGED_NODE = join(MODULES, 'node', 'bin', 'node');
const LOCK_POLL_MS = 200;

/**
 * Runs `npm install` where `node_modules` is missing or is not what the lockfile says, and puts `chaperone` where `npx`
 * finds it. Throws an `Error` that says what to do when the install fails. Two callers at once wait for each other.
 */
export function ensureInstalled() {
  if (!isInstalled()) {
    const release = takeLock('install');
    try {
      if (!isInstalled()) install();
    } finally {
      release();
    }
  }
  linkCommand();
}

/** The path of a Node of at least 24.15: the one that runs this, or the project's own. Throws where there is none. */
export function nodeBinary() {
  if (isNewEnough(process.versions.node)) return process.execPath;
  if (existsSync(PACKAGED_NODE)) return PACKAGED_NODE;
  // npm was told not to run install scripts, so the package `node` did not fetch its binary.
  npm(['rebuild', 'node', '--ignore-scripts=false']);
  if (existsSync(PACKAGED_NODE)) return PACKAGED_NODE;
  throw new Error(
    `Chaperone needs Node ${MINIMUM_NODE.join('.')} or newer; this one is ${process.versions.node}, and the npm package ` +
      '"node" brought none for this platform. Install Node 24 and run this again.',
  );
}

function isNewEnough(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > MINIMUM_NODE[0] || (major === MINIMUM_NODE[0] && minor >= MINIMUM_NODE[1]);
}

/** True when the stamp names this lockfile, or when npm's own record of `node_modules` agrees with it. */
function isInstalled() {
  const lockfile = readFileSync(LOCKFILE);
  const digest = createHash('sha256').update(lockfile).digest('hex');
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8').trim() === digest) return true;
  const hidden = join(MODULES, '.package-lock.json');
  if (!existsSync(hidden)) return false;
  const wanted = JSON.parse(lockfile.toString('utf8')).packages;
  const found = JSON.parse(readFileSync(hidden, 'utf8')).packages;
  const same = Object.entries(wanted).every(
    ([path, entry]) => path === '' || entry.optional || entry.link || found[path]?.version === entry.version,
  );
  if (same) writeFileSync(STAMP, `${digest}\n`);
  return same;
}

function install() {
  process.stderr.write('Installing the packages of package-lock.json …\n');
  // Not `npm ci`: it begins by taking away what is there. The versions and their digests are the lockfile's either way.
  const status = npm(['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error']);
  if (status !== 0) throw new Error(`npm install failed with status ${status}; its own messages above say why.`);
  const digest = createHash('sha256').update(readFileSync(LOCKFILE)).digest('hex');
  writeFileSync(STAMP, `${digest}\n`);
}

/** Runs npm (the one that started us, where one did) with its output on our standard error; returns its status. */
function npm(args) {
  const started = process.env.npm_execpath;
  const [command, first] = started?.endsWith('.js') ? [process.execPath, [started]] : ['npm', []];
  const { status, error } = spawnSync(command, [...first, ...args], { cwd: ROOT, stdio: ['ignore', 2, 2] });
  if (error) throw new Error(`npm could not be started (${error.message}); install Node.js with npm first.`);
  return status ?? 1;
}

/** npm does not link a project's own commands; `npx chaperone` needs the link. */
function linkCommand() {
  const link = join(MODULES, '.bin', 'chaperone');
  const target = join('..', '..', 'bin', 'chaperone.mjs');
  if (lstatSync(link, { throwIfNoEntry: false })) {
    if (readlinkSync(link) === target) return;
    rmSync(link);
  }
  try {
    symlinkSync(target, link);
  } catch (error) {
    // Another script made the same link between our look and our write.
    if (error.code !== 'EEXIST') throw error;
  }
}

/** One at a time does this work in this checkout; a lock whose owner is gone is taken over. Returns the release. */
export function takeLock(work) {
  const id = createHash('sha256').update(ROOT).digest('hex').slice(0, 16);
  const path = join(tmpdir(), `chaperone-${work}-${id}.lock`);
  for (;;) {
    try {
      const file = openSync(path, 'wx');
      writeSync(file, String(process.pid));
      closeSync(file);
      return () => rmSync(path, { force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (isAbandoned(path)) rmSync(path, { force: true });
    else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOCK_POLL_MS);
  }
}

function isAbandoned(path) {
  try {
    const owner = Number(readFileSync(path, 'utf8'));
    if (owner > 0) process.kill(owner, 0);
    return false;
  } catch (error) {
    // ESRCH: the owner is gone. ENOENT: it has just finished. Anything else: it lives and is not ours.
    return error.code === 'ESRCH';
  }
}
