/** What evidence needs to find in a log that grows: the entries of a run, those it hangs on, and runs without a manifest. */
import { Fault } from '../../model/fault.ts';
import { TILE_WIDTH } from '../log/tile-path.ts';
import { type ReadEntry, readLogEntries } from '../read/read-log.ts';

/** Entries read at a time. */
const BATCH = 16 * TILE_WIDTH;
/** Clocks go back a little now and then: entries of a run are looked for from so long before it was opened. */
const CLOCK_MARGIN_MS = 10 * 60_000;

export interface LoggedEntry extends ReadEntry {
  readonly kind: string;
  /** The members of the entry, or of its `detail` where it is a note. */
  readonly members: Readonly<Record<string, unknown>>;
}

export class LogCatalogue {
  readonly #directory: string;
  /** The time of every bundle's first entry, milliseconds since 1970. */
  readonly #times: number[] = [];
  readonly #policies = new Map<string, number[]>();
  readonly #rotations: number[] = [];
  readonly #open = new Set<string>();
  /** Runs that closed, and that no manifest followed. */
  readonly #unmade = new Set<string>();
  #size = 0;
  #reading: Promise<void> = Promise.resolve();

  constructor(directory: string) {
    this.#directory = directory;
  }

  get size(): number {
    return this.#size;
  }

  /** Runs that are closed in the log and have no `run.manifest` after that, oldest first. */
  get unmade(): readonly string[] {
    return [...this.#unmade];
  }

  isOpen(run: string): boolean {
    return this.#open.has(run);
  }

  /** True where the run is closed, and no `run.manifest` came after that. */
  isUnmade(run: string): boolean {
    return this.#unmade.has(run);
  }

  /** Reads what came since, up to `size` entries, which must be under the checkpoint. */
  advance(size: number): Promise<void> {
    const reading = this.#reading.catch(() => undefined /* told to whoever asked then */).then(() => this.#read(size));
    this.#reading = reading;
    return reading;
  }

  /** The newest activation of a policy set before entry `first`, and all from there to `last`. */
  activations(digest: string, first: number, last: number): readonly number[] {
    const all = this.#policies.get(digest) ?? [];
    const before = all.filter((index) => index < first).slice(-1);
    return [...before, ...all.filter((index) => index >= first && index <= last)];
  }

  rotations(last: number): readonly number[] {
    return this.#rotations.filter((index) => index <= last);
  }

  /**
   * The entries that name the run, up to `size`, in their order. `openedAt` (RFC 3339) says where looking begins; where no
   * `run.open` is found from there on, it begins at the first entry.
   */
  async entriesOf(run: string, openedAt: string, size: number): Promise<readonly LoggedEntry[]> {
    const start = this.#bundleBefore(Date.parse(openedAt) - CLOCK_MARGIN_MS) * TILE_WIDTH;
    const found = await this.#entriesFrom(start, run, size);
    return start === 0 || found[0]?.kind === 'run.open' ? found : await this.#entriesFrom(0, run, size);
  }

  /** Entries by their indices. Throws a `Fault` where the log has one of them no more. */
  async entries(indices: readonly number[]): Promise<readonly LoggedEntry[]> {
    const entries: LoggedEntry[] = [];
    let read: readonly ReadEntry[] = [];
    for (const index of indices) {
      let entry = read[index - (read[0]?.index ?? 0)];
      if (entry?.index !== index) {
        const start = index - (index % TILE_WIDTH);
        read = await readLogEntries(this.#directory, start, TILE_WIDTH);
        entry = read[index - start];
      }
      if (entry?.index !== index) throw missing(index);
      entries.push(parsed(entry));
    }
    return entries;
  }

  async #read(size: number): Promise<void> {
    while (this.#size < size) {
      const entries = await readLogEntries(this.#directory, this.#size, Math.min(BATCH, size - this.#size));
      if (entries.length === 0) throw missing(this.#size);
      for (const entry of entries) this.#take(entry);
    }
  }

  #take(entry: ReadEntry): void {
    const { index, text } = entry;
    if (index !== this.#size) throw missing(this.#size);
    this.#size++;
    if (index % TILE_WIDTH === 0) this.#times.push(timeOf(text));
    if (!NOTED.test(text)) return;
    const { kind, members } = parsed(entry);
    const run = String(members['run']);
    if (kind === 'policy.activated') {
      const digest = String(members['digest']);
      this.#policies.set(digest, [...(this.#policies.get(digest) ?? []), index]);
    } else if (kind === 'key.rotated') this.#rotations.push(index);
    else if (kind === 'run.close') {
      this.#open.delete(run);
      this.#unmade.add(run);
    } else {
      if (kind === 'run.open') this.#open.add(run);
      this.#unmade.delete(run);
    }
  }

  async #entriesFrom(start: number, run: string, size: number): Promise<readonly LoggedEntry[]> {
    const named = `"run":${JSON.stringify(run)}`;
    const found: LoggedEntry[] = [];
    for (let at = start; at < size; ) {
      const entries = await readLogEntries(this.#directory, at, Math.min(BATCH, size - at));
      if (entries.length === 0) throw missing(at);
      for (const entry of entries) if (entry.text.includes(named)) found.push(parsed(entry));
      at += entries.length;
    }
    return found.filter(({ members }) => members['run'] === run);
  }

  /** The last bundle that begins before a time, and none after it begins earlier still. */
  #bundleBefore(timeMs: number): number {
    const after = this.#times.findIndex((time) => time >= timeMs);
    return Math.max(0, (after < 0 ? this.#times.length : after) - 1);
  }
}

const NOTED = /"kind":"(?:policy\.activated|key\.rotated|run\.open|run\.close|run\.manifest)"/u;

/** An entry that was altered says nothing, and the checkpoint that no longer fits says so. */
function parsed(entry: ReadEntry): LoggedEntry {
  try {
    const { kind, detail, ...members } = JSON.parse(entry.text) as Readonly<Record<string, unknown>>;
    const own = typeof detail === 'object' && detail !== null ? { ...members, ...detail } : members;
    return { ...entry, kind: String(kind), members: own };
  } catch {
    return { ...entry, kind: '', members: {} };
  }
}

function timeOf(text: string): number {
  const [, at = ''] = /"at":"([^"]+)"/u.exec(text) ?? [];
  return Date.parse(at) || 0;
}

function missing(index: number): Fault {
  return new Fault('log-corrupt', `entry ${index} of the log is under its checkpoint and cannot be read`);
}
