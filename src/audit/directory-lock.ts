/**
 * One process a directory. The lock is SQLite's own on an empty file: the kernel lets go of it when the process ends,
 * however it ends, and a second open in the same process is refused too.
 */
import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { Fault } from '../model/fault.ts';

export function lockDirectory(path: string): Disposable {
  const database = new DatabaseSync(path);
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    database.close();
    throw new Fault('log-unavailable', `another gateway has the audit directory: ${path} is locked`, { cause });
  }
  return {
    [Symbol.dispose]() {
      database.close();
    },
  };
}

/** True where a gateway has the lock now. Changes nothing. */
export function isLocked(path: string): boolean {
  if (!existsSync(path)) return false;
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    database.prepare('SELECT count(*) FROM sqlite_schema').get();
    return false;
  } catch (cause) {
    if ((cause as { errcode?: number }).errcode === SQLITE_BUSY) return true;
    throw cause;
  } finally {
    database.close();
  }
}

const SQLITE_BUSY = 5;
