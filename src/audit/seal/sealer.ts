/**
 * Makes evidence of the journal's records: event lines and their trees, packs of bodies, entries and tiles of the log. A
 * class without threads or timers: `sealer-worker.ts` runs it, and recovery on what a crash left. One a directory.
 */
import { existsSync, statSync, truncateSync } from 'node:fs';
import { Fault } from '../../model/fault.ts';
import type { Limits } from '../../model/limits.ts';
import { RunKeys, type SealingKeys } from '../audit-keys.ts';
import { type AuditPaths, auditPaths, bodyPath, sessionPath } from '../audit-paths.ts';
import { canonicalJson, type Json } from '../canonical-json.ts';
import { ensureDirectory, syncDirectory } from '../durable-files.ts';
import { DiskGuard } from '../journal/disk-guard.ts';
import { type AuditRecord, afterText, beforeText, RECORD, RecordWalk } from '../journal/record-codec.ts';
import { BodyFile } from './body-file.ts';
import { bodyKey } from './body-pack.ts';
import { BodyStreams, withoutLostBody } from './body-stream.ts';
import { LogWriter } from './log-writer.ts';
import { OpenRuns } from './open-runs.ts';
import { loadState, type SealState, writeState } from './seal-state.ts';
import { isoTime, newSessionState, SealedSession, type SessionState } from './sealed-session.ts';
import { writeSession } from './write-session.ts';

export interface SealerOptions {
  readonly directory: string;
  readonly keys: SealingKeys;
  readonly limits: Limits;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly random: (bytes: number) => Uint8Array;
  /** True while records of a life before this one go in again: what they left on disk is written anew. */
  readonly replay: boolean;
}

/** Lines and packs are written before a sync once this much waits in all sessions, or this much in one. */
const MAX_PENDING_BYTES = 8 * 1024 * 1024;
const MAX_SESSION_PENDING_BYTES = 512 * 1024;

export class Sealer {
  readonly #options: SealerOptions;
  readonly #paths: AuditPaths;
  readonly #log: LogWriter;
  readonly #runs: OpenRuns;
  readonly #sessions = new Map<number, SealedSession>();
  readonly #streams = new BodyStreams();
  /** Sessions with something that is not in their files yet. */
  readonly #touched = new Set<SealedSession>();
  /** Of those, the ones with much of it. */
  readonly #busy = new Set<SealedSession>();
  #group: number;
  #pending = 0;
  #dirty: boolean;
  readonly #disk = new DiskGuard();

  constructor(options: SealerOptions) {
    this.#options = options;
    this.#paths = auditPaths(options.directory);
    for (const path of [this.#paths.sessions, this.#paths.bodies, this.#paths.log]) ensureDirectory(path);
    const state = loadState(this.#paths);
    this.#group = state.group;
    this.#log = new LogWriter(this.#paths, options.keys, state.log, options.clock);
    this.#runs = new OpenRuns(new RunKeys(this.#paths.keys, options.keys.deployment), this.#log, options.random);
    for (const run of state.runs) this.#runs.resume(run);
    for (const session of state.sessions) this.#resume(session);
    this.#dirty = !existsSync(this.#paths.state); // there is a state before an empty log is signed
  }

  /** The last group of the journal that went in. */
  get group(): number {
    return this.#group;
  }

  /** The tree of the log; after a sync the one that may be signed. */
  get head(): SealState['log'] {
    return this.#log.state;
  }

  /** True while something is not durable yet. */
  get dirty(): boolean {
    return this.#dirty;
  }

  /** Writes the lines and packs of busy sessions, so that what waits in memory for a sync is bounded. */
  relieve(): void {
    const sessions = this.#pending > MAX_PENDING_BYTES ? this.#touched : this.#busy;
    if (this.#pending > MAX_PENDING_BYTES) this.#pending = 0;
    for (const session of sessions) {
      this.#writeEarly(session);
      this.#busy.delete(session);
    }
  }

  /** Takes the records of journal groups up to `lastGroup`. Returns true where a run or session was closed in them. */
  process(records: Buffer, lastGroup: number): boolean {
    let closed = false;
    const record = new RecordWalk(records);
    while (record.next()) {
      if (record.kind === RECORD.event) this.#event(this.#session(record.session), record);
      else closed = this.#control(record) || closed;
    }
    this.#group = lastGroup;
    this.#pending += records.length;
    this.#dirty = true;
    return closed;
  }

  /** A piece of a body that is too large for the journal. Only its first `storedBytes` bytes are kept. */
  chunk(stream: number, session: number, storedBytes: number, salt: Uint8Array, bytes: Buffer): void {
    const open = this.#sessions.get(session);
    if (open === undefined) return; // closed while pieces were on their way
    this.#streams.take(stream, open, storedBytes, salt, bytes);
    if (open.bodies.pending > MAX_SESSION_PENDING_BYTES) this.#writeEarly(open);
  }

  /** The end of such a body, which stands in its file now; returns its member of the event, in canonical JSON. */
  finish(stream: number, media: string): string {
    const body = this.#streams.remove(stream);
    if (body === undefined) throw new Fault('internal', `no body streams under the number ${stream}`);
    this.#writeEarly(body.session);
    return body.finish(media);
  }

  /** Forgets a body that nobody will finish. */
  abandon(stream: number): void {
    this.#streams.remove(stream);
  }

  /** Puts heads of active sessions into the log when they are due, and a heartbeat when that is. */
  tick(): void {
    const now = this.#options.clock();
    for (const session of this.#sessions.values()) {
      if (session.size > session.headSize && now - session.headAt >= this.#options.limits.sessionHeadMs) {
        this.#head(session);
      }
    }
    for (const beat of this.#log.heartbeat.due(now, this.#options.limits.heartbeatMs)) this.#append('heartbeat', beat);
  }

  /** Makes everything durable, so that its tree may be signed. What fails may be tried again. */
  sync(): void {
    if (!this.#dirty) return;
    this.#write();
    this.#disk.attempt(() => this.#log.flush());
    this.#disk.attempt(() => writeState(this.#paths.state, this.#state()));
    this.#dirty = false;
  }

  /** A checkpoint of so many entries is published: what only an older one needed goes. */
  published(size: number): void {
    this.#log.published(size);
  }

  /** Ends what a crash left open: its sessions, then its runs. */
  closeAbandoned(): void {
    for (const session of this.#sessions.values()) this.#close(session, this.#options.clock(), 'gatewayFailed', '');
    this.#runs.closeAll('gatewayFailed');
    this.#dirty = true; // runs write into the log by themselves
  }

  #control(record: AuditRecord): boolean {
    const detail = JSON.parse(afterText(record)) as { readonly [name: string]: string };
    const { id = '', termination = '', outcome = '', run = '', ...evidence } = detail;
    switch (record.kind) {
      case RECORD.openRun:
        this.#runs.open(id, evidence);
        return false;
      case RECORD.closeRun:
        this.#runs.end(id, termination);
        return true;
      case RECORD.openSession:
        this.#open(record, id, run);
        return false;
      case RECORD.closeSession:
        this.#close(this.#session(record.session), record.at, outcome, beforeText(record));
        return true;
      case RECORD.note: {
        const note = detail as unknown as { kind: string; detail: Json };
        this.#append(note.kind, { detail: note.detail });
        return false;
      }
      case RECORD.event:
        throw new Fault('internal', 'an event is no control record');
      default:
        throw new Fault('log-corrupt', `the journal holds a record of kind ${String(record.kind satisfies never)}`);
    }
  }

  #event(session: SealedSession, record: AuditRecord): void {
    session.record(this.#options.replay ? withoutLostBody(record, session.bodies) : record);
    this.#touched.add(session);
    if (session.pending > MAX_SESSION_PENDING_BYTES) this.#busy.add(session);
    if (session.size - session.headSize >= this.#options.limits.sessionHeadEvents) this.#head(session);
  }

  #open(record: AuditRecord, id: string, run: string): void {
    const key = this.#runs.key(run);
    if (key === undefined) throw new Fault('internal', `session ${id} belongs to run ${run}, which is not open`);
    const day = isoTime(record.at).slice(0, 10);
    const path = sessionPath(this.#paths, day, id);
    if (existsSync(path)) {
      if (!this.#options.replay) throw new Fault('internal', `${path} exists: session ids are used once`);
      truncateSync(path, 0);
    }
    const session = this.#add(newSessionState(record.session, id, run, day), key);
    this.#touched.add(session);
    session.begin(record);
    session.headSize = 1;
    this.#append('session.open', { day, root: session.root(), run, session: id });
  }

  #close(session: SealedSession, at: number, outcome: string, before: string): void {
    // The close commits to the body file: nothing goes into it any more.
    this.#streams.removeAll(session);
    for (const exchange of session.open) {
      const [kind, why] = session.waiting.has(exchange)
        ? (['refusal', NEVER_FORWARDED] as const)
        : (['gap', GAP] as const);
      session.append(at, `"exchange":${exchange},"kind":"${kind}",`, why);
    }
    const { bodies, id, run } = session;
    bodies.seal();
    const { bytes, packs } = bodies;
    const closing = canonicalJson({ bodies: { bytes: String(bytes), digest: bodies.digest(), packs }, outcome });
    session.append(at, `"closing":${closing},"kind":"session.close",${before}`, '');
    this.#sessions.delete(session.number);
    this.#touched.add(session);
    const size = String(session.size);
    const entry = this.#append('session.close', { outcome, root: session.root(), run, session: id, size });
    this.#runs.sessionClosed(run, entry);
  }

  #head(session: SealedSession): void {
    session.headSize = session.size;
    session.headAt = this.#options.clock();
    const { id, run, size } = session;
    this.#append('session.head', { root: session.root(), run, session: id, size: String(size) });
  }

  #append(kind: string, members: { readonly [name: string]: Json }): Buffer {
    this.#dirty = true;
    return this.#log.append(kind, members);
  }

  #session(number: number): SealedSession {
    const session = this.#sessions.get(number);
    if (session === undefined) throw new Fault('internal', `a record belongs to session ${number}, which is not open`);
    return session;
  }

  #resume(state: SessionState): void {
    const key = this.#runs.key(state.run);
    if (key === undefined) throw new Fault('log-corrupt', `session ${state.id} is open and its run is not`);
    const path = sessionPath(this.#paths, state.day, state.id);
    const bytes = existsSync(path) ? statSync(path).size : 0;
    if (bytes < state.fileBytes) throw new Fault('log-corrupt', `${path} has ${bytes} of ${state.fileBytes} bytes`);
    if (bytes > state.fileBytes) truncateSync(path, state.fileBytes);
    this.#add(state, key);
  }

  #add(state: SessionState, runKey: Uint8Array): SealedSession {
    const { id, run, number } = state;
    const bodies = new BodyFile(bodyPath(this.#paths, id), bodyKey(runKey, id), this.#options.random);
    if (this.#options.replay) bodies.resume();
    const session = new SealedSession(state, bodies, this.#options.clock());
    this.#sessions.set(number, session);
    this.#runs.sessionOpened(run);
    return session;
  }

  #writeEarly(session: SealedSession): void {
    this.#touched.add(session);
    // A pack on disk must find its key again when the records that name it are replayed.
    this.#disk.attempt(() => this.#runs.writeKeys());
    this.#disk.attempt(() => writeSession(this.#paths, session, { durable: false }));
  }

  /** Writes the keys, lines and packs that wait, durably. */
  #write(): void {
    this.#disk.attempt(() => this.#runs.writeKeys());
    const directories = new Set<string>();
    for (const session of this.#touched) {
      this.#disk.attempt(() => writeSession(this.#paths, session, { durable: true, directories }));
      this.#touched.delete(session);
      this.#busy.delete(session);
    }
    for (const directory of directories) this.#disk.attempt(() => syncDirectory(directory));
    this.#pending = 0;
  }

  #state(): SealState {
    const sessions = [...this.#sessions.values()].map((session) => session.state());
    return { v: 1, group: this.#group, log: this.#log.state, runs: this.#runs.state(), sessions };
  }
}

const GAP = '"reason":"the session ended before the reply was recorded","result":{"status":"unknown"},';
/** An approval is on disk as used before anything is forwarded, so where none is nothing was. */
const NEVER_FORWARDED = `"refusal":${canonicalJson({
  code: 'approval-cancelled',
  message: 'the session ended before an approval of this was used: it was never forwarded',
})},`;
