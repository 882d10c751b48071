/**
 * Makes evidence of the journal's records: event lines and their trees, packs of bodies, entries and tiles of the log,
 * and signed checkpoints. A plain class without threads or timers; `sealer-worker.ts` runs it beside the gateway, and
 * recovery runs it on what a crash left. One sealer a directory.
 */
import { createPublicKey, hash } from 'node:crypto';
import { existsSync, readFileSync, truncateSync } from 'node:fs';
import { Fault } from '../model/fault.ts';
import type { Limits } from '../model/limits.ts';
import { type AuditKeys, RunKeys } from './audit-keys.ts';
import { type AuditPaths, auditPaths, bodyPath, sessionPath } from './audit-paths.ts';
import { BodyFile } from './body-file.ts';
import { bodyKey } from './body-pack.ts';
import { BodyStream, withoutLostBody } from './body-stream.ts';
import { canonicalJson, type Json } from './canonical-json.ts';
import { openCheckpoint, signCheckpoint } from './checkpoint.ts';
import { ensureDirectory, replaceFile, syncDirectory } from './durable-files.ts';
import { CompactRange, leafHash } from './merkle.ts';
import { type AuditRecord, readRecords, RECORD } from './record-codec.ts';
import { NEW_STATE, readState, type RunState, writeState } from './seal-state.ts';
import { isoTime, newSessionState, SealedSession, type SessionState } from './sealed-session.ts';
import { noteVerifier } from './signed-note.ts';
import { logRoot, TileLog, truncateTiles } from './tile-log.ts';
import { writeSession } from './write-session.ts';

export interface SealerOptions {
  readonly directory: string;
  readonly keys: AuditKeys;
  readonly limits: Limits;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly random: (bytes: number) => Uint8Array;
  /** True while records of a life before this one go in again: what they left on disk is written anew. */
  readonly replay: boolean;
}

interface OpenRun {
  readonly id: string;
  readonly key: Uint8Array;
  readonly closed: CompactRange;
  termination?: string | undefined;
}

/** Sessions write their lines and packs once this much waits in all of them. */
const MAX_PENDING_BYTES = 8 * 1024 * 1024;
const MAX_STREAM_PENDING_BYTES = 1024 * 1024;

export class Sealer {
  readonly #options: SealerOptions;
  readonly #paths: AuditPaths;
  readonly #runKeys: RunKeys;
  readonly #log: TileLog;
  readonly #runs = new Map<string, OpenRun>();
  readonly #sessions = new Map<number, SealedSession>();
  readonly #streams = new Map<number, BodyStream>();
  /** Sessions with something that is not in their files yet. */
  readonly #touched = new Set<SealedSession>();
  /** Key files of runs that are not written yet. */
  readonly #newKeys = new Map<string, Buffer>();
  #group: number;
  #pending = 0;
  #dirty = false;
  #lastEntryAt: number;
  /** Set once the disk did not keep what it took: nothing more is signed before a restart and a recovery. */
  #broken: Fault | undefined;

  constructor(options: SealerOptions) {
    this.#options = options;
    this.#paths = auditPaths(options.directory);
    for (const path of [this.#paths.sessions, this.#paths.bodies, this.#paths.log]) ensureDirectory(path);
    this.#runKeys = new RunKeys(this.#paths.keys, options.keys.deployment);
    const state = readState(this.#paths.state) ?? this.#begin();
    this.#group = state.group;
    truncateTiles(this.#paths.log, state.log.size);
    this.#log = new TileLog(this.#paths.log, state.log.size);
    this.#lastEntryAt = options.clock();
    this.#checkAgainstCheckpoint(state.log.root);
    for (const run of state.runs) this.#resumeRun(run);
    for (const session of state.sessions) this.#resumeSession(session);
  }

  /** The last group of the journal that went in. */
  get group(): number {
    return this.#group;
  }

  get size(): number {
    return this.#log.size;
  }

  /** True while something is not under a checkpoint yet. */
  get dirty(): boolean {
    return this.#dirty;
  }

  /** Takes the records of journal groups up to `lastGroup`. Returns true where a run or session was closed in them. */
  process(records: Buffer, lastGroup: number): boolean {
    let closed = false;
    for (const record of readRecords(records)) {
      if (record.kind === RECORD.event) this.#record(this.#session(record.session), record);
      else closed = this.#control(record) || closed;
    }
    this.#group = lastGroup;
    this.#dirty = true;
    return closed;
  }

  /** True while more waits in memory than should: time to `sync`. */
  get full(): boolean {
    return this.#pending > MAX_PENDING_BYTES;
  }

  /** A piece of a body that is too large for the journal. Only its first `storedBytes` bytes are kept. */
  chunk(stream: number, session: number, storedBytes: number, salt: Uint8Array, bytes: Buffer): void {
    let body = this.#streams.get(stream);
    if (body === undefined) {
      body = new BodyStream(this.#session(session), storedBytes, salt);
      this.#streams.set(stream, body);
    }
    body.take(bytes);
    if (body.session.bodies.pending > MAX_STREAM_PENDING_BYTES) this.#writeBodies(body.session);
  }

  /** The end of such a body, which stands in its file now; returns its member of the event, in canonical JSON. */
  finish(stream: number, media: string): string {
    const body = this.#streams.get(stream);
    if (body === undefined) throw new Fault('internal', `no body streams under the number ${stream}`);
    this.#streams.delete(stream);
    this.#writeBodies(body.session);
    return body.finish(media);
  }

  /** Forgets a body that nobody will finish. */
  abandon(stream: number): void {
    this.#streams.delete(stream);
  }

  /** Puts heads of active sessions into the log when they are due, and a heartbeat when nothing else was. */
  tick(): void {
    const now = this.#options.clock();
    for (const session of this.#sessions.values()) {
      if (session.size > session.headSize && now - session.headAt >= this.#options.limits.sessionHeadMs) {
        this.#head(session);
      }
    }
    if (now - this.#lastEntryAt >= this.#options.limits.heartbeatMs) this.#entry('heartbeat', {});
  }

  /** Makes everything durable, then signs it. What fails may be tried again. */
  sync(): void {
    if (!this.#dirty) return;
    this.#write();
    this.#guard(() => this.#log.flush());
    this.#guard(() => writeState(this.#paths.state, this.#state()));
    this.#publish();
    this.#log.tidy();
    this.#dirty = false;
  }

  /** Ends what a crash left open: its sessions, then its runs. */
  closeAbandoned(): void {
    const at = this.#options.clock();
    for (const session of [...this.#sessions.values()]) {
      this.#closeSession(session, at, 'gatewayFailed', Buffer.alloc(0));
    }
    for (const run of [...this.#runs.values()]) this.#closeRun(run, run.termination ?? 'gatewayFailed');
  }

  #writeBodies(session: SealedSession): void {
    this.#touched.add(session);
    this.#guard(() => writeSession(this.#paths, session, { durable: false }));
  }

  #control(record: AuditRecord): boolean {
    const detail = JSON.parse(record.after.toString()) as Record<string, string>;
    switch (record.kind) {
      case RECORD.openRun:
        this.#openRun(detail);
        return false;
      case RECORD.closeRun:
        this.#endRun(detail);
        return true;
      case RECORD.openSession:
        this.#openSession(record, detail);
        return false;
      case RECORD.closeSession:
        this.#closeSession(this.#session(record.session), record.at, detail.outcome ?? '', record.before);
        return true;
      case RECORD.note:
        this.#note(detail as unknown as { kind: string; detail: { [name: string]: Json } });
        return false;
      case RECORD.event:
        throw new Fault('internal', 'an event is no control record');
      default:
        throw new Fault('log-corrupt', `the journal holds a record of kind ${String(record.kind satisfies never)}`);
    }
  }

  #record(session: SealedSession, record: AuditRecord): void {
    const before = session.pending;
    session.record(this.#options.replay ? withoutLostBody(record, session.bodies) : record);
    this.#pending += session.pending - before;
    this.#touched.add(session);
    if (session.size - session.headSize >= this.#options.limits.sessionHeadEvents) this.#head(session);
  }

  #openRun(detail: Record<string, string>): void {
    const { id = '', ...evidence } = detail;
    if (this.#runs.has(id)) return;
    const { key, file } = this.#runKeys.make(id, this.#options.random);
    this.#newKeys.set(id, file);
    this.#runs.set(id, { id, key, closed: new CompactRange() });
    this.#entry('run.open', { ...evidence, keyDigest: hash('sha256', file, 'hex'), run: id });
  }

  #endRun(detail: Record<string, string>): void {
    const run = this.#runs.get(detail.id ?? '');
    if (run === undefined) return;
    run.termination = detail.termination;
    this.#closeRunIfDone(run);
  }

  /** A run that ended closes in the log once the last of its sessions has. */
  #closeRunIfDone(run: OpenRun): void {
    if (run.termination === undefined) return;
    for (const session of this.#sessions.values()) if (session.run === run.id) return;
    this.#closeRun(run, run.termination);
  }

  #closeRun(run: OpenRun, termination: string): void {
    this.#runs.delete(run.id);
    const { closed } = run;
    this.#entry('run.close', { run: run.id, sessions: String(closed.size), sessionsRoot: closed.root(), termination });
  }

  #openSession(record: AuditRecord, detail: Record<string, string>): void {
    const { id = '', run: runId = '' } = detail;
    const run = this.#runs.get(runId);
    if (run === undefined) throw new Fault('internal', `session ${id} belongs to run ${runId}, which is not open`);
    const day = isoTime(record.at).slice(0, 10);
    const path = sessionPath(this.#paths, day, id);
    if (existsSync(path)) {
      if (!this.#options.replay) throw new Fault('internal', `${path} exists: session ids are used once`);
      truncateSync(path, 0);
    }
    const bodies = new BodyFile(bodyPath(this.#paths, id), bodyKey(run.key, id), this.#options.random);
    bodies.resume();
    const state = newSessionState(record.session, id, runId, day);
    const session = new SealedSession(state, bodies, this.#options.clock());
    this.#sessions.set(session.number, session);
    this.#touched.add(session);
    session.record({ ...record, after: Buffer.alloc(0) });
    session.headSize = 1;
    this.#entry('session.open', { day, root: session.root(), run: runId, session: id });
  }

  #closeSession(session: SealedSession, at: number, outcome: string, before: Buffer): void {
    for (const exchange of session.open) {
      session.append(at, '', Buffer.from(`"exchange":${exchange},"kind":"gap",`), GAP);
    }
    const { bodies } = session;
    bodies.seal();
    const closing = canonicalJson({
      bodies: { bytes: String(bodies.bytes), digest: bodies.digest(), packs: bodies.packs },
      outcome,
    });
    const members = Buffer.concat([Buffer.from(`"closing":${closing},"kind":"session.close",`), before]);
    session.append(at, '', members, Buffer.alloc(0));
    session.closed = true;
    this.#sessions.delete(session.number);
    this.#touched.add(session);
    const { id, run: runId, size } = session;
    const entry = this.#entry('session.close', {
      outcome,
      root: session.root(),
      run: runId,
      session: id,
      size: String(size),
    });
    const run = this.#runs.get(runId);
    if (run === undefined) return;
    run.closed.append(leafHash(entry));
    this.#closeRunIfDone(run);
  }

  #note(note: { kind: string; detail: { [name: string]: Json } }): void {
    this.#entry(note.kind, { detail: note.detail });
  }

  #head(session: SealedSession): void {
    session.headSize = session.size;
    session.headAt = this.#options.clock();
    const { id, run, size } = session;
    this.#entry('session.head', { root: session.root(), run, session: id, size: String(size) });
  }

  #entry(kind: string, members: { readonly [name: string]: Json }): Buffer {
    this.#lastEntryAt = this.#options.clock();
    const entry = Buffer.from(canonicalJson({ ...members, at: isoTime(this.#lastEntryAt), kind, v: 1 }));
    this.#log.append(entry);
    this.#dirty = true;
    return entry;
  }

  #session(number: number): SealedSession {
    const session = this.#sessions.get(number);
    if (session === undefined) throw new Fault('internal', `a record belongs to session ${number}, which is not open`);
    return session;
  }

  /** Writes the lines and packs that wait, durably. */
  #write(): void {
    if (this.#broken !== undefined) throw this.#broken;
    for (const [run, file] of this.#newKeys) {
      this.#guard(() => this.#runKeys.write(run, file));
      this.#newKeys.delete(run);
    }
    const directories = new Set<string>();
    for (const session of this.#touched) {
      this.#guard(() => writeSession(this.#paths, session, { durable: true, directories }));
      this.#touched.delete(session);
    }
    for (const directory of directories) this.#guard(() => syncDirectory(directory));
    this.#pending = 0;
  }

  /** A failed write may be tried again; a failed sync may not, for the kernel forgets what it could not write. */
  #guard<Result>(action: () => Result): Result {
    if (this.#broken !== undefined) throw this.#broken;
    try {
      return action();
    } catch (cause) {
      if (cause instanceof Fault) throw cause;
      const fault = new Fault('log-unavailable', `the audit log cannot be written: ${String(cause)}`, { cause });
      if ((cause as NodeJS.ErrnoException).syscall?.includes('sync') === true) this.#broken = fault;
      throw fault;
    }
  }

  #publish(): void {
    const { keys } = this.#options;
    const checkpoint = { origin: keys.origin, size: this.#log.size, root: this.#log.root() };
    const note = signCheckpoint(checkpoint, { name: keys.origin, key: keys.log });
    this.#guard(() => replaceFile(this.#paths.checkpoint, note, 0o644));
  }

  #state() {
    return {
      v: 1 as const,
      group: this.#group,
      log: { size: this.#log.size, root: this.#log.root() },
      runs: [...this.#runs.values()].map(({ id, closed, termination }) => ({
        id,
        closed: { size: closed.size, roots: closed.roots },
        ...(termination === undefined ? {} : { termination }),
      })),
      sessions: [...this.#sessions.values()].map((session) => session.state()),
    };
  }

  #begin() {
    if (existsSync(this.#paths.checkpoint)) {
      throw new Fault('log-corrupt', `${this.#paths.state} is missing, and a log was signed here before`);
    }
    this.#dirty = true;
    return NEW_STATE;
  }

  /** Refuses to go on where what is on disk is smaller than what was signed, or is not what was signed. */
  #checkAgainstCheckpoint(stateRoot: string): void {
    const { keys } = this.#options;
    if (this.#log.root() !== stateRoot)
      throw new Fault('log-corrupt', 'the tiles of the log are not those it was built with');
    if (!existsSync(this.#paths.checkpoint)) {
      this.#dirty = true;
      return;
    }
    const verifier = noteVerifier(keys.origin, createPublicKey(keys.log));
    const signed = openCheckpoint(readFileSync(this.#paths.checkpoint, 'utf8'), keys.origin, [verifier]);
    if (signed === undefined)
      throw new Fault('log-corrupt', `${this.#paths.checkpoint} is not signed by this log's key`);
    if (signed.size > this.#log.size) {
      throw new Fault(
        'log-corrupt',
        `the log has ${this.#log.size} entries, and ${signed.size} were signed: it was rolled back`,
      );
    }
    if (logRoot(this.#paths.log, this.#log.size, signed.size) !== signed.root) {
      throw new Fault('log-corrupt', 'the log is not the one that was signed');
    }
    if (signed.size < this.#log.size) this.#dirty = true;
  }

  #resumeRun(state: RunState): void {
    // Where the key was deleted while the run was open, what is still to be sealed goes under a new one.
    const { key, file } = this.#runKeys.make(state.id, this.#options.random);
    this.#newKeys.set(state.id, file);
    const closed = new CompactRange(state.closed.size, state.closed.roots);
    this.#runs.set(state.id, { id: state.id, key, closed, termination: state.termination });
  }

  #resumeSession(state: SessionState): void {
    const run = this.#runs.get(state.run);
    if (run === undefined) throw new Fault('log-corrupt', `session ${state.id} is open and its run is not`);
    const bodies = new BodyFile(bodyPath(this.#paths, state.id), bodyKey(run.key, state.id), this.#options.random);
    bodies.resume();
    const path = sessionPath(this.#paths, state.day, state.id);
    if (existsSync(path)) truncateSync(path, state.fileBytes);
    const session = new SealedSession(state, bodies, this.#options.clock());
    this.#sessions.set(session.number, session);
  }
}

const GAP = Buffer.from('"reason":"the session ended before the reply was recorded","result":{"status":"unknown"},');
