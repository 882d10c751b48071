/** What the log's entries say of runs and sessions, gathered in one pass over them, and whether they make sense. */

import { isCanonical } from '../canonical-json.ts';
import type { Findings } from '../verify/verify-report.ts';
import { CompactRange, leafHash } from './merkle.ts';

export interface LoggedSession {
  readonly id: string;
  readonly run: string;
  readonly day: string;
  /** Roots of the session's tree that the log holds, by size, in order; the last is the close's where it closed. */
  readonly heads: { readonly size: number; readonly root: string }[];
  closed: boolean;
}

export interface LoggedRun {
  readonly id: string;
  readonly keyDigest: string;
  /** A tree over the `session.close` entries since the run was opened last. */
  closedSessions: CompactRange;
  closed: boolean;
}

/** Bodies of a run that were erased, as the log says it. */
export interface LoggedErasure {
  readonly run: string;
  /** RFC 3339. */
  readonly at: string;
  /** The id of a person or a token, or `gateway`. */
  readonly by: string;
  readonly reason: string;
  /** The retention rule, where one asked for it. */
  readonly rule?: string;
}

type Entry = Readonly<Record<string, string>>;

export class LogIndex {
  readonly sessions = new Map<string, LoggedSession>();
  readonly runs = new Map<string, LoggedRun>();
  /** By run; of several the first, which is when they went. */
  readonly erased = new Map<string, LoggedErasure>();
  readonly #findings: Findings;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  /** Takes an entry, in the log's order. `file` is the bundle that it stands in. */
  take(index: number, bytes: Buffer, file: string): void {
    const text = bytes.toString('utf8');
    const entry: unknown = isCanonical(text) ? JSON.parse(text) : undefined;
    const problem = isEntry(entry) ? this.#take(entry, bytes) : 'is no entry in canonical JSON';
    if (problem !== undefined) this.#findings.fail(file, `entry ${index} of the log ${problem}`);
  }

  #take(entry: Entry, bytes: Buffer): string | undefined {
    const { kind = '' } = entry;
    switch (kind) {
      case 'run.open':
        return this.#runOpen(entry);
      case 'run.close':
        return this.#runClose(entry);
      case 'session.open':
        return this.#sessionOpen(entry);
      case 'session.head':
        return this.#head(entry, false, bytes);
      case 'session.close':
        return this.#head(entry, true, bytes);
      case 'bodies.erased':
        return this.#erasure(entry);
      default:
        return undefined; // a note of the deployment, which says nothing of a session
    }
  }

  #runOpen(entry: Entry): string | undefined {
    const { run: id = '', keyDigest = '' } = entry;
    const known = this.runs.get(id);
    if (known?.closed === false) return `opens run ${id} a second time`;
    if (known !== undefined && known.keyDigest !== keyDigest) return `opens run ${id} again under another key`;
    this.runs.set(id, { id, keyDigest, closedSessions: new CompactRange(), closed: false });
    return undefined;
  }

  #runClose(entry: Entry): string | undefined {
    const run = this.runs.get(entry.run ?? '');
    if (run === undefined || run.closed) return `closes run ${entry.run}, which is not open`;
    run.closed = true;
    const { size } = run.closedSessions;
    if (entry.sessions !== String(size))
      return `says that run ${run.id} had ${entry.sessions} sessions; ${size} closed`;
    if (entry.sessionsRoot !== run.closedSessions.root())
      return `does not fit the sessions of run ${run.id} that closed`;
    for (const session of this.sessions.values()) {
      if (session.run === run.id && !session.closed) return `closes run ${run.id} before its session ${session.id}`;
    }
    return undefined;
  }

  #erasure({ at = '', detail }: Entry): string | undefined {
    const { run, by, reason, rule } = (detail ?? {}) as unknown as Partial<LoggedErasure>;
    if (typeof run !== 'string' || typeof by !== 'string' || typeof reason !== 'string') return 'erases no run';
    const known = this.runs.get(run);
    if (known?.closed !== true) return `erases run ${run}, which is not closed`;
    if (!this.erased.has(run)) {
      this.erased.set(run, { run, at, by, reason, ...(typeof rule === 'string' ? { rule } : {}) });
    }
    return undefined;
  }

  #sessionOpen(entry: Entry): string | undefined {
    const { session: id = '', run = '', day = '', root = '' } = entry;
    if (!/^[A-Za-z0-9_-]{1,100}$/u.test(id) || !/^\d{4}-\d{2}-\d{2}$/u.test(day)) return 'names a file that cannot be';
    if (this.runs.get(run)?.closed !== false) return `opens session ${id} of run ${run}, which is not open`;
    if (this.sessions.has(id)) return `opens session ${id} a second time`;
    this.sessions.set(id, { id, run, day, heads: [{ size: 1, root }], closed: false });
    return undefined;
  }

  #head(entry: Entry, closes: boolean, bytes: Buffer): string | undefined {
    const { session: id = '', run: runId = '', root = '', size: sizeText = '' } = entry;
    const session = this.sessions.get(id);
    if (session === undefined || session.closed) return `is a ${entry.kind} of session ${id}, which is not open`;
    const size = Number(sizeText);
    const before = session.heads.at(-1)?.size ?? 0;
    if (!Number.isSafeInteger(size) || size < before) return `says that session ${id} shrank to ${sizeText} events`;
    session.heads.push({ size, root });
    if (!closes) return undefined;
    session.closed = true;
    this.runs.get(runId)?.closedSessions.append(leafHash(bytes));
    return runId === session.run ? undefined : `closes session ${id} for another run`;
  }
}

function isEntry(value: unknown): value is Entry {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
