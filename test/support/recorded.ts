import { join } from 'node:path';
import type { AuditEvent } from '../../src/audit/audit-event.ts';
import { auditPaths } from '../../src/audit/audit-paths.ts';
import { listDays, listSessions, readSession } from '../../src/audit/read/read-session.ts';
import type { TestGateway } from './gateway.ts';

/** An event of the log, and its body opened; empty where it has none. */
export interface Recorded {
  readonly event: AuditEvent;
  readonly body: Buffer;
}

/** Everything that a gateway has recorded so far, session by session in the order they were opened. */
export async function recorded(gateway: TestGateway): Promise<readonly Recorded[]> {
  await gateway.log.sync();
  const directory = join(gateway.directory, 'audit');
  const paths = auditPaths(directory);
  const ids = listDays(paths).flatMap((day) => listSessions(paths, day));
  const all: Recorded[] = [];
  for (const id of ids.toReversed()) {
    for await (const { event, body } of readSession(directory, id)) {
      const opened = body();
      if (opened.kind === 'unreadable') throw new Error(`the body of a ${event.kind} of ${id} is ${opened.why}`);
      all.push({ event, body: opened.kind === 'bytes' ? opened.bytes : Buffer.alloc(0) });
    }
  }
  return all;
}
