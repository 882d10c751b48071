import { posix } from 'node:path';
import type { Refusal } from '../../../model/refusal.ts';
import type { Access, Operation, Request } from '../../../model/request.ts';
import type { FileUse } from '../../../model/ssh.ts';
import { SSH_MEDIA } from '../../../model/ssh-frames.ts';

/** What is asked of files, whatever asks for it: SFTP, scp or rsync. */
export interface FileAsk {
  /** `file-read`, `file-write`, …; `files` for what only opens a session. */
  readonly kind: string;
  readonly access: Access;
  readonly files: readonly FileUse[];
  readonly flags?: readonly string[];
  /** The login at the host. */
  readonly user: string;
  /** As a person reads it: `read "/etc/hosts"`. */
  readonly words: string;
  readonly unsupported?: Refusal;
}

/** A request about files, of one operation. */
export function fileRequest(ask: FileAsk): Request {
  const operation: Operation = {
    kind: ask.kind,
    access: ask.access,
    tables: [],
    functions: [],
    hasWhere: true,
    flags: ask.flags ?? [],
    ssh: { channel: 'files', user: ask.user, files: ask.files },
  };
  const bytes = Buffer.from(ask.words);
  const body = { media: SSH_MEDIA, bytes };
  const unsupported = ask.unsupported === undefined ? {} : { unsupported: ask.unsupported };
  return { operations: [operation], body: () => body, ...unsupported };
}

/** That a session is opened in which files are asked for one by one: `sftp`, `scp`. */
export function fileSession(kind: string, user: string): Operation {
  return {
    kind,
    access: 'session',
    tables: [],
    functions: [],
    hasWhere: true,
    flags: [],
    ssh: { channel: 'files', user },
  };
}

/** True of what does more than read: it counts as one change of a budget, and cannot be undone. */
export function changes({ operations }: Request): boolean {
  return operations.some(({ access }) => access !== 'read' && access !== 'session');
}

/** A path as people read it: whatever stands in it, it ends at its quotation mark. */
export function quoted(path: string): string {
  return JSON.stringify(path);
}

/** The path without `.` and `//`; undefined where it has a `..`, which leads elsewhere than it says behind a link. */
export function plainPath(path: string): string | undefined {
  if (path.split('/').includes('..')) return undefined;
  const normal = posix.normalize(path);
  return normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal;
}
