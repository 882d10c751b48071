/** Opens the audit log of a deployment (docs/design/0001-audit-log-on-disk.md): the engine behind `recorder.ts`. */
import { randomBytes, randomFillSync } from 'node:crypto';
import fs from 'node:fs';
import { join } from 'node:path';
import { Fault } from '../model/fault.ts';
import type { RunId } from '../model/ids.ts';
import { LIMITS, type Limits } from '../model/limits.ts';
import type { Run } from '../model/principal.ts';
import { loadAuditKeys } from './audit-keys.ts';
import { assertFileName, auditPaths, bodyPath } from './audit-paths.ts';
import { canonicalJson, type Json } from './canonical-json.ts';
import { lockDirectory } from './directory-lock.ts';
import { ensureDirectory } from './durable-files.ts';
import {
  destroyKey,
  type Erased,
  type ErasureDetail,
  type ErasureMark,
  isSaid,
  markErasure,
  readMarks,
} from './erasing.ts';
import { Journal } from './journal/journal.ts';
import type { JournalFiles } from './journal/journal-file.ts';
import { FLAG, RECORD, type RecordKind } from './journal/record-codec.ts';
import { recover } from './journal/recover.ts';
import { SealLag } from './journal/seal-lag.ts';
import { allowedDetail } from './log/log-note.ts';
import type { LogKeyOptions } from './log-keys.ts';
import { ReplyShelf } from './record/reply-shelf.ts';
import { SaltPool } from './record/salt-pool.ts';
import { openingJson } from './record/session-opening.ts';
import { RecordedSession, type RecorderParts } from './record/session-recorder.ts';
import type { AuditLog, LogNote, RunEvidence, RunTermination, SessionOpening, SessionRecord } from './recorder.ts';
import { loadState, readState } from './seal/seal-state.ts';
import { SealerThread } from './seal/sealer-thread.ts';
import { requireContinuation } from './seal/signed-before.ts';
import { PublishedLog, type PublishingOptions } from './witness/published-log.ts';

export interface AuditLogOptions extends LogKeyOptions, PublishingOptions {
  /** The audit directory; made where it does not exist. */
  readonly directory: string;
  /** The log's name: a schema-less URL (https://c2sp.org/tlog-checkpoint). It cannot change later. */
  readonly origin: string;
  /** 32 bytes that wrap the keys of bodies; made and kept in `keys/` where absent. */
  readonly deploymentKey?: Uint8Array;
  readonly limits?: Limits;
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
  readonly random?: (bytes: number) => Uint8Array;
  /** File operations of the journal, for tests of a disk that fails. */
  readonly files?: JournalFiles;
}

export interface OpenAuditLog extends AuditLog {
  /**
   * Erases the bodies of a run that is over: the log says so, durably, and then its key is destroyed. Rejects with a
   * `Fault` where the log cannot say it; what a crash interrupts is done at the next start.
   */
  eraseRun(detail: ErasureDetail): Promise<Erased>;
  readonly directory: string;
  /** Its checkpoints, witnesses, alarms and keys. */
  readonly published: PublishedLog;
  /** The log's verifier key, for auditors and witnesses (https://c2sp.org/signed-note). */
  readonly verifierKey: string;
  /** Why nothing can be recorded at present; undefined while all is well. */
  readonly fault: Fault | undefined;
  /** What is recorded and not yet sealed: how long it has been waiting, ms, and how much waits for the sealer. */
  readonly backlog: { readonly waitingMs: number; readonly bytes: number };
}

export async function openAuditLog(options: AuditLogOptions): Promise<OpenAuditLog> {
  const { directory, origin, limits = LIMITS, clock = Date.now, random = randomBytes } = options;
  const paths = auditPaths(directory);
  ensureDirectory(directory);
  const lock = lockDirectory(paths.lock);
  let recorder: Recorder;
  let marks: readonly ErasureMark[];
  try {
    const keys = loadAuditKeys(paths.keys, origin, options, random);
    const kept = await options.anchor?.newest(origin);
    if (kept !== undefined)
      requireContinuation(paths, loadState(paths).log, keys.verifiers, kept, 'the store of the gateway');
    const { group, head } = recover(paths, { directory, keys, limits, clock, random });
    marks = readMarks(paths);
    let journal: Journal;
    let published: PublishedLog;
    const lag = new SealLag();
    const sealer = new SealerThread({
      directory,
      keys,
      limits,
      clock,
      onSealed: (sealed, tree) => {
        journal.sealed(sealed);
        lag.sealed(sealed, performance.now());
        published.advance(tree);
      },
      onSpare: (buffer) => journal.spare(buffer),
    });
    await sealer.ready;
    journal = new Journal({
      directory: paths.journal,
      deployment: keys.deployment,
      firstGroup: group + 1,
      limits,
      random,
      files: options.files ?? fs,
      deliver: (records, lastGroup) => {
        lag.written(lastGroup, performance.now());
        sealer.records(records, lastGroup);
      },
    });
    let streams = 0;
    const salts = new SaltPool(options.random === undefined ? randomFillSync : (pool) => pool.set(random(pool.length)));
    const monotonic = () => Math.round(performance.now() * 1000);
    const shelf = new ReplyShelf(limits.inlineBodyBytes);
    const parts = { journal, sealer, salts, shelf, limits, clock, monotonic, nextStream: () => ++streams };
    const publishing = { ...options, paths, keys: keys.log, limits, clock };
    published = new PublishedLog({ ...publishing, onPublished: (size) => sealer.published(size) }, head);
    published.advance(head);
    await published.settled();
    recorder = new Recorder(parts, { directory, published, lock, random, lag });
  } catch (cause) {
    lock[Symbol.dispose]();
    throw cause;
  }
  try {
    await recorder.published.begin(recorder);
    await recorder.finishErasures(marks);
    return recorder;
  } catch (cause) {
    // Why it cannot go on is what counts, whatever else fails while it ends.
    await recorder[Symbol.asyncDispose]().catch(() => undefined);
    throw cause;
  }
}

interface Deployment {
  readonly directory: string;
  readonly published: PublishedLog;
  readonly lock: Disposable;
  readonly random: (bytes: number) => Uint8Array;
  readonly lag: SealLag;
}

class Recorder implements OpenAuditLog {
  readonly directory: string;
  readonly published: PublishedLog;
  readonly #parts: RecorderParts;
  readonly #lock: Disposable;
  readonly #random: (bytes: number) => Uint8Array;
  readonly #lag: SealLag;
  readonly #runs = new Set<RunId>();
  #sessions = 0;
  #closed: Promise<void> | undefined;

  constructor(parts: RecorderParts, deployment: Deployment) {
    this.#parts = parts;
    this.directory = deployment.directory;
    this.published = deployment.published;
    this.#lock = deployment.lock;
    this.#random = deployment.random;
    this.#lag = deployment.lag;
  }

  get verifierKey(): string {
    return this.published.verifierKey;
  }

  get fault(): Fault | undefined {
    return this.#parts.journal.fault ?? this.#parts.sealer.fault;
  }

  get backlog(): OpenAuditLog['backlog'] {
    return { waitingMs: this.#lag.ms(performance.now()), bytes: this.#parts.sealer.backlogBytes };
  }

  async openRun(run: Run, evidence: RunEvidence): Promise<void> {
    assertFileName(run.id);
    if (this.#runs.has(run.id)) return;
    this.#requireNoAlarm();
    const { tokenDigest, jwksDigest } = evidence;
    await this.#control(RECORD.openRun, { id: run.id, tokenDigest, jwksDigest });
    this.#runs.add(run.id);
  }

  async closeRun(run: RunId, termination: RunTermination): Promise<void> {
    if (!this.#runs.has(run)) return;
    await this.#control(RECORD.closeRun, { id: run, termination });
    this.#runs.delete(run);
  }

  async openSession(opening: SessionOpening): Promise<SessionRecord> {
    const { id, principal, target } = opening;
    assertFileName(id);
    this.#requireNoAlarm();
    if (!this.#runs.has(principal.run.id))
      throw new Fault('internal', `run ${principal.run.id} is not open in the log`);
    if (fs.existsSync(bodyPath(auditPaths(this.directory), id)))
      throw new Fault('internal', `session ${id} was recorded before`);
    const number = ++this.#sessions;
    const { journal, salts, clock, monotonic } = this.#parts;
    const { inClear, body } = openingJson(opening);
    const head = { kind: RECORD.openSession, flags: FLAG.body, session: number, exchange: 0, at: clock() };
    const before = `"kind":"session.open","mono":"${monotonic()}","opening":${inClear},`;
    const after = JSON.stringify({ id, run: principal.run.id });
    journal.append(head, 'application/json', before, after, [Buffer.from(body)], salts.next());
    const settings = { number, mode: target.recordMode, storedReplyBytes: target.storedReplyBytes };
    const session = new RecordedSession(this.#parts, settings);
    try {
      await journal.durable();
    } catch (fault) {
      // The record may yet be written once the disk is back: it must not stay open then.
      session.close('faulted').catch(() => undefined);
      throw fault;
    }
    return session;
  }

  async note(entry: LogNote): Promise<void> {
    await this.#control(RECORD.note, { kind: entry.kind, detail: allowedDetail(entry) });
  }

  async eraseRun(detail: ErasureDetail): Promise<Erased> {
    const { run } = detail;
    assertFileName(run);
    if (this.#runs.has(run as RunId)) return 'open';
    const paths = auditPaths(this.directory);
    // What is recorded of the run is sealed first: what waits in the journal would else be a copy, or lose its key.
    await this.sync();
    if (readState(paths.state)?.runs.some(({ id }) => id === run)) return 'open';
    if (!fs.existsSync(join(paths.keys, 'runs', `${run}.key`))) return 'absent';
    await this.#erase(await markErasure(paths, detail));
    return 'erased';
  }

  /** Does what was said, or marked to be said, in a life of the gateway before this one. */
  async finishErasures(marks: readonly ErasureMark[]): Promise<void> {
    for (const mark of marks) await this.#erase(mark);
  }

  async #erase(mark: ErasureMark): Promise<void> {
    const { journal } = this.#parts;
    const paths = auditPaths(this.directory);
    const { detail } = mark;
    if (!(await isSaid(paths, mark))) await this.note({ kind: 'bodies.erased', detail: { ...detail } });
    // The journal is a copy of what it holds until its segment goes, which is when it is full.
    try {
      journal.turn();
    } catch (cause) {
      throw new Fault('log-unavailable', `the audit journal cannot go on: ${String(cause)}`, { cause });
    }
    await this.sync();
    journal.dropSealed();
    destroyKey(paths, detail.run, this.#random);
  }

  async sync(): Promise<void> {
    const { journal, sealer } = this.#parts;
    const durable = journal.durable();
    journal.flush();
    await durable;
    journal.deliver();
    await sealer.sync();
    await this.published.settled();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= this.#close();
    await this.#closed;
  }

  async #close(): Promise<void> {
    const { journal, sealer } = this.#parts;
    try {
      await journal.close();
    } finally {
      try {
        await sealer.close();
        await this.published.close();
        journal.clear();
      } finally {
        this.#lock[Symbol.dispose]();
      }
    }
  }

  #requireNoAlarm(): void {
    const { refusal } = this.published;
    if (refusal !== undefined) throw refusal;
  }

  async #control(kind: RecordKind, detail: { readonly [name: string]: Json | undefined }): Promise<void> {
    const { journal, clock } = this.#parts;
    const head = { kind, flags: 0, session: 0, exchange: 0, at: clock() };
    journal.append(head, '', '', canonicalJson(detail), []);
    await journal.durable();
  }
}
