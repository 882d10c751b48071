import { LIMITS } from '../../../model/limits.ts';
import { PeerLeft } from '../../../wire/peer-left.ts';
import { MESSAGE, STDERR } from '../transport/numbers.ts';
import { MalformedSsh, PacketWriter } from '../transport/packets.ts';
import type { SshTransport } from '../transport/transport.ts';
import type { Channel, ChannelMessage, ChannelStream } from './channel.ts';

export interface ChannelParts {
  readonly transport: SshTransport;
  readonly local: number;
  readonly remote: number;
  /** What the peer takes, to begin with. */
  readonly window: number;
  readonly maxPacket: number;
  /** Called once both ends have closed it. */
  readonly onClosed: () => void;
}

interface Waiting {
  readonly stream: ChannelStream;
  readonly bytes: Uint8Array;
  sent: number;
  readonly done: PromiseWithResolvers<void>;
}

/** A channel over a transport: windows either way, so that who reads slowly is sent to slowly. */
export class SshChannel implements Channel {
  readonly #parts: ChannelParts;
  readonly #gone = new AbortController();
  /** What the peer still takes. */
  #window: number;
  /** What the peer may still send, and what was read since it was told. */
  #allowed: number = LIMITS.sshWindowBytes;
  #read = 0;
  #messages: ChannelMessage[] = [];
  #requests = 0;
  /** Of the peer's requests, those that wait for an answer: answers have no numbers, and stay in order. */
  #unanswered = 0;
  #wake: (() => void) | undefined;
  #waiting: Waiting[] = [];
  #isPumping = false;
  #answers: ((accepted: boolean) => void)[] = [];
  #sentEof = false;
  #sentClose = false;
  #gotClose = false;

  constructor(parts: ChannelParts) {
    this.#parts = parts;
    this.#window = parts.window;
  }

  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  async next(): Promise<ChannelMessage | null> {
    for (;;) {
      const message = this.#taken();
      if (message !== undefined) return message;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async nextWithin(ms: number): Promise<ChannelMessage | null | undefined> {
    const message = this.#taken();
    if (message !== undefined) return message;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
    return this.#taken();
  }

  write(bytes: Uint8Array, stream: ChannelStream = 'out'): Promise<void> | undefined {
    if (this.#sentEof || this.#sentClose || this.#gone.signal.aborted) return Promise.reject(this.#reason());
    if (bytes.length === 0) return undefined;
    if (this.#waiting.length === 0 && bytes.length <= this.#window && this.#parts.transport.drained() === undefined) {
      this.#send(stream, bytes, 0, bytes.length);
      return undefined;
    }
    const waiting: Waiting = { stream, bytes: Buffer.from(bytes), sent: 0, done: Promise.withResolvers() };
    this.#waiting.push(waiting);
    void this.#pump();
    return waiting.done.promise;
  }

  async request(name: string, data: Uint8Array): Promise<boolean> {
    if (this.#sentClose || this.#gone.signal.aborted) throw this.#reason();
    this.#ask(name, data, true);
    return new Promise((resolve) => this.#answers.push(resolve));
  }

  tell(name: string, data: Uint8Array): void {
    if (!this.#sentClose && !this.#gone.signal.aborted) this.#ask(name, data, false);
  }

  eof(): void {
    if (this.#sentEof || this.#sentClose || this.#gone.signal.aborted) return;
    this.#sentEof = true;
    // Behind the data that waits.
    if (this.#waiting.length === 0) this.#say(MESSAGE.channelEof);
  }

  async close(): Promise<void> {
    await this.#waiting.at(-1)?.done.promise.catch(unsent);
    this.abort();
  }

  abort(): void {
    if (this.#sentClose) return;
    this.#sentClose = true;
    this.#say(MESSAGE.channelClose);
    this.#dropWaiting();
    if (this.#gotClose) this.#closed();
    else this.#forget();
  }

  /** A message of the peer's for this channel, behind the number of it. Throws `MalformedSsh`. */
  take(type: number, body: { u32(): number; string(): Buffer; text(): string; bool(): boolean; rest(): Buffer }): void {
    switch (type) {
      case MESSAGE.channelData:
        return this.#data('out', body.string());
      case MESSAGE.channelExtendedData:
        return body.u32() === STDERR ? this.#data('err', body.string()) : this.#ignored(body.string());
      case MESSAGE.windowAdjust:
        this.#window = Math.min(this.#window + body.u32(), 0xffff_ffff);
        void this.#pump();
        return undefined;
      case MESSAGE.channelEof:
        return this.#push({ kind: 'eof' });
      case MESSAGE.channelClose:
        return this.#peerClosed();
      case MESSAGE.channelRequest:
        return this.#requested(body.text(), body.bool(), body.rest());
      case MESSAGE.channelSuccess:
        return this.#answers.shift()?.(true);
      case MESSAGE.channelFailure:
        return this.#answers.shift()?.(false);
      default:
        throw new MalformedSsh('a message that channels have not');
    }
  }

  /** The connection is over. */
  lost(reason: Error): void {
    this.#gotClose = true;
    this.#sentClose = true;
    this.#leave(reason);
  }

  #data(stream: ChannelStream, bytes: Buffer): void {
    this.#allowed -= bytes.length;
    if (this.#allowed < 0) throw new MalformedSsh('more data than the window allows');
    // What comes after we have closed it is for nobody.
    if (this.#sentClose) return;
    this.#push({ kind: 'data', stream, bytes });
  }

  #ignored(bytes: Buffer): void {
    this.#allowed -= bytes.length;
    this.#consumed(bytes.length);
  }

  #requested(name: string, wantsReply: boolean, data: Buffer): void {
    if (ASIDE.has(name) && this.#unanswered === 0) {
      if (wantsReply && !this.#sentClose) this.#say(MESSAGE.channelFailure);
      return;
    }
    if (++this.#requests > LIMITS.maxSshChannelRequests)
      throw new MalformedSsh('too many requests of a channel at once');
    let isAnswered = !wantsReply;
    if (wantsReply) this.#unanswered++;
    const answer = (accepted: boolean): void => {
      if (isAnswered) return;
      isAnswered = true;
      this.#unanswered--;
      if (this.#sentClose || this.#gone.signal.aborted) return;
      this.#say(accepted ? MESSAGE.channelSuccess : MESSAGE.channelFailure);
    };
    if (this.#sentClose) return;
    this.#push({ kind: 'request', name, data, answer });
  }

  #push(message: ChannelMessage): void {
    this.#messages.push(message);
    this.#awake();
  }

  #taken(): ChannelMessage | null | undefined {
    const message = this.#messages.shift();
    if (message === undefined) return this.#gotClose || this.#gone.signal.aborted ? null : undefined;
    if (message.kind === 'data') this.#consumed(message.bytes.length);
    if (message.kind === 'request') this.#requests--;
    return message;
  }

  /** What was read may be sent again, told in large steps. */
  #consumed(bytes: number): void {
    this.#read += bytes;
    if (this.#read < LIMITS.sshWindowBytes / 2 || this.#gotClose || this.#sentClose) return;
    this.#allowed += this.#read;
    const { transport, remote } = this.#parts;
    transport.send(new PacketWriter(MESSAGE.windowAdjust).u32(remote).u32(this.#read).done());
    this.#read = 0;
  }

  async #pump(): Promise<void> {
    if (this.#isPumping) return;
    this.#isPumping = true;
    try {
      for (let one = this.#waiting[0]; one !== undefined && this.#window > 0; one = this.#waiting[0]) {
        await this.#parts.transport.drained();
        if (this.#sentClose || this.#gone.signal.aborted) break;
        const sending = Math.min(one.bytes.length - one.sent, this.#window, this.#parts.maxPacket);
        this.#send(one.stream, one.bytes, one.sent, one.sent + sending);
        one.sent += sending;
        if (one.sent < one.bytes.length) continue;
        this.#waiting.shift();
        one.done.resolve();
        if (this.#waiting.length === 0 && this.#sentEof) this.#say(MESSAGE.channelEof);
      }
    } finally {
      this.#isPumping = false;
    }
  }

  #send(stream: ChannelStream, bytes: Uint8Array, from: number, to: number): void {
    const { transport, remote, maxPacket } = this.#parts;
    for (let at = from; at < to; ) {
      const end = Math.min(to, at + maxPacket);
      const isErr = stream === 'err';
      const head = Buffer.allocUnsafe(isErr ? 13 : 9);
      head[0] = isErr ? MESSAGE.channelExtendedData : MESSAGE.channelData;
      head.writeUInt32BE(remote, 1);
      if (isErr) head.writeUInt32BE(STDERR, 5);
      head.writeUInt32BE(end - at, head.length - 4);
      transport.sendData(head, at === 0 && end === bytes.length ? bytes : bytes.subarray(at, end));
      this.#window -= end - at;
      at = end;
    }
  }

  #ask(name: string, data: Uint8Array, wantsReply: boolean): void {
    const { transport, remote } = this.#parts;
    transport.send(new PacketWriter(MESSAGE.channelRequest).u32(remote).string(name).bool(wantsReply).raw(data).done());
  }

  #say(type: number): void {
    const { transport, remote } = this.#parts;
    transport.send(new PacketWriter(type).u32(remote).done());
  }

  #peerClosed(): void {
    if (this.#gotClose) throw new MalformedSsh('a channel that was closed twice');
    this.#gotClose = true;
    if (!this.#sentClose) {
      this.#sentClose = true;
      this.#say(MESSAGE.channelClose);
    }
    this.#closed();
  }

  #closed(): void {
    this.#leave(new PeerLeft('the peer closed the channel'));
    this.#parts.onClosed();
  }

  /** Closed by us, with what was not read: the peer has not said yet that it knows. */
  #forget(): void {
    this.#messages = [];
    this.#leave(new PeerLeft('the channel was closed'));
  }

  #leave(reason: Error): void {
    if (!this.#gone.signal.aborted) this.#gone.abort(reason);
    this.#dropWaiting();
    for (const answer of this.#answers.splice(0)) answer(false);
    this.#awake();
  }

  #dropWaiting(): void {
    const reason = this.#reason();
    for (const { done } of this.#waiting.splice(0)) {
      done.promise.catch(unsent);
      done.reject(reason);
    }
  }

  #awake(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  #reason(): Error {
    const { aborted, reason } = this.#gone.signal as AbortSignal & { readonly reason: Error };
    return aborted ? reason : new PeerLeft('nothing more is sent on the channel');
  }
}

/**
 * What ends ask of each other for themselves: whether the other is there, how far it has read. It is answered as it comes, and
 * not behind data that nobody takes yet: a client whose command reads nothing would hold us for dead.
 */
const ASIDE: ReadonlySet<string> = new Set([
  'keepalive@openssh.com',
  'simple@putty.projects.tartarus.org',
  'winadj@putty.projects.tartarus.org',
]);

/** Whoever wrote it hears of it. */
function unsent(): void {}
