/**
 * Overwrites this process's environment where the kernel shows it to the user's other processes (proc_pid_environ(5)):
 * it is the process's own memory, and /proc/self/mem writes to that (proc_pid_mem(5)). Plain JavaScript on Node 18.
 * src/cli/run/environment/process-environ.ts does the same by name; this is for a process that only waits.
 */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';

/** Leaves no value. False where that cannot be done: elsewhere than on Linux, or where a sandbox forbids it. */
export function forgetEnviron() {
  try {
    const stat = readFileSync('/proc/self/stat', 'latin1');
    const start = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[47]);
    const environ = readFileSync('/proc/self/environ');
    const memory = openSync('/proc/self/mem', 'r+');
    try {
      let at = 0;
      for (const entry of environ.toString('latin1').split('\0')) {
        const value = entry.indexOf('=') + 1;
        if (value > 0 && entry.length > value)
          writeSync(memory, Buffer.alloc(entry.length - value), 0, entry.length - value, start + at + value);
        at += entry.length + 1;
      }
    } finally {
      closeSync(memory);
    }
    return true;
  } catch {
    // The command that runs below tells what can still be read.
    return false;
  }
}
