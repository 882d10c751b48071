import { Fault } from '../../../model/fault.ts';
import { LIMITS } from '../../../model/limits.ts';
import type { Refusal } from '../../../model/refusal.ts';
import type { ExchangeResult, Part } from '../../../model/reply.ts';
import type { Request } from '../../../model/request.ts';
import type { SshFrame } from '../../../model/ssh-frames.ts';
import type { Exchange, Forward, WaitingNotice } from '../../protocol.ts';
import type { HostChannel, SshUpstream } from '../host/upstream.ts';
import { PacketReader } from '../transport/packets.ts';
import type { WindowSize } from './asked.ts';
import type { Channel, ChannelMessage } from './channel.ts';
import { ChangeAhead, ChannelPart, StreamMasks } from './channel-part.ts';
import type { SessionChannel } from './kind.ts';
import { noticeText, REFUSED_STATUS, refusalText, tellStatus } from './told.ts';

/** One command or shell: what it is sent, what it says on both streams, and how it ends. */
export class CommandExchange implements Exchange<SshUpstream> {
  readonly request: Request;
  readonly input: AsyncIterable<Part>;
  readonly #parts: SessionChannel;
  readonly #masks: StreamMasks;
  readonly #since: number;
  readonly #nowMs: () => number;
  /** Resolved once what else the client sends is for nobody. */
  readonly #over = Promise.withResolvers<null>();
  #notices: NodeJS.Timeout | undefined;
  #host: HostChannel | undefined;
  #isTold = false;

  constructor(parts: SessionChannel, nowMs: () => number, request: Request) {
    this.#parts = parts;
    this.#nowMs = nowMs;
    this.#since = nowMs();
    this.#masks = new StreamMasks(parts.asked.terminal !== undefined);
    this.request = request;
    this.input = this.#input();
  }

  async *forward({ upstream, input, whole, metered, signal }: Forward<SshUpstream>): AsyncGenerator<Part> {
    this.#quiet();
    const until = upstream.until(signal);
    if (metered && this.request.operations.some(({ access }) => access !== 'read')) yield new ChangeAhead();
    const host = await upstream.start(this.#parts.asked, until);
    this.#host = host;
    const { terminal } = this.#parts.asked;
    if (terminal !== undefined) yield new ChannelPart([this.#frame('window', sizeBytes(terminal.size))], this.#masks);
    // What the client's side breaks on ends the command: it must not go on for nobody.
    let broken: unknown;
    const sending = sendAll(input, host).catch((cause: unknown) => {
      broken = cause;
      host.abort();
    });
    try {
      const ended = yield* this.#output(host, whole);
      if (broken !== undefined) throw broken;
      if (until.aborted) throw until.reason;
      if (ended === undefined) throw upstream.signal.aborted ? LOST() : new Fault('upstream-closed', ENDED_EARLY);
      yield this.#last(ended);
    } catch (cause) {
      throw broken ?? (until.aborted ? until.reason : cause);
    } finally {
      this.#over.resolve(null);
      host.abort();
      await sending;
    }
  }

  reply(part: Part): Promise<void> | undefined {
    if (!(part instanceof ChannelPart)) return undefined;
    let slow: Promise<void> | undefined;
    for (const frame of part.frames) {
      const written = this.#tell(frame);
      if (written !== undefined)
        slow = slow === undefined ? written : Promise.all([slow, written]).then(() => undefined);
    }
    return slow;
  }

  async refuse(refusal: Refusal): Promise<void> {
    this.#quiet();
    this.#over.resolve(null);
    await this.tell(refusal);
  }

  async stop(refusal: Refusal): Promise<void> {
    await this.tell(refusal);
  }

  waiting(notice: WaitingNotice): Promise<void> | undefined {
    const say = (): Promise<void> | undefined =>
      this.#parts.client.write(Buffer.from(noticeText(notice, this.#newline)), 'err');
    this.#notices = setInterval(() => void say()?.catch(clientLeft), LIMITS.sshWaitingNoticeMs).unref();
    this.#parts.client.signal.addEventListener('abort', () => this.#quiet(), { once: true });
    return say()?.catch(clientLeft);
  }

  /** Says why nothing, or nothing more, comes of it. A client that left needs no words. */
  async tell(refusal: Refusal): Promise<void> {
    if (this.#isTold) return;
    this.#isTold = true;
    const { client } = this.#parts;
    await client.write(Buffer.from(refusalText(refusal, this.#newline)), 'err')?.catch(clientLeft);
    tellStatus(client, REFUSED_STATUS);
    client.eof();
  }

  get #newline(): '\n' | '\r\n' {
    return this.#parts.asked.terminal === undefined ? '\n' : '\r\n';
  }

  #quiet(): void {
    clearInterval(this.#notices);
  }

  /** All that the host says, up to its end; how it ended, where it says so. */
  async *#output(host: HostChannel, whole: boolean): AsyncGenerator<Part, SshFrame | undefined> {
    let ended: SshFrame | undefined;
    let isHeld = false;
    for (;;) {
      const message: ChannelMessage | null | undefined =
        whole && isHeld ? await host.nextWithin(LIMITS.sshMaskDelayMs) : await host.next();
      if (message === null) return ended;
      isHeld = message?.kind === 'data';
      if (message === undefined) yield new ChannelPart([], this.#masks, { pauses: true });
      else if (message.kind === 'data')
        yield new ChannelPart([this.#frame(message.stream, message.bytes)], this.#masks);
      else if (message.kind === 'request') {
        ended = this.#endOf(message.name, message.data) ?? ended;
        message.answer(false);
      }
    }
  }

  #endOf(name: string, data: Buffer): SshFrame | undefined {
    if (name === 'exit-status') return this.#frame('status', data.subarray(0, 4));
    return name === 'exit-signal' ? this.#frame('signal', data) : undefined;
  }

  #last(ended: SshFrame): ChannelPart {
    return new ChannelPart([ended], this.#masks, { result: resultOf(ended) });
  }

  #tell({ kind, bytes }: SshFrame): Promise<void> | undefined {
    const { client } = this.#parts;
    if (kind === 'out' || kind === 'err') return client.write(bytes, kind);
    if (kind !== 'status' && kind !== 'signal') return undefined;
    this.#isTold = true;
    if (kind === 'status') client.tell('exit-status', bytes);
    if (kind === 'signal') client.tell('exit-signal', bytes);
    client.eof();
    return undefined;
  }

  async *#input(): AsyncGenerator<Part> {
    const { client } = this.#parts;
    for (;;) {
      const message = await Promise.race([client.next(), this.#over.promise]);
      if (message === null) return;
      const frame = this.#sent(message);
      if (frame !== undefined) yield new ChannelPart([frame], this.#masks);
    }
  }

  /** What a client may do while a command runs; anything else it is told no. */
  #sent(message: ChannelMessage): SshFrame | undefined {
    if (message.kind === 'eof') return this.#frame('end', NOTHING);
    if (message.kind === 'data') return message.stream === 'out' ? this.#frame('in', message.bytes) : undefined;
    const { name, data } = message;
    // Nobody reads any more what the command says (OpenSSH's PROTOCOL, 2.1): it gets a signal for that at its host.
    if (name === 'eow@openssh.com') this.#host?.tell(name, NOTHING);
    const kind =
      name === 'signal' ? 'signal' : name === 'break' ? 'break' : name === 'window-change' ? 'window' : undefined;
    message.answer(kind !== undefined);
    return kind && this.#frame(kind, data);
  }

  #frame(kind: SshFrame['kind'], bytes: Buffer): SshFrame {
    return { kind, atMs: this.#nowMs() - this.#since, bytes };
  }
}

const NOTHING = Buffer.alloc(0);
const ENDED_EARLY = 'the host ended the command without saying how';

function LOST(): Fault {
  return new Fault('upstream-closed', 'the host closed the connection');
}

function sizeBytes({ columns, rows }: WindowSize): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32BE(columns);
  bytes.writeUInt32BE(rows, 4);
  return bytes;
}

/** Sends on what was recorded of the client's. */
async function sendAll(input: AsyncIterable<Part>, host: HostChannel): Promise<void> {
  for await (const part of input) {
    if (!(part instanceof ChannelPart)) continue;
    for (const { kind, bytes } of part.frames) {
      // A command that has ended, or takes no input any more, needs none.
      if (host.signal.aborted) return;
      if (kind === 'in') await host.write(bytes)?.catch(() => undefined);
      else if (kind === 'end') host.eof();
      else await pass(kind, bytes, host);
    }
  }
}

async function pass(kind: SshFrame['kind'], bytes: Uint8Array, host: Channel): Promise<void> {
  if (kind === 'signal') host.tell('signal', bytes);
  if (kind === 'window') host.tell('window-change', bytes);
  // A break is answered, by a host that knows of them (RFC 4335).
  if (kind === 'break') await host.request('break', bytes);
}

/** RFC 4254, section 6.10. */
function resultOf({ kind, bytes }: SshFrame): ExchangeResult {
  const data = Buffer.from(bytes);
  if (kind === 'signal') return { status: 'error', code: `SIG${signalName(data)}`, rows: 0 };
  const status = data.length === 4 ? data.readUInt32BE() : 255;
  return { status: status === 0 ? 'ok' : 'error', code: String(status), rows: 0 };
}

function signalName(data: Buffer): string {
  const name = new PacketReader(data, 0).text();
  return /^[A-Z0-9@._-]{1,32}$/i.test(name) ? name : 'UNKNOWN';
}

/** One that left needs no words; what it left is told by its connection. */
function clientLeft(): void {}
