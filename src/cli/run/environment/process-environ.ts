import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { isMinting } from './minting-variables.ts';

/**
 * Takes variables from this process: from `process.env`, and from where the kernel shows them to every process of the
 * same user, `/proc/PID/environ`. That file is this process's own memory (proc_pid_environ(5)), so it can be written
 * through `/proc/self/mem` (proc_pid_mem(5)). False where it still shows one of them, or cannot be read at all:
 * elsewhere than on Linux, or where a sandbox forbids it.
 */
export function forgetVariables(names: readonly string[]): boolean {
  const forgotten = new Set(names);
  for (const name of forgotten) delete process.env[name];
  if (process.platform !== 'linux') return false;
  try {
    overwrite(forgotten);
    return !pairsOf(readFileSync('/proc/self/environ')).some(({ name, value }) => forgotten.has(name) && value !== '');
  } catch {
    // Whoever asked tells it: the record says what a command could still read.
    return false;
  }
}

/** Zeros over the values, so that what the C library points at stays a list of names. */
function overwrite(names: ReadonlySet<string>): void {
  const start = environStart(readFileSync('/proc/self/stat', 'latin1'));
  const found = pairsOf(readFileSync('/proc/self/environ')).filter(({ name }) => names.has(name));
  const memory = openSync('/proc/self/mem', 'r+');
  try {
    for (const { offset, value } of found) {
      const bytes = Buffer.byteLength(value, 'latin1');
      if (bytes > 0) writeSync(memory, Buffer.alloc(bytes), 0, bytes, start + offset);
    }
  } finally {
    closeSync(memory);
  }
}

/** Field 50, `env_start`, of proc_pid_stat(5): the name in field 2 may hold anything, a bracket too. */
function environStart(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const start = Number(fields[50 - 3]);
  if (!Number.isSafeInteger(start) || start <= 0) throw new Error('the kernel does not say where the environment is');
  return start;
}

interface Pair {
  readonly name: string;
  /** As Latin-1, a character a byte. */
  readonly value: string;
  /** Of the value, in bytes from the beginning. */
  readonly offset: number;
}

function pairsOf(environ: Buffer): readonly Pair[] {
  const pairs: Pair[] = [];
  let at = 0;
  for (const entry of environ.toString('latin1').split('\0')) {
    const equals = entry.indexOf('=');
    if (equals > 0)
      pairs.push({ name: entry.slice(0, equals), value: entry.slice(equals + 1), offset: at + equals + 1 });
    at += entry.length + 1;
  }
  return pairs;
}

const MAX_ANCESTORS = 64;

/**
 * Processes above this one whose environment this user can read, and which hold what mints tokens: the CI system's own
 * runner and the shells between. A command that runs as the same user, in no namespace of its own, can do as much.
 */
export function mintingAncestors(): readonly number[] {
  if (process.platform !== 'linux') return [];
  const found: number[] = [];
  let pid = process.ppid;
  for (let depth = 0; pid > 0 && depth < MAX_ANCESTORS; depth++) {
    if (showsMinting(pid)) found.push(pid);
    pid = parentOf(pid);
  }
  return found;
}

function showsMinting(pid: number): boolean {
  try {
    return pairsOf(readFileSync(`/proc/${pid}/environ`)).some(
      ({ name, value }) => value !== '' && isMinting(name, value),
    );
  } catch {
    // Another user's, or gone: then a command cannot read it either.
    return false;
  }
}

function parentOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    // Gone, or hidden from this user: there is nothing above it to be seen.
    return 0;
  }
}
