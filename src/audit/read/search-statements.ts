/** Searches what was asked, over all sessions of a directory. It scans files; what it needs besides is one of them. */
import { statSync } from 'node:fs';
import type { Access } from '../../model/request.ts';
import { type AuditEvent, type EventOpening, parseEvent } from '../audit-event.ts';
import { type AuditPaths, auditPaths, sessionPath } from '../audit-paths.ts';
import { readLines } from './read-lines.ts';
import { findSession, listDays, listSessions, type ReadOptions, SessionBodies } from './read-session.ts';

/** All that is given must hold. Names are compared whole and with their case, texts in them without. */
export interface StatementFilter {
  /** RFC 3339, UTC, milliseconds; inclusive. */
  readonly from?: string;
  /** Exclusive. */
  readonly to?: string;
  readonly run?: string;
  readonly session?: string;
  readonly repository?: string;
  readonly target?: string;
  /** `schema.name` or `name`. */
  readonly table?: string;
  /** The verb of an operation: `select`, `drop`, … */
  readonly operation?: string;
  readonly access?: Access;
  readonly decision?: 'permit' | 'deny';
  /** A part of what was sent. Opens bodies; a statement whose key was deleted does not match. */
  readonly text?: string;
}

export interface Statement {
  readonly opening: EventOpening;
  readonly request: AuditEvent;
  /** How its wait for people ended, where it waited. */
  readonly approval?: AuditEvent;
  /** Its reply, refusal or gap; undefined while there is none. */
  readonly outcome: AuditEvent | undefined;
  /** What was sent, its first 65,536 characters; undefined where it is withheld. */
  readonly text: string | undefined;
}

/** Characters of a statement that a result shows. */
const SHOWN_TEXT = 64 * 1024;

export interface SearchOptions extends ReadOptions {
  readonly signal?: AbortSignal;
  /** Ids of the sessions to look in, in the order to look; all of them, newest first, where absent. */
  readonly sessions?: AsyncIterable<string>;
}

/** The statements that match: sessions newest first, and within a session in order of their ends. */
export async function* searchStatements(
  directory: string,
  filter: StatementFilter,
  options: SearchOptions = {},
): AsyncGenerator<Statement> {
  const paths = auditPaths(directory);
  if (options.sessions !== undefined) {
    for await (const id of options.sessions) {
      options.signal?.throwIfAborted();
      const path = findSession(directory, id);
      if (path !== undefined) yield* searchSession({ paths, path, id, filter, options });
    }
    return;
  }
  for (const day of listDays(paths)) {
    if (filter.to !== undefined && day > filter.to.slice(0, 10)) continue;
    for (const id of listSessions(paths, day)) {
      options.signal?.throwIfAborted();
      if (filter.session !== undefined && filter.session !== id) continue;
      const path = sessionPath(paths, day, id);
      if (filter.from !== undefined && statSync(path).mtime.toISOString() < filter.from) continue;
      yield* searchSession({ paths, path, id, filter, options });
    }
  }
}

interface SessionSearch {
  readonly paths: AuditPaths;
  readonly path: string;
  readonly id: string;
  readonly filter: StatementFilter;
  readonly options: SearchOptions;
}

async function* searchSession({ paths, path, id, filter, options }: SessionSearch): AsyncGenerator<Statement> {
  using bodies = new SessionBodies(paths, id, options);
  let opening: EventOpening | undefined;
  const waiting = new Map<number, Statement>();
  for await (const lines of readLines(path)) {
    options.signal?.throwIfAborted();
    for (const line of lines) {
      const event = line.ended ? parseEvent(line.bytes) : undefined;
      if (event === undefined) continue; // a line that is being written
      if (event.kind === 'session.open') {
        opening = event.opening;
        if (opening === undefined || !fitsOpening(event, opening, filter)) return;
      } else if (event.kind === 'request' && opening !== undefined && fitsRequest(event, filter)) {
        const text = textOf(bodies, event, filter.text !== undefined);
        if (!fitsText(text, filter)) continue;
        const shown = text?.slice(0, SHOWN_TEXT);
        waiting.set(event.exchange ?? 0, { opening, request: event, outcome: undefined, text: shown });
      } else if (event.kind === 'approval') {
        const statement = waiting.get(event.exchange ?? 0);
        if (statement !== undefined) waiting.set(event.exchange ?? 0, { ...statement, approval: event });
      } else if (ENDS.has(event.kind)) {
        const statement = waiting.get(event.exchange ?? 0);
        waiting.delete(event.exchange ?? 0);
        if (statement !== undefined) yield { ...statement, outcome: event };
      }
    }
  }
  yield* waiting.values();
}

const ENDS: ReadonlySet<string> = new Set(['reply', 'refusal', 'gap']);

function fitsOpening(event: AuditEvent, opening: EventOpening, { run, target, repository }: StatementFilter): boolean {
  if (run !== undefined && event.run !== run) return false;
  if (target !== undefined && opening.target.name !== target) return false;
  return repository === undefined || opening.workload['sourceRepositoryUri'] === repository;
}

function fitsRequest(event: AuditEvent, filter: StatementFilter): boolean {
  const { from, to, decision, operation, access, table } = filter;
  if (from !== undefined && event.at < from) return false;
  if (to !== undefined && event.at >= to) return false;
  if (decision !== undefined && event.decision?.effect !== decision) return false;
  const operations = event.op ?? [];
  if (operation !== undefined && !operations.some(({ kind }) => kind === operation)) return false;
  if (access !== undefined && !operations.some((one) => one.access === access)) return false;
  return table === undefined || operations.some(({ tables }) => tables.some((use) => isTable(use, table)));
}

function isTable(use: { readonly schema: string; readonly name: string }, table: string): boolean {
  return use.name === table || `${use.schema}.${use.name}` === table;
}

function fitsText(text: string | undefined, filter: StatementFilter): boolean {
  return filter.text === undefined || text?.toLowerCase().includes(filter.text.toLowerCase()) === true;
}

function textOf(bodies: SessionBodies, event: AuditEvent, whole: boolean): string | undefined {
  const body = bodies.read(event, whole ? undefined : SHOWN_TEXT * 3);
  return body.kind === 'bytes' ? body.bytes.toString('utf8') : undefined;
}
