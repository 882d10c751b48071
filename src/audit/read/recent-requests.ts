/** Reads the last requests of a recorded session, from the end of its file, so that a long one costs no more. */
import { open, stat } from 'node:fs/promises';
import { type AuditEvent, parseEvent } from '../audit-event.ts';
import { auditPaths } from '../audit-paths.ts';
import { readLines } from './read-lines.ts';
import { findSession, SessionBodies } from './read-session.ts';

export interface RecentRequest {
  readonly request: AuditEvent;
  /** Its reply, refusal or gap; undefined while there is none. */
  readonly outcome: AuditEvent | undefined;
  /** Up to `textBytes` of what was sent; undefined where it is withheld or was not asked for. */
  readonly text: string | undefined;
  /** How its wait for people ended, where it waited. */
  readonly approval?: AuditEvent;
}

export interface RecentQuery {
  readonly limit: number;
  /** How much of the file's end is read, in bytes. */
  readonly tailBytes: number;
  /** 0 to open no body. */
  readonly textBytes: number;
  /** Exchanges from this number on are left out. */
  readonly before?: number;
}

/** Newest first; none where the session is unknown. What is not sealed yet is not there. */
export async function recentRequests(
  directory: string,
  session: string,
  query: RecentQuery,
): Promise<readonly RecentRequest[]> {
  const path = findSession(directory, session);
  if (path === undefined) return [];
  using bodies = new SessionBodies(auditPaths(directory), session, {});
  const start = await lineStart(path, query.tailBytes);
  const requests: AuditEvent[] = [];
  const outcomes = new Map<number, AuditEvent>();
  const approvals = new Map<number, AuditEvent>();
  for await (const lines of readLines(path, Number.POSITIVE_INFINITY, start)) {
    for (const { bytes, ended } of lines) {
      const event = ended ? parseEvent(bytes) : undefined;
      if (event === undefined) continue; // a line that is being written, or was altered
      if (event.kind === 'request' && (event.exchange ?? 0) < (query.before ?? Number.POSITIVE_INFINITY)) {
        requests.push(event);
        if (requests.length > query.limit) requests.shift();
      }
      if (event.kind === 'approval') approvals.set(event.exchange ?? 0, event);
      if (ENDS.has(event.kind)) outcomes.set(event.exchange ?? 0, event);
    }
  }
  return requests.toReversed().map((request) => {
    const approval = approvals.get(request.exchange ?? 0);
    return {
      request,
      outcome: outcomes.get(request.exchange ?? 0),
      text: query.textBytes > 0 ? textOf(bodies, request, query.textBytes) : undefined,
      ...(approval === undefined ? {} : { approval }),
    };
  });
}

const ENDS: ReadonlySet<string> = new Set(['reply', 'refusal', 'gap']);

function textOf(bodies: SessionBodies, request: AuditEvent, maxBytes: number): string | undefined {
  const body = bodies.read(request, maxBytes);
  return body.kind === 'bytes' ? body.bytes.toString('utf8') : undefined;
}

/** Where the first whole line of the file's last bytes begins. */
async function lineStart(path: string, tailBytes: number): Promise<number> {
  const { size } = await stat(path);
  if (size <= tailBytes) return 0;
  await using file = await open(path, 'r');
  const from = size - tailBytes - 1;
  const chunk = Buffer.allocUnsafe(Math.min(tailBytes + 1, 256 * 1024));
  const { bytesRead } = await file.read(chunk, 0, chunk.length, from);
  const newline = chunk.subarray(0, bytesRead).indexOf(10);
  return newline < 0 ? size : from + newline + 1;
}
