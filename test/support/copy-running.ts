import { cp, rm } from 'node:fs/promises';

/**
 * Copies the directory of a log that may be running. Tiles that a newer checkpoint needs no longer may go while they are
 * copied; then it is copied anew. Not by cpSync, which ends the process where a folder goes while it is read.
 */
export async function copyRunning(from: string, to: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await rm(to, { recursive: true, force: true });
      await cp(from, to, { recursive: true });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || attempt === 100) throw error;
    }
  }
}
