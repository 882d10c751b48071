import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  findSession as findSessionFile,
  type RecordedBody,
  type RecordedEvent,
  readSession,
} from '../audit/read-session.ts';
import type { AuditLog } from '../audit/recorder.ts';
import { type Statement, searchStatements } from '../audit/search-statements.ts';
import { findSession, listSessions, type SessionRow } from '../store/session-rows.ts';
import type { Store } from '../store/store.ts';
import type { RecordingFilter, RecordingService, SessionView, StatementFilter, StatementView } from './services.ts';

export interface RecordingParts {
  readonly store: Store;
  readonly audit: AuditLog;
  /** The audit directory. */
  readonly directory: string;
}

/** Lists from the store's index; reads and searches what was recorded from the log's own files. */
export function recordingService({ store, audit, directory }: RecordingParts): RecordingService {
  return {
    async sessions(filter) {
      const rows = await listSessions(store, { ...storeFilter(filter), limit: filter.limit + 1 });
      const items = rows.slice(0, filter.limit).map(sessionView);
      const last = rows.length > filter.limit ? items.at(-1) : undefined;
      return last ? { items, next: last.id } : { items };
    },
    async session(id) {
      const row = await findSession(store, id);
      return row && sessionView(row);
    },
    async recording(id) {
      if (!SESSION_ID.test(id)) return undefined;
      // What the sealer has not written yet is in no file.
      await audit.sync();
      return findSessionFile(directory, id) === undefined ? undefined : recordingLines(directory, id);
    },
    async statements(filter) {
      await audit.sync();
      return pageOf(found(directory, store, filter), filter.limit);
    },
    checkpoint: () => readFile(join(directory, 'log', 'checkpoint')),
    tile: (path) => readFile(join(directory, 'log', path)).catch(absent),
  };
}

const SESSION_ID = /^[A-Za-z0-9_-]{1,100}$/;

function storeFilter({ who, run, repository, target, since, until, cursor }: RecordingFilter) {
  return {
    ...(who === undefined ? {} : { principal: who }),
    ...(run === undefined ? {} : { run }),
    ...(repository === undefined ? {} : { repository }),
    ...(target === undefined ? {} : { target }),
    ...(since === undefined ? {} : { since: instant(since) }),
    ...(until === undefined ? {} : { until: instant(until) }),
    ...(cursor === undefined ? {} : { before: cursor }),
  };
}

/** With milliseconds and in UTC, so that text order is time order. */
function instant(text: string): string {
  return new Date(text).toISOString();
}

function sessionView(row: SessionRow): SessionView {
  return {
    id: row.id,
    run: row.run_id,
    principal: row.principal,
    target: row.target,
    openedAt: row.opened_at,
    permitted: row.permitted,
    denied: row.denied,
    masked: row.masked,
    ...(row.repository === null ? {} : { repository: row.repository }),
    ...(row.gateway === null ? {} : { gateway: row.gateway }),
    ...(row.closed_at === null ? {} : { closedAt: row.closed_at }),
    ...(row.outcome === null ? {} : { outcome: row.outcome }),
  };
}

async function* recordingLines(directory: string, id: string): AsyncGenerator<string> {
  for await (const recorded of readSession(directory, id)) yield JSON.stringify(withBody(recorded));
}

/** The event with its body opened in place of where that stands on disk. */
function withBody({ event, body }: RecordedEvent): object {
  if (event.body === undefined) return event;
  const { media, bytes } = event.body;
  return { ...event, body: { media, bytes, ...opened(body()) } };
}

function opened(body: RecordedBody): object {
  switch (body.kind) {
    case 'bytes':
      return { base64: body.bytes.toString('base64'), complete: body.complete };
    case 'none':
      return {};
    case 'withheld':
      return { withheld: 'its key was deleted' };
    case 'unreadable':
      return { withheld: `it is ${body.why}` };
    default:
      return body satisfies never;
  }
}

interface Found {
  readonly view: StatementView;
  readonly cursor: string;
}

async function* found(directory: string, store: Store, filter: StatementFilter): AsyncGenerator<Found> {
  const [afterSession, afterExchange] = cursorParts(filter.cursor);
  let skipping = afterSession !== undefined;
  let row: SessionRow | undefined;
  for await (const statement of searchStatements(directory, logFilter(filter))) {
    const { session, exchange = 0 } = statement.request;
    if (skipping) {
      // Sessions come newest first, and their ids sort by age.
      if (afterSession !== undefined && session > afterSession) continue;
      if (session === afterSession) {
        if (exchange === afterExchange) skipping = false;
        continue;
      }
      skipping = false;
    }
    if (row?.id !== session) row = await findSession(store, session);
    if (!fits(row?.principal, filter.who) || !fits(row?.repository, filter.repository)) continue;
    yield { view: statementView(statement, row), cursor: `${session}.${exchange}` };
  }
}

function logFilter(filter: StatementFilter) {
  const { since, until, run, session, target, table, kind, decision, text } = filter;
  return {
    ...(since === undefined ? {} : { from: instant(since) }),
    ...(until === undefined ? {} : { to: instant(until) }),
    ...(run === undefined ? {} : { run }),
    ...(session === undefined ? {} : { session }),
    ...(target === undefined ? {} : { target }),
    ...(table === undefined ? {} : { table }),
    ...(kind === undefined ? {} : { operation: kind }),
    ...(decision === undefined ? {} : { decision }),
    ...(text === undefined ? {} : { text }),
  };
}

async function pageOf(items: AsyncGenerator<Found>, limit: number) {
  const views: StatementView[] = [];
  let cursor = '';
  for await (const item of items) {
    if (views.length === limit) return { items: views, next: cursor };
    views.push(item.view);
    cursor = item.cursor;
  }
  return { items: views };
}

function statementView({ opening, request, outcome, text }: Statement, row: SessionRow | undefined): StatementView {
  const operations = request.op ?? [];
  const result = outcome?.result;
  const status = outcome?.refusal === undefined ? (result?.status ?? outcome?.kind) : outcome.refusal.code;
  return {
    session: request.session,
    exchange: request.exchange ?? 0,
    at: request.at,
    run: request.run,
    principal: row?.principal ?? opening.principal.id,
    target: opening.target.name,
    kinds: operations.map(({ kind }) => kind),
    tables: [
      ...new Set(
        operations.flatMap(({ tables }) => tables.map(({ schema, name }) => (schema ? `${schema}.${name}` : name))),
      ),
    ],
    decision: request.decision?.effect ?? 'deny',
    rules: request.decision?.rules ?? [],
    text: text === undefined ? '(withheld)' : statementText(text, request.body?.media),
    ...(row?.repository ? { repository: row.repository } : {}),
    ...(status === undefined ? {} : { status }),
    ...(result?.rows === undefined ? {} : { rows: Number(result.rows) }),
  };
}

/** A batch is recorded as JSON, a list of `{text, parameters}`: its texts are what a person looks for. */
function statementText(text: string, media: string | undefined): string {
  if (media !== 'application/json') return text;
  try {
    const batch: unknown = JSON.parse(text);
    if (!Array.isArray(batch)) return text;
    return batch
      .map((item: { readonly text?: unknown }) => (typeof item.text === 'string' ? item.text : ''))
      .join('; ');
  } catch {
    // Cut at the length that a search shows, so no JSON any more.
    return text;
  }
}

function cursorParts(cursor: string | undefined): readonly [session: string | undefined, exchange: number] {
  const [session, exchange] = cursor?.split('.') ?? [];
  return [session, Number(exchange ?? 0)];
}

function fits(value: string | null | undefined, part: string | undefined): boolean {
  return part === undefined || (value ?? '').toLowerCase().includes(part.toLowerCase());
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'EISDIR') return undefined;
  throw error;
}
