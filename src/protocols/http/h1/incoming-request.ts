import type { ByteStream } from '../../../wire/byte-stream.ts';
import { isBodiless } from '../bodiless.ts';
import type { BodyLength, Fields, IncomingRequest, ReplyHead, RequestHead } from '../message.ts';
import type { Input } from './input.ts';
import { H1Body } from './message-body.ts';
import type { MessageWriter, SentFraming } from './message-writer.ts';
import type { ReplyFraming } from './reply-head.ts';
import type { ParsedRequest } from './request-head.ts';
import { acceptOf, namedAs, withoutField } from './websocket-key.ts';
import { replyHead } from './write-head.ts';

/** What a request needs of the connection that it came on. */
export interface RequestPlace {
  readonly stream: ByteStream;
  readonly input: Input;
  readonly writer: MessageWriter;
  readonly limits: {
    readonly maxHttpTrailerBytes: number;
    readonly maxHttpFields: number;
    readonly maxHttpDrainBytes: number;
  };
  readonly isRetiring: () => boolean;
  readonly readBody: () => Promise<Buffer | null>;
  /** Called once the reply is over, or nothing more comes of it. */
  readonly onAnswered: () => void;
}

const CONTINUE = Buffer.from('HTTP/1.1 100 Continue\r\n\r\n');

export class H1Request implements IncomingRequest {
  readonly head: RequestHead;
  readonly body: H1Body;
  readonly expectsContinue: boolean;
  readonly #place: RequestPlace;
  readonly #persistent: boolean;
  readonly #websocketKey: string | undefined;
  #saysContinue: boolean;
  #answer: 'none' | 'begun' | 'over' | 'taken-over' = 'none';
  #keeps = false;

  constructor(parsed: ParsedRequest, place: RequestPlace) {
    this.head = parsed.head;
    this.expectsContinue = parsed.expectsContinue;
    this.#persistent = parsed.persistent;
    this.#websocketKey = parsed.websocketKey;
    this.#place = place;
    this.#saysContinue = parsed.expectsContinue && parsed.length !== 'none';
    const framing: ReplyFraming = parsed.length === 'unknown' ? 'chunked' : parsed.length;
    this.body = new H1Body(place.input, framing, place.limits, {
      onWanted: () => this.#continue(),
      read: place.readBody,
    });
  }

  get signal(): AbortSignal {
    return this.#place.stream.signal;
  }

  get answered(): boolean {
    return this.#answer === 'over' || this.#answer === 'taken-over';
  }

  get isTakenOver(): boolean {
    return this.#answer === 'taken-over';
  }

  /** True where another request may follow on the connection, once the body was read. */
  get keeps(): boolean {
    return this.#keeps;
  }

  respond(head: ReplyHead, length: BodyLength): Promise<void> | undefined {
    if (this.#answer !== 'none') throw new RangeError('a second reply to one request');
    const bodiless = isBodiless(head.status, this.head.method);
    const framing = bodiless ? 'none' : this.#framingOf(length);
    this.#keeps = this.#persistent && framing !== 'close' && !this.#place.isRetiring() && this.#bodyIsShort();
    this.#answer = 'begun';
    const text = bodiless ? this.#bodilessHead(head, length) : replyHead(head, this.#lines(framing));
    const slow = this.#place.writer.begin(text, framing);
    if (framing === 'none') this.#over();
    return slow;
  }

  write(bytes: Buffer): Promise<void> | undefined {
    if (this.#answer === 'none') throw new RangeError('a body before its head');
    return this.#answer === 'begun' ? this.#place.writer.write(bytes) : undefined;
  }

  end(trailers?: Fields): Promise<void> | undefined {
    if (this.#answer !== 'begun') return undefined;
    const slow = this.#place.writer.end(trailers);
    this.#over();
    return slow;
  }

  abort(): void {
    this.#keeps = false;
    this.#place.writer.drop();
    this.#place.stream.destroy();
    this.#over();
  }

  accept({ fields }: ReplyHead): ByteStream {
    if (this.#answer !== 'none') throw new RangeError('a second reply to one request');
    this.#answer = 'taken-over';
    const key = this.#websocketKey;
    const { upgrade } = this.head;
    const answer = upgrade === undefined ? replyHead({ status: 200, fields }, '') : switching(upgrade, fields, key);
    // Its failure shows in the stream that is given.
    this.#place.stream.write(Buffer.from(answer, 'latin1'))?.catch(() => undefined);
    this.#place.onAnswered();
    return this.#place.input.release();
  }

  #over(): void {
    this.#answer = 'over';
    this.#place.onAnswered();
  }

  #continue(): Promise<void> | undefined {
    if (!this.#saysContinue || this.#answer !== 'none') return undefined;
    this.#saysContinue = false;
    return this.#place.stream.write(CONTINUE);
  }

  /**
   * False where the client would have to send more than is read for nothing, or may not send it at all. One in chunks may
   * be short; where it is not, the connection ends after all.
   */
  #bodyIsShort(): boolean {
    if (this.body.complete) return true;
    if (this.#saysContinue) return false;
    return this.body.length === 'unknown' || this.body.left <= this.#place.limits.maxHttpDrainBytes;
  }

  #framingOf(length: BodyLength): SentFraming {
    if (length !== 'unknown') return length;
    return this.head.version === '1.0' ? 'close' : 'chunked';
  }

  #lines(framing: SentFraming): string {
    if (framing === 'close') return this.#connectionLine();
    const line =
      framing === 'chunked'
        ? 'transfer-encoding: chunked\r\n'
        : `content-length: ${framing === 'none' ? 0 : framing}\r\n`;
    return line + this.#connectionLine();
  }

  /** RFC 9110, 8.6: what the body of the reply to a GET would be; never of a 204. */
  #bodilessHead({ status, fields }: ReplyHead, length: BodyLength): string {
    const named = fields.find(([name]) => name === 'content-length')?.[1];
    const stated = status === 204 ? undefined : typeof length === 'number' ? String(length) : named;
    const rest = named === undefined ? fields : fields.filter(([name]) => name !== 'content-length');
    const line = stated === undefined ? '' : `content-length: ${stated}\r\n`;
    return replyHead({ status, fields: rest }, line + this.#connectionLine());
  }

  #connectionLine(): string {
    if (!this.#keeps) return 'connection: close\r\n';
    return this.head.version === '1.0' ? 'connection: keep-alive\r\n' : '';
  }
}

/** RFC 9110, 7.8; of a WebSocket RFC 6455, 4.2.2. */
function switching(upgrade: string, fields: Fields, key: string | undefined): string {
  const { rest } = withoutField(fields, 'sec-websocket-accept');
  const proof = key === undefined ? '' : `sec-websocket-accept: ${acceptOf(key)}\r\n`;
  return replyHead({ status: 101, fields: rest }, `connection: Upgrade\r\nupgrade: ${namedAs(upgrade)}\r\n${proof}`);
}
