/** The record of one session: the hot path. A query costs two records here, a request and a reply. */
import type { Decision } from '../../model/decision.ts';
import { Fault } from '../../model/fault.ts';
import type { ExchangeNumber } from '../../model/ids.ts';
import type { Limits } from '../../model/limits.ts';
import type { Request } from '../../model/request.ts';
import type { RecordMode } from '../../model/target.ts';
import type { Journal } from '../journal/journal.ts';
import { COMMITMENT_PREFIX_BYTES, FLAG, HEADER_BYTES, RECORD } from '../journal/record-codec.ts';
import type { ExchangeRecord, SessionOutcome, SessionRecord } from '../recorder.ts';
import type { SealerThread } from '../seal/sealer-thread.ts';
import { decisionMember, forwardedMember, operationsMember } from './event-json.ts';
import { RecordedExchange } from './exchange-recorder.ts';
import { DECIMAL_BYTES } from './record-pen.ts';
import type { ReplyShelf } from './reply-shelf.ts';
import type { SaltPool } from './salt-pool.ts';

/** What the records of all sessions share. */
export interface RecorderParts {
  readonly journal: Journal;
  readonly sealer: SealerThread;
  readonly salts: SaltPool;
  readonly shelf: ReplyShelf;
  readonly limits: Limits;
  readonly clock: () => number;
  /** Microseconds on a clock that never goes back. */
  readonly monotonic: () => number;
  nextStream(): number;
}

/** What the records of one session share. */
export interface SessionSettings {
  readonly number: number;
  readonly mode: RecordMode;
  readonly storedReplyBytes: number;
}

/** A session and its exchanges: nothing is recorded any more once it is closed. */
export interface SessionLife extends SessionSettings {
  closed: boolean;
}

export class RecordedSession implements SessionRecord {
  readonly #parts: RecorderParts;
  readonly #life: SessionLife;
  #closing: Promise<void> | undefined;

  constructor(parts: RecorderParts, settings: SessionSettings) {
    this.#parts = parts;
    this.#life = { ...settings, closed: false };
  }

  request(exchange: ExchangeNumber, request: Request, decision: Decision): ExchangeRecord {
    const { journal, salts, clock, monotonic } = this.#parts;
    const { number, mode } = this.#life;
    if (this.#life.closed) throw sessionClosed();
    const { bytes, media } = request.body();
    const decided = decisionMember(decision);
    const operations = operationsMember(request.operations);
    const forwarded = forwardedMember(request.forwarded?.());
    const head = { kind: RECORD.event, flags: FLAG.body | opening(decision), session: number, exchange, at: clock() };
    const record = new RecordedExchange(this.#parts, this.#life, exchange);
    try {
      const bound = REQUEST_BYTES + media.length + decided.length + forwarded.length + operations.length + bytes.length;
      const pen = journal.open(bound);
      pen.begin(head, media);
      pen.bytes(decided);
      pen.bytes(EXCHANGE);
      pen.decimal(exchange);
      pen.bytes(forwarded);
      pen.bytes(REQUEST);
      pen.decimal(monotonic());
      pen.bytes(MONO_END);
      pen.bytes(operations);
      pen.after();
      pen.saltedBody(salts.next());
      pen.bytes(bytes);
      journal.appended();
    } catch (fault) {
      record.lost(fault as Error);
      return record;
    }
    record.durable = this.#settled(mode);
    return record;
  }

  unasked(bytes: Uint8Array): void {
    const { journal, salts, clock, monotonic } = this.#parts;
    if (this.#life.closed) return; // what arrives while a session ends reaches no client either
    const head = { kind: RECORD.event, flags: FLAG.body, session: this.#life.number, exchange: 0, at: clock() };
    journal.append(head, OCTETS, `"kind":"unasked","mono":"${monotonic()}",`, '', [bytes], salts.next());
    journal.soon();
  }

  close(outcome: SessionOutcome): Promise<void> {
    this.#closing ??= this.#close(outcome);
    return this.#closing;
  }

  async #close(outcome: SessionOutcome): Promise<void> {
    const { journal, clock, monotonic } = this.#parts;
    const head = { kind: RECORD.closeSession, flags: 0, session: this.#life.number, exchange: 0, at: clock() };
    journal.append(head, '', `"mono":"${monotonic()}",`, JSON.stringify({ outcome }), []);
    this.#life.closed = true;
    await journal.durable();
  }

  #settled(mode: RecordMode): Promise<void> | undefined {
    const { journal, sealer } = this.#parts;
    const room = sealer.room();
    if (mode === 'strict') return room === undefined ? journal.durable() : both(journal.durable(), room);
    if (journal.fault !== undefined) return Promise.reject(journal.fault);
    journal.soon();
    return room;
  }
}

/** What comes after the close of a session is not recorded, and must therefore not be released. */
export function sessionClosed(): Fault {
  return new Fault('internal', 'the session is closed in the audit log');
}

/** What a decision lets be done with its request. */
function opening(decision: Decision): number {
  if (decision.effect === 'deny') return 0;
  return decision.obligations.some(({ kind }) => kind === 'approve') ? FLAG.opens | FLAG.asks : FLAG.opens;
}

const OCTETS = 'application/octet-stream';
/** The most that a request's record takes beside what is counted. */
const REQUEST_BYTES = HEADER_BYTES + COMMITMENT_PREFIX_BYTES + 2 * DECIMAL_BYTES + 128;
const EXCHANGE = Buffer.from('"exchange":');
const REQUEST = Buffer.from(',"kind":"request","mono":"');
const MONO_END = Buffer.from('",');

async function both(first: Promise<void>, second: Promise<void>): Promise<void> {
  await Promise.all([first, second]);
}
