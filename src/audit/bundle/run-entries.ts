/** The entries of the log that a run's evidence is made of (docs/design/0004-evidence-bundle.md, "Which entries"). */
import type { LogCatalogue, LoggedEntry } from './log-catalogue.ts';

export interface LoggedRunSession {
  readonly id: string;
  readonly open: LoggedEntry;
  readonly close?: LoggedEntry;
  /** The newest, where it is open. */
  readonly head?: LoggedEntry;
}

export interface RunEntries {
  readonly run: string;
  /** Of the log that was looked through. */
  readonly size: number;
  readonly opens: readonly LoggedEntry[];
  /** The last one; absent while the run is open. */
  readonly close?: LoggedEntry;
  /** All of them: the run may have been taken up again after a crash. */
  readonly closes: readonly LoggedEntry[];
  readonly manifests: readonly LoggedEntry[];
  /** In the order of their opening. */
  readonly sessions: readonly LoggedRunSession[];
  /** `approval.*`, `access.*` and `bodies.erased`. */
  readonly others: readonly LoggedEntry[];
}

/** Undefined where the log knows no such run. */
export async function findRunEntries(
  catalogue: LogCatalogue,
  run: string,
  { openedAt, size }: { readonly openedAt: string; readonly size: number },
): Promise<RunEntries | undefined> {
  const entries = await catalogue.entriesOf(run, openedAt, size);
  const of = (kind: string) => entries.filter((entry) => entry.kind === kind);
  const opens = of('run.open');
  const last = opens.at(-1);
  if (last === undefined) return undefined;
  const closes = of('run.close');
  const close = closes.at(-1);
  return {
    run,
    size,
    opens,
    closes,
    manifests: of('run.manifest'),
    sessions: sessionsOf(entries),
    others: entries.filter(({ kind }) => OTHERS.has(kind)),
    ...(close === undefined || close.index < last.index ? {} : { close }),
  };
}

/** The entries that go into the bundle, by their indices, in the order of these. */
export function bundledEntries(
  entries: RunEntries,
  policies: readonly string[],
  catalogue: LogCatalogue,
): readonly number[] {
  const first = entries.opens[0]?.index ?? 0;
  const last = entries.size - 1;
  const { opens, closes, manifests, sessions, others } = entries;
  const own = [...opens, ...closes, ...manifests, ...others].map(({ index }) => index);
  const ofSessions = sessions.flatMap(({ open, close, head }) =>
    [open, close ?? head].flatMap((entry) => (entry === undefined ? [] : [entry.index])),
  );
  const activated = policies.flatMap((digest) => catalogue.activations(digest, first, last));
  const all = new Set([...own, ...ofSessions, ...activated, ...catalogue.rotations(last)]);
  return [...all].sort((one, other) => one - other);
}

const OTHERS: ReadonlySet<string> = new Set([
  'approval.requested',
  'approval.decided',
  'access.requested',
  'access.decided',
  'access.revoked',
  'bodies.erased',
]);

function sessionsOf(entries: readonly LoggedEntry[]): readonly LoggedRunSession[] {
  const sessions = new Map<string, LoggedRunSession>();
  for (const entry of entries) {
    const id = String(entry.members['session']);
    const known = sessions.get(id);
    if (entry.kind === 'session.open') sessions.set(id, { id, open: entry });
    else if (known === undefined) continue;
    else if (entry.kind === 'session.head') sessions.set(id, { ...known, head: entry });
    else if (entry.kind === 'session.close') sessions.set(id, { ...known, close: entry });
  }
  return [...sessions.values()];
}
