import { type AuditEvent, type EventOpening, parseEvent } from '../audit/audit-event.ts';
import { auditPaths, sessionPath } from '../audit/audit-paths.ts';
import { leafHash } from '../audit/log/merkle.ts';
import { type Line, readLines } from '../audit/read/read-lines.ts';
import { SessionBodies } from '../audit/read/read-session.ts';
import { bodyFacts } from './body-facts.ts';
import type { Evidence, ExportRecord, SessionFacts, Unreadable } from './export-record.ts';
import type { SessionPosition } from './log-state.ts';
import { maskedStatements } from './masked-statement.ts';

export interface SessionReaderOptions {
  readonly directory: string;
  /** True where people behind runs are told: opens the bodies of openings. */
  readonly people: boolean;
  /** True where statements are told, without their literals: opens the bodies of requests. */
  readonly statements: boolean;
}

interface Open {
  readonly request: AuditEvent;
  readonly approval?: AuditEvent;
  /** Where their lines begin. */
  readonly offsets: readonly number[];
}

type Place = Pick<Evidence, 'origin' | 'index'>;

const ENDS: ReadonlySet<string> = new Set(['reply', 'refusal', 'gap']);

/** Reads one session's lines as far as the log commits to them, and brings requests and their ends together. */
export class SessionReader {
  readonly #options: SessionReaderOptions;
  readonly #path: string;
  readonly #from: SessionPosition;
  readonly #open = new Map<number, Open>();
  #lines: number;
  #offset: number | undefined;
  #opening: EventOpening | undefined;
  #told: Pick<SessionFacts, 'person' | 'trace' | 'agent'> = {};
  #isResumed: boolean;

  constructor(options: SessionReaderOptions, position: SessionPosition) {
    this.#options = options;
    this.#from = position;
    this.#path = sessionPath(auditPaths(options.directory), position.day, position.id);
    this.#lines = position.lines;
    this.#offset = position.offset;
    this.#isResumed = position.lines > 0;
  }

  get position(): SessionPosition {
    const { id, run, day } = this.#from;
    const offset = this.#offset === undefined ? {} : { offset: this.#offset };
    // Before anything was read, what is open is what it was.
    const open = this.#isResumed ? this.#from.open : [...this.#open.values()].flatMap(({ offsets }) => offsets);
    return { id, run, day, lines: this.#lines, ...offset, open };
  }

  /** Yields what the lines up to `size` say. One that cannot be read is told and gone past. */
  async *read(size: number, place: Place): AsyncGenerator<ExportRecord | Unreadable> {
    if (this.#lines >= size) return;
    using bodies = new SessionBodies(auditPaths(this.#options.directory), this.#from.id, {});
    try {
      await this.#resume(bodies);
      for await (const lines of readLines(this.#path, Number.POSITIVE_INFINITY, this.#offset)) {
        for (const line of lines) {
          if (!line.ended) break;
          const told = this.#line(line, bodies, place);
          if (told !== undefined) yield told;
          if (this.#lines >= size) return;
        }
      }
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    }
    const missing = `${this.#from.id}/${this.#lines}`;
    this.#lines = size;
    this.#offset = undefined;
    yield {
      kind: 'unreadable',
      index: place.index,
      id: missing,
      why: 'the session has fewer lines than the log commits to',
    };
  }

  /** Reads again what a life before this one had come across: the opening, and requests without an end. */
  async #resume(bodies: SessionBodies): Promise<void> {
    if (!this.#isResumed) return;
    if (this.#offset === undefined) await this.#readAgain(bodies);
    else {
      for (const at of [0, ...this.#from.open]) {
        const line = await lineAt(this.#path, at);
        if (line !== undefined) this.#remember(line, bodies);
      }
    }
    this.#isResumed = false;
  }

  /** Where the cursor says lines and not where they are: from the beginning. */
  async #readAgain(bodies: SessionBodies): Promise<void> {
    let left = this.#lines;
    this.#offset = 0;
    for await (const lines of readLines(this.#path)) {
      for (const line of lines) {
        if (left-- === 0) return;
        this.#remember(line, bodies);
        this.#offset = line.offset + line.bytes.length + 1;
      }
    }
  }

  #remember({ bytes, offset }: Line, bodies: SessionBodies): void {
    const event = parseEvent(bytes);
    if (event?.kind === 'session.open') this.#opens(event, bodies);
    else if (event?.kind === 'request' || event?.kind === 'approval') this.#keep(event, offset);
    else if (event !== undefined && ENDS.has(event.kind)) this.#open.delete(event.exchange ?? 0);
  }

  #line({ bytes, offset }: Line, bodies: SessionBodies, place: Place): ExportRecord | Unreadable | undefined {
    const seq = this.#lines++;
    this.#offset = offset + bytes.length + 1;
    this.#isResumed = false;
    const id = `${this.#from.id}/${seq}`;
    const event = parseEvent(bytes);
    if (event === undefined) return { kind: 'unreadable', index: place.index, id, why: 'the line is no event' };
    const evidence = { ...place, id, at: event.at, leaf: leafHash(bytes), ...(seq > 0 && { prev: event.prev }) };
    return this.#record(event, offset, evidence, bodies);
  }

  #record(event: AuditEvent, offset: number, evidence: Evidence, bodies: SessionBodies): ExportRecord | undefined {
    switch (event.kind) {
      case 'session.open':
        this.#opens(event, bodies);
        return { ...evidence, kind: 'session.open', session: this.#facts() };
      case 'request':
      case 'approval':
        this.#keep(event, offset);
        return undefined; // told with its end
      case 'reply':
      case 'refusal':
      case 'gap':
        return this.#ended(event, evidence, bodies);
      case 'input':
      case 'unasked':
        return undefined; // bytes alone, which stay in the record
      case 'session.close': {
        const outcome = event.closing?.outcome ?? 'unknown';
        return { ...evidence, kind: 'session.close', session: this.#facts(), outcome };
      }
      default:
        return event.kind satisfies never;
    }
  }

  #ended(end: AuditEvent, evidence: Evidence, bodies: SessionBodies): ExportRecord {
    const exchange = end.exchange ?? 0;
    const { request, approval } = this.#open.get(exchange) ?? {};
    this.#open.delete(exchange);
    const protocol = this.#opening?.target.protocol ?? '';
    const statements =
      this.#options.statements && request !== undefined ? maskedStatements(bodies, request, protocol) : undefined;
    return {
      ...evidence,
      kind: 'exchange',
      session: this.#facts(),
      exchange,
      end,
      ...(request && { request }),
      ...(approval && { approval }),
      ...(statements && { statements }),
    };
  }

  #opens(event: AuditEvent, bodies: SessionBodies): void {
    this.#opening = event.opening;
    this.#told = bodyFacts(bodies.read(event), this.#options.people);
  }

  #keep(event: AuditEvent, offset: number): void {
    const exchange = event.exchange ?? 0;
    const before = this.#open.get(exchange);
    if (event.kind === 'request') this.#open.set(exchange, { request: event, offsets: [offset] });
    else if (before) this.#open.set(exchange, { ...before, approval: event, offsets: [...before.offsets, offset] });
  }

  #facts(): SessionFacts {
    const { id, run } = this.#from;
    return { id, run, ...(this.#opening && { opening: this.#opening }), ...this.#told };
  }
}

async function lineAt(path: string, offset: number): Promise<Line | undefined> {
  for await (const [line] of readLines(path, Number.POSITIVE_INFINITY, offset)) return line?.ended ? line : undefined;
  return undefined;
}
