/** How far a reader of the log has come: what a cursor keeps. It names files and numbers, and nothing of what they say. */

import { readLogEntries, readLogHead } from '../audit/read/read-log.ts';
import { Fault } from '../model/fault.ts';

export interface LogState {
  /** The next entry of the log. */
  readonly index: number;
  /** Sessions that are open there. */
  readonly sessions: readonly SessionPosition[];
}

export interface SessionPosition {
  readonly id: string;
  readonly run: string;
  /** The day in its path. */
  readonly day: string;
  /** Lines that were read. */
  readonly lines: number;
  /** Where the next one begins; undefined where that is to be looked for. */
  readonly offset?: number;
  /** Where the lines of requests begin that have no end yet, with those of their approvals. */
  readonly open: readonly number[];
}

const STEP = 256;

/** The state of a reader that begins at an entry: what is committed to before it counts as read. */
export async function stateAt(directory: string, index: number, signal?: AbortSignal): Promise<LogState> {
  const sessions = new Map<string, SessionPosition>();
  for (let start = 0; start < index; start += STEP) {
    signal?.throwIfAborted();
    const entries = await readLogEntries(directory, start, Math.min(STEP, index - start));
    if (entries.length === 0) throw new Fault('log-corrupt', `entry ${start} of the log cannot be read`);
    for (const { text } of entries) {
      const { kind, session: id, run = '', day = '', size } = readEntry(text);
      if (id === undefined) continue;
      if (kind === 'session.open') sessions.set(id, { id, run, day, lines: 1, open: [] });
      const before = sessions.get(id);
      if (kind === 'session.head' && before !== undefined) sessions.set(id, { ...before, lines: Number(size) });
      if (kind === 'session.close') sessions.delete(id);
    }
  }
  return { index, sessions: [...sessions.values()] };
}

/** Entries of the log under its checkpoint. */
export async function logSize(directory: string): Promise<number> {
  return (await readLogHead(directory))?.size ?? 0;
}

export interface Entry {
  readonly kind: string;
  readonly at: string;
  readonly session?: string;
  readonly run?: string;
  readonly day?: string;
  readonly size?: string;
  readonly outcome?: string;
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** An entry as far as export needs it. Throws where it is no JSON object, for then nothing after it can be trusted. */
export function readEntry(text: string): Entry {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null) throw new Fault('log-corrupt', 'an entry of the log is no object');
  return value as Entry;
}
