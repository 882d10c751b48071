import { Fault } from '../../../model/fault.ts';
import { LIMITS } from '../../../model/limits.ts';
import type { Refusal } from '../../../model/refusal.ts';
import type { ExchangeResult, Part } from '../../../model/reply.ts';
import type { Request } from '../../../model/request.ts';
import type { Exchange, Forward, WaitingNotice } from '../../protocol.ts';
import { ChangeAhead } from '../channels/channel-part.ts';
import { changes } from '../files/file-operation.ts';
import type { Frames } from '../files/frames.ts';
import { Transfer } from '../files/transfer.ts';
import type { SshUpstream } from '../host/upstream.ts';
import { resultOf } from './ask-exchange.ts';
import type { SftpClient } from './client.ts';
import { AskedPart, type HandleRequest, WindowPart } from './handle-parts.ts';
import type { Asked, SftpHost } from './host.ts';
import { Gauge, Mailbox } from './mailbox.ts';
import { MaskedFile, ReadFailed } from './masked-file.ts';
import { STATUS } from './numbers.ts';
import { renumber } from './packets.ts';
import { ClosingPart, DataPart, ReplyPart, type SftpPart } from './parts.ts';
import { readReply } from './replies.ts';

export interface HandleParts {
  readonly request: Request;
  readonly client: SftpClient;
  readonly host: SftpHost;
  /** The number of the request that opens it. */
  readonly id: number;
  readonly opening: Asked;
  /** The host has opened it, and the client is about to know. */
  readonly onOpened: (handle: Buffer, exchange: HandleExchange) => void;
  /** Nothing can be asked of it any more. */
  readonly onClosed: (handle: Buffer, exchange: HandleExchange) => void;
}

/**
 * A file or folder from its opening to its closing: what is read, written and listed by its handle belongs to the exchange
 * that opened it, in the order in which the client asked.
 */
export class HandleExchange implements Exchange<SshUpstream> {
  readonly request: Request;
  readonly input: AsyncIterable<Part>;
  readonly #parts: HandleParts;
  readonly #frames: Frames;
  readonly #asked = new Mailbox<AskedPart>();
  /** Bytes that are to be written and were not taken by the host yet. */
  readonly #unsent = new Gauge(LIMITS.sshWindowBytes);
  readonly #read = new Transfer();
  readonly #written = new Transfer();
  readonly #replies = new Mailbox<SftpPart | Promise<SftpPart>>();
  /** What is being shown now. */
  #current: SftpPart | undefined;
  #stopped: Refusal | undefined;
  #isOpen = false;

  constructor(parts: HandleParts) {
    this.#parts = parts;
    this.request = parts.request;
    this.#frames = parts.client.frames();
    this.input = this.#asked;
  }

  /** Takes what the client asks of it; a promise while it is behind. */
  take(asked: HandleRequest, packet: Buffer): Promise<void> | undefined {
    const part = new AskedPart(asked, packet, this.#frames);
    this.#unsent.add(part.weight);
    this.#asked.push(part);
    return this.#unsent.room();
  }

  /** Has something done once all that was asked before is on its way to the host; what is asked behind waits for it. */
  between(work: () => Promise<void>): void {
    this.#asked.push(new AskedPart(undefined, NOTHING, this.#frames, work));
  }

  /** So many bytes came into it by another way than through here. */
  copied(bytes: bigint): void {
    this.#written.unknown(bytes);
  }

  /** The client has gone, or the session ends. */
  leave(): void {
    this.#asked.end();
  }

  async *forward(call: Forward<SshUpstream>): AsyncGenerator<SftpPart | ChangeAhead> {
    if (call.metered && changes(this.request)) yield new ChangeAhead();
    const { host, id, opening, onOpened, onClosed } = this.#parts;
    const opened = await host.ask(opening);
    const reply = { ...opened, id };
    if (opened.kind !== 'handle') {
      yield new ReplyPart(reply, this.#frames, opened.kind === 'status' ? resultOf(reply) : unasked());
      return;
    }
    const handle = Buffer.from(opened.handle);
    this.#isOpen = true;
    onOpened(handle, this);
    try {
      yield new ReplyPart(reply, this.#frames);
      const masked = call.whole && opening.kind === 'open' ? new MaskedFile(host, handle) : undefined;
      const sending = this.#send(call.input, handle, masked);
      sending.catch((cause: unknown) => this.#replies.fail(cause));
      // Not iterated over: what is left when it is stopped is answered then.
      for (let next = await this.#replies.next(); next.done !== true; next = await this.#replies.next()) {
        yield await this.#taken(next.value);
      }
    } finally {
      onClosed(handle, this);
    }
  }

  reply(part: SftpPart | ChangeAhead): Promise<void> | undefined {
    if (part instanceof ChangeAhead) return undefined;
    if (part instanceof DataPart) part.shown();
    return this.#parts.client.send(part.packet);
  }

  async refuse(refusal: Refusal): Promise<void> {
    await this.#parts.client.refuse(this.#parts.id, refusal);
  }

  /** What was asked and not answered is refused, and it is closed. */
  async stop(refusal: Refusal): Promise<void> {
    if (!this.#isOpen) return this.refuse(refusal);
    this.#stopped = refusal;
    this.#asked.end();
    const refuse = (id: number | undefined) => (id === undefined ? undefined : this.#parts.client.refuse(id, refusal));
    await refuse(this.#current?.id);
    for (let next = await this.#replies.next(); next.done !== true; next = await this.#replies.next()) {
      await refuse((await this.#taken(next.value)).id);
    }
  }

  waiting(notice: WaitingNotice): Promise<void> | undefined {
    return this.#parts.client.waiting(notice);
  }

  /** Sends what is asked, in its order; the last part of the reply is that of its closing. */
  async #send(input: AsyncIterable<Part>, handle: Buffer, masked: MaskedFile | undefined): Promise<void> {
    for await (const part of input) {
      if (!(part instanceof AskedPart)) continue;
      this.#unsent.take(part.weight);
      if (part.work !== undefined) await part.work();
      const { asked } = part;
      if (asked === undefined) continue;
      if (this.#stopped !== undefined) {
        await this.#parts.client.refuse(asked.id, this.#stopped);
        continue;
      }
      if (asked.kind === 'read' && masked !== undefined) {
        this.#replies.push(this.#readMasked(asked, masked));
        continue;
      }
      if (asked.kind === 'write') {
        this.#written.take(asked.offset, asked.data);
        masked?.changed();
      }
      const isLast = asked.kind === 'close';
      const sending = this.#ask(asked, part.packet, isLast);
      if (sending !== undefined) await sending;
      if (isLast) return;
    }
    // The client left it open; nobody is told that it is closed now.
    await this.#parts.host.ask({ kind: 'close', handle });
    this.#replies.push(new ClosingPart(undefined, () => this.#result('cancelled')));
    this.#replies.end();
  }

  #ask(asked: HandleRequest, packet: Buffer, isLast: boolean): Promise<void> | undefined {
    const { host } = this.#parts;
    const answered = (whole: Buffer): void => {
      const part = this.#answer(renumber(whole, asked.id), asked, isLast);
      host.waiting.add(weightOf(part));
      this.#replies.push(part);
      if (isLast) this.#replies.end();
    };
    return host.send(packet, { reply: answered, lost: (fault) => this.#replies.fail(fault) });
  }

  #answer(packet: Buffer, asked: HandleRequest, isLast: boolean): SftpPart {
    const reply = readReply(packet);
    if (isLast) {
      const result = resultOf(reply);
      return new ClosingPart(packet, () => (result.status === 'ok' ? this.#result('ok') : result));
    }
    if (reply.kind !== 'data') return new ReplyPart(reply, this.#frames);
    const offset = asked.kind === 'read' ? asked.offset : 0n;
    return new DataPart(packet, reply.data, this.#frames, (data) => this.#read.take(offset, data));
  }

  async #readMasked(
    { id, offset, length }: HandleRequest & { readonly kind: 'read' },
    file: MaskedFile,
  ): Promise<SftpPart> {
    if (offset > MOST_OFFSET) return new ReplyPart(endOfFile(id), this.#frames);
    try {
      const window = await file.read(offset, Math.min(length, MOST_READ_BYTES));
      if (window.end <= window.at) return new ReplyPart(endOfFile(id), this.#frames);
      return new WindowPart({ id, window, file, frames: this.#frames }, (data) => this.#read.take(offset, data));
    } catch (cause) {
      if (!(cause instanceof ReadFailed)) throw cause;
      return new ReplyPart({ ...cause.reply, id }, this.#frames);
    }
  }

  #result(status: ExchangeResult['status']): ExchangeResult {
    const read = this.#read.isEmpty ? [] : this.#read.tags('read');
    const written = this.#written.isEmpty ? [] : this.#written.tags('written');
    return { status, rows: 0, tags: [...read, ...written] };
  }

  async #taken(part: SftpPart | Promise<SftpPart>): Promise<SftpPart> {
    const known = await part;
    this.#parts.host.waiting.take(weightOf(known));
    this.#current = known;
    return known;
  }
}

const NOTHING = Buffer.alloc(0);
/** Beyond what numbers count exactly there is no file. */
const MOST_OFFSET = 2n ** 52n;
/** What OpenSSH's limits@openssh.com offers. */
const MOST_READ_BYTES = 255 * 1024;

function endOfFile(id: number) {
  return { id, kind: 'status', code: STATUS.eof, message: Buffer.from('End of file') } as const;
}

function unasked(): never {
  throw new Fault('upstream-protocol', 'the host opened something in another way than SFTP has');
}

/** What a part holds in memory until it is taken. */
function weightOf(part: SftpPart): number {
  return part.packet?.length ?? 0;
}
