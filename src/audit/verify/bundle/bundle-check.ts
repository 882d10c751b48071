/** What the steps of verifying a bundle share. */
import type { ManifestFile, RunManifest } from '../../bundle/manifest.ts';
import type { AgentRunPredicate } from '../../bundle/statement.ts';
import type { Engine } from './engine.ts';
import type { LogEntry, RunLog } from './log-entries.ts';
import type { ReportWriter } from './report.ts';
import type { Envelope } from './statement-file.ts';
import type { Trust } from './trust.ts';
import { type Archive, readText } from './zip-archive.ts';

export interface BundleCheck {
  readonly engine: Engine;
  readonly trust: Trust;
  /** The verifier's own time, milliseconds since 1970. */
  readonly nowMs: number;
  readonly archive: Archive;
  readonly report: ReportWriter;
  readonly manifest: RunManifest;
  /** SHA-256 of the manifest's bytes, hex. */
  readonly manifestDigest: string;
  /** Files that the manifest names and the archive does not hold, by path. */
  readonly absent: ReadonlyMap<string, ManifestFile>;
  /** What people say of files that were withheld, by path; believed for nothing but words. */
  readonly said: ReadonlyMap<string, string>;
  readonly onProgress: (bytes: number) => void;
  readonly signal: AbortSignal | undefined;
}

/** What later steps need of the statement. */
export interface CheckedStatement {
  readonly envelope: Envelope;
  readonly predicate: AgentRunPredicate;
}

/** The most that a file takes which is read as a whole. */
export const MAX_WHOLE_BYTES = 64 * 1024 * 1024;

/**
 * Reads a file as a whole; undefined where it is not there. One that is no text, or too large, reads as empty, which is
 * nothing that any file of a bundle may be: it is not to pass for one that was left out.
 */
export async function textOf(archive: Archive, path: string): Promise<string | undefined> {
  const file = archive.get(path);
  return file === undefined ? undefined : ((await readText(file, MAX_WHOLE_BYTES)) ?? '');
}

/** Why a restricted file is not there: as the log says it, or as people do. Undefined where nobody does. */
export function whyAbsent({ said }: BundleCheck, log: RunLog, path: string): string | undefined {
  if (log.erasures.length > 0 && path.startsWith('bodies/')) return 'erased';
  const why = said.get(path);
  return why === 'role' || why === 'asked' ? why : undefined;
}

/** The newest word of the log on the erasure of the run's bodies. */
export function erasureOf(log: RunLog): { by?: string; at?: string; reason?: string } {
  const entry: LogEntry | undefined = log.erasures.at(-1);
  if (entry === undefined) return {};
  const { by, reason } = entry.detail;
  return {
    at: entry.at,
    ...(typeof by === 'string' ? { by } : {}),
    ...(typeof reason === 'string' ? { reason } : {}),
  };
}
