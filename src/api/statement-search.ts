import { searchStatements } from '../audit/read/search-statements.ts';
import { findSession, listSessions, type SessionRow } from '../store/session-rows.ts';
import type { Store } from '../store/store.ts';
import { instant, storeFilter } from './recording-filter.ts';
import type { Page, StatementFilter, StatementView } from './recording-service.ts';
import { statementView } from './statement-view.ts';

export interface StatementSearchParts {
  /** The audit directory. */
  readonly directory: string;
  readonly store: Store;
  /** This gateway, by the name of its log. */
  readonly gateway: string;
  readonly signal: AbortSignal;
}

/** Statements that this gateway recorded: in the log's files, of the sessions that the index knows to fit. */
export function findStatements(filter: StatementFilter, parts: StatementSearchParts): Promise<Page<StatementView>> {
  return pageOf(found(filter, parts), filter.limit);
}

interface Found {
  readonly view: StatementView;
  readonly cursor: string;
}

async function* found(filter: StatementFilter, parts: StatementSearchParts): AsyncGenerator<Found> {
  const { directory, store, signal } = parts;
  const [afterSession, afterExchange] = cursorParts(filter.cursor);
  let skipping = afterSession !== undefined;
  let row: SessionRow | undefined;
  const sessions = isNarrow(filter) ? { sessions: indexed(filter, afterSession, parts) } : {};
  for await (const statement of searchStatements(directory, logFilter(filter), { signal, ...sessions })) {
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
    const principal = row?.principal ?? statement.opening.principal.id;
    const from = { principal, target: statement.opening.target.name, repository: row?.repository ?? undefined };
    yield { view: statementView(statement, from), cursor: `${session}.${exchange}` };
  }
}

/** Whether the index can say which sessions need not be read. */
function isNarrow({ who, repository, run, target, session }: StatementFilter): boolean {
  return [who, repository, run, target, session].some((part) => part !== undefined);
}

const SESSIONS_AT_ONCE = 200;

/** Ids of the sessions of this gateway that fit, newest first, from the one of the cursor on. */
async function* indexed(
  filter: StatementFilter,
  from: string | undefined,
  { store, gateway }: StatementSearchParts,
): AsyncGenerator<string> {
  if (filter.session !== undefined) {
    if (/^[A-Za-z0-9_-]{1,100}$/.test(filter.session)) yield filter.session;
    return;
  }
  // When a session opened says little of when it asked: times are for its statements.
  const { since: _since, until: _until, ...rest } = filter;
  const wanted = storeFilter(rest);
  // Just after this id, so that the session itself is read again.
  let before = from === undefined ? undefined : `${from}z`;
  for (;;) {
    const page = { ...wanted, limit: SESSIONS_AT_ONCE, ...(before === undefined ? {} : { before }) };
    const rows = await listSessions(store, page);
    for (const row of rows) if (row.gateway === null || row.gateway === gateway) yield row.id;
    before = rows.at(-1)?.id;
    if (rows.length < SESSIONS_AT_ONCE) return;
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

async function pageOf(items: AsyncGenerator<Found>, limit: number): Promise<Page<StatementView>> {
  const views: StatementView[] = [];
  let cursor = '';
  for await (const item of items) {
    if (views.length === limit) return { items: views, next: cursor };
    views.push(item.view);
    cursor = item.cursor;
  }
  return { items: views };
}

function cursorParts(cursor: string | undefined): readonly [session: string | undefined, exchange: number] {
  const [session, exchange] = cursor?.split('.') ?? [];
  return [session, Number(exchange ?? 0)];
}

function fits(value: string | null | undefined, part: string | undefined): boolean {
  return part === undefined || (value ?? '').toLowerCase().includes(part.toLowerCase());
}
