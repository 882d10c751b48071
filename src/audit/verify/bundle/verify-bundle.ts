/**
 * Verifies an evidence bundle offline, from the verifier's own keys (docs/operating/verifying.md). Runs in Node and in
 * a browser: files, digests and the clock are handed in.
 */
import type { BundleCheck } from './bundle-check.ts';
import { checkContents } from './check-contents.ts';
import { checkDecisions } from './check-decisions.ts';
import { checkIdentity } from './check-identity.ts';
import { checkLog } from './check-log.ts';
import { checkSessions } from './check-sessions.ts';
import { checkStatement } from './check-statement.ts';
import { checkTime } from './check-time.ts';
import type { ByteSource, Engine } from './engine.ts';
import { type BundleReport, ReportWriter, type Step } from './report.ts';
import type { Trust } from './trust.ts';
import { type Archive, openZip, windowed } from './zip-archive.ts';

export interface VerifyBundleOptions {
  readonly engine: Engine;
  /** What the verifier brings along; what is not there is not believed. */
  readonly trust: Trust;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  /** Told of each step when it ends. */
  readonly onStep?: (step: Step) => void;
  /** Told how much of the work is done, from 0 to 1. */
  readonly onProgress?: (done: number) => void;
  readonly signal?: AbortSignal;
}

export async function verifyBundle(source: ByteSource, options: VerifyBundleOptions): Promise<BundleReport> {
  const report = new ReportWriter(options.onStep ?? (() => undefined));
  const archive = await openZip(windowed(source));
  if (typeof archive === 'string') {
    report.fail('archive', `the archive is not to be read: ${archive}`);
    report.end('archive', 'refused');
    return report.report();
  }
  report.end('archive', `${archive.size} files, ${source.size} bytes`);
  try {
    await verifyArchive(archive, report, options);
  } catch (cause) {
    if (options.signal?.aborted === true) throw cause;
    // A bundle may hold anything: what cannot even be checked has failed.
    report.fail('contents', `the bundle cannot be checked: ${String(cause)}`);
  }
  return report.report();
}

async function verifyArchive(archive: Archive, report: ReportWriter, options: VerifyBundleOptions): Promise<void> {
  const { engine, trust, nowMs, signal } = options;
  const onProgress = progressOf(archive, options);
  const contents = await checkContents(engine, archive, report, onProgress, signal);
  const { absent } = contents ?? {};
  const missing = absent === undefined || absent.size === 0 ? '' : `, ${absent.size} not here`;
  report.end('contents', `${report.totals.files} files${missing}${unvouched(archive)}`);
  if (contents === undefined) return;
  const { run } = contents.manifest;
  report.run = run;
  const check: BundleCheck = { engine, trust, nowMs, archive, report, ...contents, onProgress, signal };
  const statement = await checkStatement(check);
  const log = await checkLog(check, statement);
  const seen = await checkSessions(check, log);
  checkDecisions(check, log, seen, statement);
  await checkIdentity(check, seen, statement);
  await checkTime(check, statement);
}

/** Files for reading, which anybody could have changed: nothing commits to them, and no step looks at what they say. */
const FOR_READING = /^(?:README\.txt$|replay\/)/u;

function unvouched(archive: Archive): string {
  const count = [...archive.keys()].filter((path) => FOR_READING.test(path)).length;
  return count === 0 ? '' : `; ${count} for reading alone, which nobody vouches for (README.txt, replay/)`;
}

/** Every byte is read once for its digest, and those of sessions once more. */
function progressOf(archive: Archive, { onProgress }: VerifyBundleOptions): (bytes: number) => void {
  if (onProgress === undefined) return () => undefined;
  let total = 0;
  for (const { path, bytes } of archive.values()) total += path.startsWith('sessions/') ? 2 * bytes : bytes;
  let done = 0;
  return (bytes) => {
    done += bytes;
    onProgress(total === 0 ? 1 : Math.min(1, done / total));
  };
}

/** True for bytes that begin as a bundle does: its first file stands at 0. */
export function looksLikeBundle(head: Uint8Array): boolean {
  return head[0] === 0x50 && head[1] === 0x4b && head[2] === 0x03 && head[3] === 0x04;
}
