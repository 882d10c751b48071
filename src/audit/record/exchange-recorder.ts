/** The record of one exchange after its request: input, reply or refusal. */
import type { ApprovalRecord } from '../../model/approval.ts';
import { Fault } from '../../model/fault.ts';
import type { ExchangeNumber } from '../../model/ids.ts';
import type { Refusal } from '../../model/refusal.ts';
import type { ExchangeResult, MaskCount } from '../../model/reply.ts';
import { Deferred } from '../journal/deferred.ts';
import { COMMITMENT_PREFIX_BYTES, FLAG, HEADER_BYTES, RECORD } from '../journal/record-codec.ts';
import type { ExchangeRecord } from '../recorder.ts';
import { heldJson, maskedJson, refusalJson, resultBound, voterText, writeResult } from './event-json.ts';
import { DECIMAL_BYTES, type RecordPen } from './record-pen.ts';
import type { ShelfOwner } from './reply-shelf.ts';
import { type RecorderParts, type SessionLife, sessionClosed } from './session-recorder.ts';
import { StreamedBody } from './streamed-body.ts';

const OCTETS = 'application/octet-stream';
const JSON_TEXT = 'application/json';
const PLAIN_TEXT = 'text/plain; charset=utf-8';
const NOTHING: readonly Uint8Array[] = [];
/** The most that a reply's record takes beside what is counted. */
const REPLY_BYTES = HEADER_BYTES + COMMITMENT_PREFIX_BYTES + OCTETS.length + 2 * DECIMAL_BYTES + 64;
const EXCHANGE = Buffer.from('"exchange":');
const REPLY = Buffer.from(',"kind":"reply",');
const MONO = Buffer.from('"mono":"');
const MONO_END = Buffer.from('",');

export class RecordedExchange implements ExchangeRecord, ShelfOwner {
  durable: Promise<void> | undefined;
  readonly #parts: RecorderParts;
  readonly #life: SessionLife;
  readonly #exchange: ExchangeNumber;
  #fault: Error | undefined;
  #ended = false;
  /** The reply so far, while it is small enough for the journal: its first piece may stand on the shelf. */
  #pieces: Uint8Array[] | undefined;
  #pieceBytes = 0;
  #reply: StreamedBody | undefined;
  #inputBytes = 0;
  #input: StreamedBody | undefined;

  constructor(parts: RecorderParts, life: SessionLife, exchange: ExchangeNumber) {
    this.#parts = parts;
    this.#life = life;
    this.#exchange = exchange;
  }

  /** The request itself could not be recorded, so nothing that follows is. */
  lost(fault: Error): void {
    this.#fault = fault;
    const failed = new Deferred();
    failed.reject(fault);
    this.durable = failed.promise;
  }

  input(bytes: Uint8Array): Promise<void> | undefined {
    const barred = this.#barred();
    if (barred !== undefined) return barred;
    if (bytes.length === 0) return undefined;
    this.#inputBytes += bytes.length;
    if (this.#inputBytes > this.#life.storedReplyBytes) {
      this.#input ??= new StreamedBody(this.#parts, this.#life.number, 0);
      return this.#input.push(bytes);
    }
    return this.#append(() => {
      const { journal, salts, monotonic } = this.#parts;
      const before = `"exchange":${this.#exchange},"kind":"input","mono":"${monotonic()}",`;
      journal.append(this.#head(FLAG.body), OCTETS, before, '', [bytes], salts.next());
    });
  }

  reply(bytes: Uint8Array): Promise<void> | undefined {
    const barred = this.#barred();
    if (barred !== undefined) return barred;
    if (this.#reply !== undefined) return this.#reply.push(bytes);
    this.#pieceBytes += bytes.length;
    if (this.#pieceBytes <= this.#parts.limits.inlineBodyBytes) {
      if (this.#pieceBytes === bytes.length) this.#parts.shelf.put(this, bytes);
      else this.#gathered().push(copyOf(bytes));
      return undefined;
    }
    const gathered = this.#gathered();
    this.#reply = new StreamedBody(this.#parts, this.#life.number, this.#life.storedReplyBytes);
    for (const piece of gathered) this.#reply.add(piece);
    this.#pieces = undefined;
    return this.#reply.push(bytes);
  }

  unshelve(bytes: Uint8Array): void {
    this.#pieces = [copyOf(bytes)];
  }

  end(result: ExchangeResult, masked: readonly MaskCount[], refusal?: Refusal): Promise<void> | undefined {
    const barred = this.#barred();
    if (barred !== undefined) return barred;
    const why = refusal === undefined ? '' : `"refusal":${refusalJson(refusal)},`;
    if (this.#reply !== undefined || this.#input !== undefined) return this.#endStreams(result, masked, why);
    try {
      this.#end(result, masked, why);
    } catch (fault) {
      return Promise.reject(fault);
    }
    return this.#settled();
  }

  async approval(approval: ApprovalRecord): Promise<void> {
    await this.#barred();
    await this.#append(() => {
      const held = `"held":${heldJson(approval)},`;
      this.#withBody(
        approval.state === 'used' ? FLAG.releases : 0,
        `${held}"kind":"approval",`,
        '',
        JSON_TEXT,
        voterText(approval),
      );
    });
    await this.#parts.journal.durable();
  }

  refuse(refusal: Refusal): Promise<void> | undefined {
    const barred = this.#barred();
    if (barred !== undefined) return barred;
    this.#reply?.abandon();
    this.#input?.abandon();
    this.#once();
    return this.#append(() => {
      const told = refusal.impersonal === undefined ? undefined : refusal.message;
      this.#withBody(FLAG.ends, '"kind":"refusal",', `"refusal":${refusalJson(refusal)},`, PLAIN_TEXT, told);
    });
  }

  /** Appends an event of this exchange whose body, where there is a text for it, can be erased. */
  #withBody(flags: number, members: string, after: string, media: string, text: string | undefined): void {
    const { journal, salts, monotonic } = this.#parts;
    const before = `"exchange":${this.#exchange},${members}"mono":"${monotonic()}",`;
    if (text === undefined) journal.append(this.#head(flags), '', before, after, NOTHING);
    else journal.append(this.#head(flags | FLAG.body), media, before, after, [Buffer.from(text)], salts.next());
  }

  /** A rejection where what this exchange says cannot be recorded. */
  #barred(): Promise<void> | undefined {
    if (this.#life.closed) return Promise.reject(sessionClosed());
    return this.#fault === undefined ? undefined : Promise.reject(this.#fault);
  }

  async #endStreams(result: ExchangeResult, masked: readonly MaskCount[], why: string): Promise<void> {
    const input = await this.#input?.finish(OCTETS);
    const reply = await this.#reply?.finish(OCTETS);
    if (this.#life.closed) throw sessionClosed();
    await this.#append(() => {
      if (input !== undefined) {
        const before = `"exchange":${this.#exchange},"kind":"input","mono":"${this.#parts.monotonic()}",`;
        this.#parts.journal.append(this.#head(FLAG.described), '', before, '', [Buffer.from(input)]);
      }
      if (reply === undefined) this.#end(result, masked, why);
      else this.#endStreamed(result, masked, why, Buffer.from(reply));
    });
  }

  #end(result: ExchangeResult, masked: readonly MaskCount[], why: string): void {
    this.#once();
    const { journal, salts, shelf } = this.#parts;
    const masks = masksMember(masked);
    const pen = journal.open(REPLY_BYTES + (masks.length + why.length) * 3 + resultBound(result) + this.#pieceBytes);
    this.#write(pen, FLAG.ends | FLAG.body, OCTETS, masks, result, why);
    pen.saltedBody(salts.next());
    const shelved = shelf.take(this);
    if (shelved !== undefined) pen.range(shelved.bytes, 0, shelved.length);
    else for (const piece of this.#pieces ?? NOTHING) pen.bytes(piece);
    journal.appended();
  }

  #endStreamed(result: ExchangeResult, masked: readonly MaskCount[], why: string, body: Buffer): void {
    this.#once();
    const { journal } = this.#parts;
    const masks = masksMember(masked);
    const pen = journal.open(REPLY_BYTES + (masks.length + why.length) * 3 + resultBound(result) + body.length);
    this.#write(pen, FLAG.ends | FLAG.described, '', masks, result, why);
    pen.body();
    pen.bytes(body);
    journal.appended();
  }

  /** All of a reply's record but its body. */
  #write(pen: RecordPen, flags: number, media: string, masks: string, result: ExchangeResult, why: string): void {
    pen.begin(this.#head(flags), media);
    pen.bytes(EXCHANGE);
    pen.decimal(this.#exchange);
    pen.bytes(REPLY);
    pen.text(masks);
    pen.bytes(MONO);
    pen.decimal(this.#parts.monotonic());
    pen.bytes(MONO_END);
    pen.after();
    pen.text(why);
    writeResult(pen, result);
  }

  /** The reply so far, in pieces of its own. */
  #gathered(): Uint8Array[] {
    const shelved = this.#parts.shelf.take(this);
    if (shelved !== undefined) this.#pieces = [copyOf(shelved.bytes.subarray(0, shelved.length))];
    this.#pieces ??= [];
    return this.#pieces;
  }

  #append(append: () => void): Promise<void> | undefined {
    try {
      append();
    } catch (fault) {
      return Promise.reject(fault);
    }
    return this.#settled();
  }

  /** When the caller may go on: once what was appended is written, or at once where the target asks for less. */
  #settled(): Promise<void> | undefined {
    const { journal, sealer } = this.#parts;
    if (this.#life.mode === 'strict') return journal.written();
    if (journal.fault !== undefined) return Promise.reject(journal.fault);
    journal.soon();
    return sealer.room();
  }

  #head(flags: number) {
    const { clock } = this.#parts;
    return { kind: RECORD.event, flags, session: this.#life.number, exchange: this.#exchange, at: clock() };
  }

  #once(): void {
    if (this.#ended) throw new Fault('internal', `exchange ${this.#exchange} has ended already`);
    this.#ended = true;
  }
}

function masksMember(masked: readonly MaskCount[]): string {
  return masked.length === 0 ? '' : `"masked":${maskedJson(masked)},`;
}

function copyOf(bytes: Uint8Array): Buffer {
  const copy = Buffer.allocUnsafe(bytes.length);
  copy.set(bytes);
  return copy;
}
