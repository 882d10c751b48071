import { isDeepStrictEqual } from 'node:util';
import { readLogEntries } from '../audit/read/read-log.ts';
import { fetchSealed, type SecretSource } from '../declared/secret-source.ts';
import type { Limits } from '../model/limits.ts';
import { reloadOn } from '../store/reload-on.ts';
import type { ExportsTable } from '../store/schema.ts';
import type { Store } from '../store/store.ts';
import { CursorFile } from './cursor-file.ts';
import type { ExportDeclaration, ExportSecrets } from './declaration.ts';
import { Exporter, type ExportProgress } from './exporter.ts';
import { cef } from './formats/cef.ts';
import { ecs } from './formats/ecs.ts';
import type { Format, FormatName } from './formats/format.ts';
import { ocsf } from './formats/ocsf.ts';
import { exportBinding } from './load-exports.ts';
import { logSize, readEntry } from './log-state.ts';
import type { Sink } from './sinks/sink.ts';

export interface ExportService extends AsyncDisposable {
  /** Every export as it fares, by name. */
  list(): Promise<readonly ExportStatus[]>;
  /** Sends all from an entry of the log on once more; false where there is no such export, or it is switched off. */
  replay(name: string, index: number): Promise<boolean>;
  /**
   * Brings every export that goes on to the log's end as it is now, until the signal says that it is time: for the end of
   * a gateway. What does not arrive is sent after the next start.
   */
  finish(signal: AbortSignal): Promise<void>;
  /** Reads the configuration again; called when the store says that it changed. */
  reload(): Promise<void>;
}

export interface ExportStatus extends Omit<ExportProgress, 'state'> {
  readonly name: string;
  readonly kind: ExportDeclaration['kind'];
  readonly format: FormatName;
  readonly people: boolean;
  readonly statements: boolean;
  readonly state: ExportProgress['state'] | 'off';
  /** Entries of the log that are still to be read. */
  readonly behind: number;
  /** Age of the oldest of them, milliseconds. */
  readonly behindMs: number;
}

export interface ExportServiceParts {
  readonly store: Store;
  /** Of the audit log. */
  readonly directory: string;
  /** Where cursors are kept. */
  readonly cursors: string;
  /** The log's name. */
  readonly origin: string;
  readonly version: string;
  readonly limits: Limits;
  /** Opens what was sealed for a purpose. Throws a `Fault`. */
  readonly open: (sealed: string, boundTo: string) => string;
  /** Fetches a secret from where it was declared to be. Rejects with a `Fault`. */
  readonly fetchSecret: (source: SecretSource) => Promise<string>;
  readonly makeSink: (declaration: ExportDeclaration, secrets: ExportSecrets) => Sink;
  readonly nowMs: () => number;
  readonly dice: () => number;
  readonly onFault: (fault: unknown) => void;
}

const ALL_FORMATS: Readonly<Record<FormatName, Format>> = { ocsf, ecs, cef };

interface Running {
  readonly row: ExportsTable;
  readonly declaration: ExportDeclaration;
  /** Absent while it is switched off. */
  readonly exporter?: Exporter;
}

/** The exports in force, each with its own cursor. Each gateway exports its own log. */
export async function openExports(parts: ExportServiceParts): Promise<ExportService> {
  let running: ReadonlyMap<string, Running> = new Map();
  let turn: Promise<void> = Promise.resolve();
  let isOver = false;
  const read = async () => {
    const rows = await parts.store.read((db) => db.selectFrom('exports').selectAll().orderBy('name').execute());
    if (!isOver) running = await changeover(running, rows, parts);
  };
  // One after another: two changes of one export at once would give it two writers.
  const reload = () => {
    turn = turn.catch(ignoreToldFault).then(read);
    return turn;
  };
  const unwatch = reloadOn(parts.store, 'configuration', reload, parts.onFault);
  await reload();
  return {
    list: async () => {
      const size = await logSize(parts.directory);
      return Promise.all([...running.values()].map((one) => statusOf(one, size, parts)));
    },
    replay: async (name, index) => {
      const exporter = running.get(name)?.exporter;
      if (exporter === undefined) return false;
      await exporter.replay(index);
      return true;
    },
    finish: async (signal) => {
      const size = await logSize(parts.directory);
      await Promise.all([...running.values()].map(async ({ exporter }) => exporter?.catchUp(size, signal)));
    },
    reload,
    [Symbol.asyncDispose]: async () => {
      unwatch();
      isOver = true;
      await turn.catch(ignoreToldFault);
      await Promise.all([...running.values()].map(end));
    },
  };
}

/** Ends what is gone or changed, begins what is new or changed, and leaves the rest alone. */
async function changeover(
  before: ReadonlyMap<string, Running>,
  rows: readonly ExportsTable[],
  parts: ExportServiceParts,
): Promise<ReadonlyMap<string, Running>> {
  const isSame = (row: ExportsTable) => isDeepStrictEqual({ ...before.get(row.name)?.row }, { ...row });
  const staying = new Set(rows.filter(isSame).map(({ name }) => name));
  const leaving = [...before.values()].filter(({ row }) => !staying.has(row.name));
  await Promise.all(leaving.map(end));
  return new Map(
    rows.map((row) => [row.name, staying.has(row.name) ? (before.get(row.name) as Running) : begin(row, parts)]),
  );
}

async function end({ exporter }: Running): Promise<void> {
  await exporter?.[Symbol.asyncDispose]();
}

function begin(row: ExportsTable, parts: ExportServiceParts): Running {
  const declaration = JSON.parse(row.declaration) as ExportDeclaration;
  const { name, enabled, format, from, people, statements } = declaration;
  if (!enabled) return { row, declaration };
  const { directory, origin, version, limits, nowMs, dice, onFault } = parts;
  const exporter = new Exporter({
    name,
    from,
    people,
    statements,
    format: ALL_FORMATS[format],
    sink: parts.makeSink(declaration, secretsOf(row, declaration, parts)),
    cursor: new CursorFile(parts.cursors, name, origin),
    directory,
    origin,
    version,
    limits,
    nowMs,
    dice,
    onFault,
  });
  return { row, declaration, exporter };
}

function secretsOf(row: ExportsTable, declaration: ExportDeclaration, parts: ExportServiceParts): ExportSecrets {
  return async (name) => {
    const sealed = parts.open(row.sealed, exportBinding(declaration));
    return await fetchSealed(sealed, name, `the export ${row.name}`, parts.fetchSecret);
  };
}

async function statusOf(one: Running, size: number, { directory, nowMs }: ExportServiceParts): Promise<ExportStatus> {
  const { name, kind, format, people, statements } = one.declaration;
  const common = { name, kind, format, people, statements };
  if (one.exporter === undefined) {
    return { ...common, state: 'off', index: 0, delivered: 0, aside: 0, behind: 0, behindMs: 0 };
  }
  const { progress } = one.exporter;
  const behind = Math.max(0, size - progress.index);
  return {
    ...common,
    ...progress,
    behind,
    behindMs: behind === 0 ? 0 : await ageOf(progress.index, directory, nowMs()),
  };
}

async function ageOf(index: number, directory: string, nowMs: number): Promise<number> {
  const [entry] = await readLogEntries(directory, index, 1);
  return entry === undefined ? 0 : Math.max(0, nowMs - Date.parse(readEntry(entry.text).at));
}

/** Whoever asked for that reading got its fault. */
function ignoreToldFault(): void {}
