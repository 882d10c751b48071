import { leafHash } from '../audit/log/merkle.ts';
import { readLogEntries } from '../audit/read/read-log.ts';
import type { ExportRecord, Unreadable } from './export-record.ts';
import { type Entry, type LogState, logSize, readEntry } from './log-state.ts';
import { SessionReader, type SessionReaderOptions } from './session-reader.ts';

export type Followed = ExportRecord | Unreadable;

export interface LogFollowerOptions extends SessionReaderOptions {
  readonly directory: string;
  /** The log's name. */
  readonly origin: string;
}

/** As many entries as a bundle of the log holds. */
const STEP = 256;
/** Of the program's own, that export has no word for: they say nothing of anybody. */
const SILENT: ReadonlySet<string> = new Set(['heartbeat']);

/**
 * Reads what the log commits to, in the order of the log: an entry of a session says up to which line that session may
 * be read. The same log gives the same records in the same order, wherever a reader begins.
 */
export class LogFollower {
  readonly #options: LogFollowerOptions;
  readonly #sessions = new Map<string, SessionReader>();
  #index: number;

  constructor(options: LogFollowerOptions, state: LogState) {
    this.#options = options;
    this.#index = state.index;
    for (const session of state.sessions) this.#sessions.set(session.id, new SessionReader(options, session));
  }

  /** The state behind the record that was read last: a reader that begins with it reads what comes next. */
  get state(): LogState {
    return { index: this.#index, sessions: [...this.#sessions.values()].map((session) => session.position) };
  }

  /** The next entry of the log. */
  get index(): number {
    return this.#index;
  }

  /**
   * Reads up to the newest checkpoint; may be left between two records, and called again. Throws where an entry cannot
   * be read: nothing behind it has a place then.
   */
  async *read(signal: AbortSignal): AsyncGenerator<Followed> {
    const size = await logSize(this.#options.directory);
    while (this.#index < size) {
      signal.throwIfAborted();
      const entries = await readLogEntries(this.#options.directory, this.#index, STEP);
      if (entries.length === 0) return; // its bundle is being replaced by a fuller one
      for (const { index, text } of entries) yield* this.#entry(index, text);
    }
  }

  async *#entry(index: number, text: string): AsyncGenerator<Followed> {
    const entry = readEntry(text);
    const { session: id } = entry;
    const isOfSession = id !== undefined && entry.kind.startsWith('session.');
    if (isOfSession) yield* this.#session(index, id, entry);
    this.#index = index + 1;
    if (entry.kind === 'session.close' && id !== undefined) this.#sessions.delete(id);
    if (!isOfSession && !SILENT.has(entry.kind)) yield this.#standing(index, text, entry);
  }

  async *#session(index: number, id: string, entry: Entry): AsyncGenerator<Followed> {
    if (entry.kind === 'session.open' && !this.#sessions.has(id)) {
      const { run = '', day = '' } = entry;
      const position = { id, run, day, lines: 0, offset: 0, open: [] };
      this.#sessions.set(id, new SessionReader(this.#options, position));
    }
    const session = this.#sessions.get(id);
    if (session === undefined) return; // its opening was before the beginning, and its close too
    const size = entry.kind === 'session.open' ? 1 : Number(entry.size);
    yield* session.read(size, { origin: this.#options.origin, index });
  }

  #standing(index: number, text: string, entry: Entry): ExportRecord {
    const { kind, at, v: _version, detail, ...more } = entry as Entry & { readonly v?: number };
    const members = Object.entries<unknown>({ ...more, ...detail }).filter(isPlain);
    const { run } = Object.fromEntries(members);
    return {
      kind: 'entry',
      entry: kind,
      origin: this.#options.origin,
      index,
      id: `entry/${index}`,
      at,
      leaf: leafHash(Buffer.from(text)),
      ...(typeof run === 'string' && { run }),
      members: Object.fromEntries(members),
    };
  }
}

type Member = [name: string, value: string | number | boolean];

function isPlain(member: [string, unknown]): member is Member {
  return ['string', 'number', 'boolean'].includes(typeof member[1]);
}
