/** Writes what a session has waiting into its two files. */
import { closeSync, constants, existsSync, fdatasyncSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { type AuditPaths, sessionPath } from '../audit-paths.ts';
import { ensureDirectory, writeFully } from '../durable-files.ts';
import type { SealedSession } from './sealed-session.ts';

/** Durable: synced, and the directories whose names must be synced are added. Else written only. */
type Mode = { readonly durable: true; readonly directories: Set<string> } | { readonly durable: false };

export function writeSession(paths: AuditPaths, session: SealedSession, mode: Mode): void {
  writeInto(session.bodies.path, mode, session.bodies.pending > 0, (fd) => session.bodies.write(fd));
  const lines = session.pendingLines;
  const path = sessionPath(paths, session.day, session.id);
  ensureDirectory(dirname(path));
  writeInto(path, mode, lines.length > 0, (fd) => writeFully(fd, lines, session.fileBytes));
  session.settle(!mode.durable);
}

function writeInto(path: string, mode: Mode, needed: boolean, write: (fd: number) => void): void {
  if (!needed && !(mode.durable && existsSync(path))) return;
  const fd = openSync(path, constants.O_CREAT | constants.O_RDWR, 0o600);
  try {
    write(fd);
    if (mode.durable) fdatasyncSync(fd);
  } finally {
    closeSync(fd);
  }
  if (mode.durable) mode.directories.add(dirname(path));
}
