import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';

/** How long what is asked to end by SIGTERM has, before SIGKILL. */
export const KILL_DELAY_MS = 5_000;
const LOOK_EVERY_MS = 50;

/** Sends a signal to all of a group; false where nobody of it is left. */
export function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-leader, signal);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    // Of macOS: a group of which only zombies are left.
    if ((error as NodeJS.ErrnoException).code === 'EPERM') return false;
    throw error;
  }
}

/** Ends what is left of a group: SIGTERM, then SIGKILL. Resolves with how many processes there were, at least. */
export async function endGroup(leader: number): Promise<number> {
  const members = countMembers(leader);
  if (members === 0 || !signalGroup(leader, 'SIGTERM')) return 0;
  const deadline = performance.now() + KILL_DELAY_MS;
  while (performance.now() < deadline) {
    if (countMembers(leader) === 0) return members;
    await setTimeout(LOOK_EVERY_MS);
  }
  signalGroup(leader, 'SIGKILL');
  return members;
}

/**
 * Ends what left the group and still has the run in its environment: daemons, and whatever else took a session of its
 * own. SIGTERM, then SIGKILL; resolves with how many there were. None are found where there is no procfs.
 */
export async function endStrays(run: string): Promise<number> {
  const found = straysOf(run);
  for (const pid of found) signalOne(pid, 'SIGTERM');
  const deadline = performance.now() + KILL_DELAY_MS;
  while (performance.now() < deadline && found.some((pid) => isAlive(pid))) await setTimeout(LOOK_EVERY_MS);
  // What they started meanwhile has it too.
  for (const pid of found.length > 0 ? straysOf(run) : []) signalOne(pid, 'SIGKILL');
  return found.length;
}

function straysOf(run: string): readonly number[] {
  if (process.platform !== 'linux') return [];
  const mark = `CHAPERONE_RUN_ID=${run}`;
  return pids().filter((pid) => pid !== process.pid && isAlive(pid) && environOf(pid).includes(mark));
}

function pids(): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function isAlive(pid: number): boolean {
  const [state] = statusOf(pid);
  return state !== 'Z' && state !== 'X';
}

function environOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0');
  } catch {
    // Another user's, or gone.
    return [];
  }
}

function signalOne(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}

/**
 * Processes of the group that live. Where there is procfs, zombies do not count: their parent has gone, and whoever
 * adopted them may never look.
 */
function countMembers(leader: number): number {
  if (!signalGroup(leader, 0)) return 0;
  if (process.platform !== 'linux') return 1;
  let members = 0;
  for (const pid of pids()) {
    const [state, group] = statusOf(pid);
    if (group === leader && state !== 'Z' && state !== 'X') members++;
  }
  return members;
}

/** proc_pid_stat(5): state and process group, behind a name in parentheses that may hold anything. */
function statusOf(pid: number): readonly [state: string, group: number] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [state = '', , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return [state, Number(group)];
  } catch {
    // It ended while we looked.
    return ['X', 0];
  }
}
