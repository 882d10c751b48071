import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findSession as findSessionFile, readSession } from '../audit/read/read-session.ts';
import { sessionEvidence } from '../audit/read/session-evidence.ts';
import type { AuditLog } from '../audit/recorder.ts';
import { askToEnd, findSession, listSessions, type SessionRow } from '../store/session-rows.ts';
import type { Store } from '../store/store.ts';
import { storeFilter } from './recording-filter.ts';
import type { RecordingService, SessionView } from './recording-service.ts';
import { EventOpener, followSession, type ReplyDecoders } from './session-events.ts';
import { findStatements } from './statement-search.ts';

export interface RecordingParts {
  readonly store: Store;
  readonly audit: AuditLog;
  /** The audit directory. */
  readonly directory: string;
  /** This gateway, by the name of its log. */
  readonly gateway: string;
  readonly onActivity: (session: string, listener: () => void) => () => void;
  readonly decoders: ReplyDecoders;
  /** Why the bodies of a session are not here any more; undefined where nobody had them erased. */
  readonly erasedWords: (session: string) => Promise<string | undefined>;
}

/** Lists from the store's index; reads and searches what was recorded from the log's own files. */
export function recordingService(parts: RecordingParts): RecordingService {
  const { store, audit, directory, gateway, onActivity, decoders } = parts;
  const view = (row: SessionRow) => sessionView(row, gateway);
  const opener = async (id: string, decoded: boolean) =>
    new EventOpener(decoded ? decoders : undefined, await parts.erasedWords(id));
  const isHere = (id: string) => SESSION_ID.test(id) && findSessionFile(directory, id) !== undefined;
  const isLive = async (id: string) => {
    const row = await findSession(store, id);
    return row?.gateway === gateway && row.closed_at === null;
  };
  return {
    async sessions(filter) {
      const open = filter.live === undefined ? {} : { open: filter.live };
      const rows = await listSessions(store, { ...storeFilter(filter), ...open, limit: filter.limit + 1 });
      const items = rows.slice(0, filter.limit).map(view);
      const last = rows.length > filter.limit ? items.at(-1) : undefined;
      return last ? { items, next: last.id } : { items };
    },
    async session(id) {
      const row = await findSession(store, id);
      return row && view(row);
    },
    async recording(id, { decoded }) {
      // What the sealer has not written yet is in no file.
      await audit.sync();
      return isHere(id) ? recordingLines(directory, id, await opener(id, decoded)) : undefined;
    },
    async follow(session, { decoded, after, signal }) {
      await audit.sync();
      if (!isHere(session)) return undefined;
      const follow = { directory, sync: () => audit.sync(), onActivity, isLive };
      return followSession(follow, { session, after, opener: await opener(session, decoded), signal });
    },
    async evidence(id, { bodies }) {
      await audit.sync();
      return isHere(id) ? sessionEvidence(directory, id, { bodies }) : undefined;
    },
    end: (id, ending) => askToEnd(store, id, ending),
    async statements(filter, signal) {
      await audit.sync();
      return findStatements(filter, { directory, store, gateway, signal });
    },
    checkpoint: () => readFile(join(directory, 'log', 'checkpoint')),
    tile: (path) => readFile(join(directory, 'log', path)).catch(absent),
  };
}

const SESSION_ID = /^[A-Za-z0-9_-]{1,100}$/;

function sessionView(row: SessionRow, gateway: string): SessionView {
  return {
    id: row.id,
    run: row.run_id,
    principal: row.principal,
    target: row.target,
    openedAt: row.opened_at,
    permitted: row.permitted,
    denied: row.denied,
    masked: row.masked,
    live: row.closed_at === null,
    here: row.gateway === null || row.gateway === gateway,
    ...(row.repository === null ? {} : { repository: row.repository }),
    ...(row.gateway === null ? {} : { gateway: row.gateway }),
    ...(row.closed_at === null ? {} : { closedAt: row.closed_at }),
    ...(row.outcome === null ? {} : { outcome: row.outcome }),
  };
}

async function* recordingLines(directory: string, id: string, opener: EventOpener): AsyncGenerator<string> {
  for await (const recorded of readSession(directory, id)) yield JSON.stringify(opener.open(recorded));
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'EISDIR') return undefined;
  throw error;
}
