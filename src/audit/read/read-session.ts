/** Reads recorded sessions, for replay and for search. What it reads it does not verify: `verify-directory.ts` does. */
import type { KeyObject } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type AuditEvent, parseEvent } from '../audit-event.ts';
import { RunKeys, readDeploymentKey } from '../audit-keys.ts';
import { type AuditPaths, assertFileName, auditPaths, bodyPath, sessionPath } from '../audit-paths.ts';
import { bodyKey } from '../seal/body-pack.ts';
import { BodyReader } from './body-reader.ts';
import { readLines } from './read-lines.ts';

export interface ReadOptions {
  /** Opens the bodies; without it, the directory's own where it keeps one. */
  readonly deploymentKey?: Uint8Array;
  /** Where in the file to begin: the `end` of an event read before. */
  readonly from?: number;
  /** Where to end: lines that go on beyond it are left out. */
  readonly to?: number;
}

export interface RecordedEvent {
  readonly event: AuditEvent;
  /** The line as it stands in the file, which is what the log commits to. */
  readonly line: Buffer;
  /** Where the next line begins in the file, in bytes. */
  readonly end: number;
  /** Opens the event's body, up to `maxBytes` of it; only a whole one is held against its commitment. */
  body(maxBytes?: number): RecordedBody;
}

export type RecordedBody =
  /** `complete` is false where more was sent than was kept or asked for. */
  | { readonly kind: 'bytes'; readonly bytes: Buffer; readonly complete: boolean }
  /** The event has none. */
  | { readonly kind: 'none' }
  /** Its key was deleted, or is not here. */
  | { readonly kind: 'withheld' }
  /** It cannot be read, or is not what was committed to. */
  | { readonly kind: 'unreadable'; readonly why: 'altered' | 'missing' | 'lost' };

/** Where a session's file stands; undefined where there is none of that id. */
export function findSession(directory: string, id: string): string | undefined {
  assertFileName(id);
  const paths = auditPaths(directory);
  for (const day of listDays(paths)) {
    const path = sessionPath(paths, day, id);
    if (existsSync(path)) return path;
  }
  return undefined;
}

/** The days that have sessions, newest first. */
export function listDays(paths: AuditPaths): string[] {
  return existsSync(paths.sessions) ? readdirSync(paths.sessions).sort().toReversed() : [];
}

/** The events of a session in order; none where the session is unknown. */
export async function* readSession(
  directory: string,
  id: string,
  options: ReadOptions = {},
): AsyncGenerator<RecordedEvent> {
  const path = findSession(directory, id);
  if (path === undefined) return;
  const paths = auditPaths(directory);
  using bodies = new SessionBodies(paths, id, options);
  for await (const lines of readLines(path, options.to, options.from)) {
    for (const { bytes, ended, offset } of lines) {
      const event = ended ? parseEvent(bytes) : undefined;
      if (event === undefined) continue; // a line that is being written, or was altered
      yield { event, line: bytes, end: offset + bytes.length + 1, body: (maxBytes) => bodies.read(event, maxBytes) };
    }
  }
}

/** Opens bodies of one session, each when it is asked for. */
export class SessionBodies implements Disposable {
  readonly #paths: AuditPaths;
  readonly #id: string;
  readonly #options: ReadOptions;
  #reader: BodyReader | 'withheld' | 'missing' | undefined;

  constructor(paths: AuditPaths, id: string, options: ReadOptions) {
    this.#paths = paths;
    this.#id = id;
    this.#options = options;
  }

  read({ body, run }: AuditEvent, maxBytes = Number.POSITIVE_INFINITY): RecordedBody {
    if (body === undefined) return { kind: 'none' };
    this.#reader ??= this.#open(run);
    if (this.#reader === 'withheld') return { kind: 'withheld' };
    if (this.#reader === 'missing') return { kind: 'unreadable', why: 'missing' };
    const pieces: Buffer[] = [];
    let wanted = maxBytes;
    const reading = this.#reader.read(body);
    let step = reading.next();
    for (; step.done !== true && wanted > 0; step = reading.next()) {
      pieces.push(step.value.subarray(0, wanted));
      wanted -= step.value.length;
    }
    if (step.done === true && step.value !== undefined) return { kind: 'unreadable', why: step.value };
    const bytes = Buffer.concat(pieces);
    return { kind: 'bytes', bytes, complete: String(bytes.length) === body.bytes };
  }

  /** The salt and what was kept of an event's body, as it stands on disk; `large` where it takes more than `maxBytes`. */
  readSalted({ body, run }: AuditEvent, maxBytes: number): Buffer | 'erased' | 'altered' | 'absent' | 'large' {
    if (body === undefined) return 'absent';
    this.#reader ??= this.#open(run);
    if (this.#reader === 'withheld') return 'erased';
    if (this.#reader === 'missing') return 'absent';
    if (Number(body.stored ?? body.bytes) > maxBytes) return 'large';
    const salted = this.#reader.readSalted(body);
    return salted === 'missing' ? 'absent' : salted;
  }

  [Symbol.dispose](): void {
    if (this.#reader instanceof BodyReader) this.#reader[Symbol.dispose]();
  }

  #open(run: string): BodyReader | 'withheld' | 'missing' {
    const key = this.#key(run);
    if (key === undefined) return 'withheld';
    const path = bodyPath(this.#paths, this.#id);
    return existsSync(path) ? new BodyReader(path, key) : 'missing';
  }

  #key(run: string): KeyObject | undefined {
    const deployment = this.#options.deploymentKey ?? readDeploymentKey(this.#paths.keys);
    if (deployment === undefined) return undefined;
    const key = new RunKeys(this.#paths.keys, deployment).read(run);
    return key === undefined ? undefined : bodyKey(key, this.#id);
  }
}

/** The ids of the sessions that were opened on a day, newest first. */
export function listSessions(paths: AuditPaths, day: string): string[] {
  const names = readdirSync(join(paths.sessions, day)).filter((name) => name.endsWith('.jsonl'));
  return names
    .map((name) => name.slice(0, -'.jsonl'.length))
    .sort()
    .toReversed();
}
