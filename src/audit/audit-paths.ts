/** Where things stand in an audit directory (docs/design/0001-audit-log-on-disk.md). */
import { join } from 'node:path';
import { Fault } from '../model/fault.ts';

export interface AuditPaths {
  readonly root: string;
  readonly lock: string;
  readonly state: string;
  readonly journal: string;
  readonly sessions: string;
  readonly bodies: string;
  readonly keys: string;
  readonly log: string;
  readonly checkpoint: string;
  readonly alarms: string;
}

export function auditPaths(root: string): AuditPaths {
  return {
    root,
    lock: join(root, 'lock'),
    state: join(root, 'state.json'),
    journal: join(root, 'journal'),
    sessions: join(root, 'sessions'),
    bodies: join(root, 'bodies'),
    keys: join(root, 'keys'),
    log: join(root, 'log'),
    checkpoint: join(root, 'log', 'checkpoint'),
    alarms: join(root, 'alarms'),
  };
}

export function sessionPath(paths: AuditPaths, day: string, session: string): string {
  return join(paths.sessions, day, `${session}.jsonl`);
}

export function bodyPath(paths: AuditPaths, session: string): string {
  return join(paths.bodies, `${session}.bodies`);
}

/** Ids become file names, so one that could leave the directory is a fault of ours. */
export function assertFileName(id: string): void {
  if (!/^[A-Za-z0-9_-]{1,100}$/u.test(id)) throw new Fault('internal', `${JSON.stringify(id)} cannot name a file`);
}
