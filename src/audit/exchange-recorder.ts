/** The record of one exchange after its request: input, reply or refusal. */
import { Fault } from '../model/fault.ts';
import type { ExchangeNumber } from '../model/ids.ts';
import type { ExchangeResult, MaskCount } from '../model/reply.ts';
import type { Refusal } from '../model/refusal.ts';
import { Deferred } from './deferred.ts';
import { maskedJson, refusalJson, resultJson } from './event-json.ts';
import { FLAG, RECORD } from './record-codec.ts';
import type { ExchangeRecord } from './recorder.ts';
import { type RecorderParts, type SessionLife, sessionClosed } from './session-recorder.ts';
import { StreamedBody } from './streamed-body.ts';

const OCTETS = 'application/octet-stream';
const NOTHING: readonly Uint8Array[] = [];

export class RecordedExchange implements ExchangeRecord {
  durable: Promise<void> | undefined;
  readonly #parts: RecorderParts;
  readonly #life: SessionLife;
  readonly #exchange: ExchangeNumber;
  #fault: Error | undefined;
  #ended = false;
  /** The reply so far, while it is small enough for the journal. */
  #pieces: Buffer[] | undefined;
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
      const piece = Buffer.allocUnsafe(bytes.length);
      piece.set(bytes);
      if (this.#pieces === undefined) this.#pieces = [piece];
      else this.#pieces.push(piece);
      return undefined;
    }
    this.#reply = new StreamedBody(this.#parts, this.#life.number, this.#life.storedReplyBytes);
    for (const piece of this.#pieces ?? []) this.#reply.add(piece);
    this.#pieces = undefined;
    return this.#reply.push(bytes);
  }

  end(result: ExchangeResult, masked: readonly MaskCount[]): Promise<void> | undefined {
    const barred = this.#barred();
    if (barred !== undefined) return barred;
    if (this.#reply !== undefined || this.#input !== undefined) return this.#endStreams(result, masked);
    return this.#append(() => this.#end(result, masked, undefined));
  }

  refuse(refusal: Refusal): Promise<void> | undefined {
    const barred = this.#barred();
    if (barred !== undefined) return barred;
    this.#reply?.abandon();
    this.#input?.abandon();
    this.#once();
    return this.#append(() => {
      const { journal, monotonic } = this.#parts;
      const before = `"exchange":${this.#exchange},"kind":"refusal","mono":"${monotonic()}",`;
      journal.append(this.#head(FLAG.ends), '', before, `"refusal":${refusalJson(refusal)},`, NOTHING);
    });
  }

  /** A rejection where what this exchange says cannot be recorded. */
  #barred(): Promise<void> | undefined {
    if (this.#life.closed) return Promise.reject(sessionClosed());
    return this.#fault === undefined ? undefined : Promise.reject(this.#fault);
  }

  async #endStreams(result: ExchangeResult, masked: readonly MaskCount[]): Promise<void> {
    const input = await this.#input?.finish(OCTETS);
    const reply = await this.#reply?.finish(OCTETS);
    if (this.#life.closed) throw sessionClosed();
    await this.#append(() => {
      if (input !== undefined) {
        const before = `"exchange":${this.#exchange},"kind":"input","mono":"${this.#parts.monotonic()}",`;
        this.#parts.journal.append(this.#head(FLAG.described), '', before, '', [Buffer.from(input)]);
      }
      this.#end(result, masked, reply);
    });
  }

  #end(result: ExchangeResult, masked: readonly MaskCount[], streamed: string | undefined): void {
    this.#once();
    const { journal, salts, monotonic } = this.#parts;
    const masks = masked.length === 0 ? '' : `"masked":${maskedJson(masked)},`;
    const before = `"exchange":${this.#exchange},"kind":"reply",${masks}"mono":"${monotonic()}",`;
    const after = `"result":${resultJson(result)},`;
    if (streamed === undefined) {
      const pieces = this.#pieces ?? NOTHING;
      journal.append(this.#head(FLAG.ends | FLAG.body), OCTETS, before, after, pieces, salts.next());
    } else {
      journal.append(this.#head(FLAG.ends | FLAG.described), '', before, after, [Buffer.from(streamed)]);
    }
  }

  /** Appends, and says when the caller may go on: once it is written, or at once where the target asks for less. */
  #append(append: () => void): Promise<void> | undefined {
    const { journal, sealer } = this.#parts;
    try {
      append();
    } catch (fault) {
      return Promise.reject(fault);
    }
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
