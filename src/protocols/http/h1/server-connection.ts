import type { ByteStream } from '../../../wire/byte-stream.ts';
import { PeerLeft } from '../../../wire/peer-left.ts';
import { type IncomingRequest, MalformedHttp, type ServerConnection } from '../message.ts';
import type { HttpWireLimits } from '../wire-limits.ts';
import { H1Request, type RequestPlace } from './incoming-request.ts';
import { Input } from './input.ts';
import { MessageWriter } from './message-writer.ts';
import { parseRequestHead } from './request-head.ts';
import { WaitTimer } from './wait-timer.ts';
import { replyHead } from './write-head.ts';

/** A client's connection that speaks HTTP/1.0 or 1.1. Requests that are sent ahead wait in the bytes. */
export class H1ServerConnection implements ServerConnection {
  readonly concurrency = 1;
  readonly #stream: ByteStream;
  readonly #limits: HttpWireLimits;
  readonly #input: Input;
  readonly #timer = new WaitTimer();
  readonly #place: RequestPlace;
  #current: H1Request | undefined;
  #onAnswered: (() => void) | undefined;
  #retiring = false;
  #idle = false;
  #inHead = false;
  #late = false;

  constructor(stream: ByteStream, limits: HttpWireLimits) {
    this.#stream = stream;
    this.#limits = limits;
    this.#input = new Input(stream, limits.maxHttpHeadBytes);
    this.#place = {
      stream,
      input: this.#input,
      writer: new MessageWriter(stream),
      limits,
      isRetiring: () => this.#retiring,
      readBody: () => this.#readBody(),
      onAnswered: () => this.#onAnswered?.(),
    };
  }

  async next(): Promise<IncomingRequest | undefined> {
    const last = this.#current;
    if (last !== undefined && !last.answered) {
      await new Promise<void>((resolve) => {
        this.#onAnswered = resolve;
      });
    }
    if (last !== undefined && !(await this.#isFree(last))) return undefined;
    try {
      const text = await this.#readHead();
      if (text === null) return undefined;
      this.#current = new H1Request(parseRequestHead(text, this.#limits), this.#place);
      return this.#current;
    } catch (fault) {
      if (this.#late) throw LATE;
      if (fault instanceof MalformedHttp) await this.#refuse(fault);
      throw fault;
    }
  }

  retire(): void {
    this.#retiring = true;
    if (this.#idle) this.#close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#timer[Symbol.dispose]();
    this.#place.writer.drop();
    await this.#stream[Symbol.asyncDispose]();
  }

  async #readHead(): Promise<string | null> {
    this.#inHead = false;
    if (!this.#input.isAhead) {
      if (this.#retiring) return null;
      this.#idle = true;
      this.#timer.start(this.#limits.httpIdleMs, () => this.#close());
    }
    try {
      const text = await this.#input.readHead(() => this.#onPartOfHead());
      // RFC 9112, 2.2: some send an empty line behind a body.
      return text?.startsWith('\r\n') ? text.slice(2) : text;
    } finally {
      this.#idle = false;
      this.#timer.stop();
    }
  }

  /** The whole head must come soon after its first byte, however often something of it comes. */
  #onPartOfHead(): void {
    if (this.#inHead) return;
    this.#inHead = true;
    this.#idle = false;
    this.#timer.start(this.#limits.httpHeadMs, () => {
      this.#late = true;
      this.#say(LATE);
      this.#close();
    });
  }

  async #readBody(): Promise<Buffer | null> {
    this.#timer.start(this.#limits.httpBodyIdleMs, () => {
      this.#stream.destroy(new PeerLeft('the client stopped in the middle of a body'));
    });
    try {
      return await this.#input.read();
    } finally {
      this.#timer.stop();
    }
  }

  /** True where another request may follow: what is left of a body that nobody wanted is read, where that is little. */
  async #isFree(last: H1Request): Promise<boolean> {
    if (last.isTakenOver || this.#stream.signal.aborted) return false;
    if (last.body.complete) return last.keeps;
    await this.#drain(() => last.body.read());
    return last.keeps && last.body.complete;
  }

  async #refuse(malformed: MalformedHttp): Promise<void> {
    this.#say(malformed);
    await this.#drain(() => this.#input.read());
  }

  #say({ status, message }: MalformedHttp): void {
    const text = `${message}\n`;
    const lines = `content-length: ${text.length}\r\nconnection: close\r\n`;
    const head = replyHead({ status, fields: [['content-type', 'text/plain']] }, lines);
    // A client that does not take it is none of our business any more.
    this.#stream.write(Buffer.from(head + text, 'latin1'))?.catch(() => undefined);
  }

  /** A client that is still sending when it is closed may never see what it was told (RFC 9112, 9.6). */
  async #drain(read: () => Promise<Buffer | null>): Promise<void> {
    const timer = setTimeout(() => this.#close(), this.#limits.httpDrainMs);
    try {
      for (let left = this.#limits.maxHttpDrainBytes; left > 0; ) {
        const bytes = await read();
        if (bytes === null) return;
        left -= bytes.length;
      }
    } catch (fault) {
      // The connection ends with this anyway.
      if (!(fault instanceof PeerLeft || fault instanceof MalformedHttp)) throw fault;
    } finally {
      clearTimeout(timer);
    }
  }

  /** What is waited for then ends as if the client had closed. */
  #close(): void {
    void this.#stream.end();
  }
}

const LATE = new MalformedHttp(408, 'the head of the request did not come in time');
