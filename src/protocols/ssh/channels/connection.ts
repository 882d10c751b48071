import { LIMITS } from '../../../model/limits.ts';
import { MESSAGE, OPEN_FAILURE } from '../transport/numbers.ts';
import { MalformedSsh, PacketReader, PacketWriter } from '../transport/packets.ts';
import type { SshTransport } from '../transport/transport.ts';
import type { Channel } from './channel.ts';
import { SshChannel } from './ssh-channel.ts';

/** A channel that the peer wants to open (RFC 4254, section 5.1): one of the two is called, once. */
export interface ChannelOpening {
  /** `session`, `direct-tcpip`, … */
  readonly type: string;
  /** What stands behind it. */
  readonly data: Buffer;
  accept(): Channel;
  /** `reason` is one of `OPEN_FAILURE`. */
  refuse(reason: number, text: string): void;
}

/** Something that the peer asks of the connection as a whole (RFC 4254, section 4). */
export interface GlobalRequest {
  readonly name: string;
  readonly data: Buffer;
  /** Says yes, with an answer, or no; answers leave in the order of the requests. */
  answer(data: Uint8Array | false): void;
}

export interface ConnectionParts {
  readonly transport: SshTransport;
  readonly onOpen: (opening: ChannelOpening) => void;
  readonly onGlobal: (request: GlobalRequest) => void;
}

/** Who refused to open a channel, and in what words. */
export class OpenRefused extends Error {
  readonly reason: number;

  constructor(reason: number, text: string) {
    super(text);
    this.name = 'OpenRefused';
    this.reason = reason;
  }
}

interface Opening {
  readonly done: PromiseWithResolvers<Channel>;
}

/** The channels of one connection (RFC 4254), from either end. */
export class SshConnection {
  readonly #parts: ConnectionParts;
  readonly #channels = new Map<number, SshChannel>();
  readonly #openings = new Map<number, Opening>();
  readonly #gone = new AbortController();
  #nextNumber = 0;
  #globals: PromiseWithResolvers<Buffer | undefined>[] = [];
  #asked: { answer: Uint8Array | false | undefined }[] = [];
  #unanswered = 0;
  /** Channels that the peer wants and that are not decided yet. */
  #undecided = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
  }

  /** Aborted once the connection is over. */
  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  /** How many channels are open, or about to be. */
  get size(): number {
    return this.#channels.size + this.#openings.size + this.#undecided;
  }

  /** Opens a channel at the peer. Rejects with `OpenRefused`, or with what ended the connection. */
  open(type: string, data: Uint8Array): Promise<Channel> {
    if (this.#gone.signal.aborted) return Promise.reject(this.#gone.signal.reason as Error);
    const local = this.#number();
    const done = Promise.withResolvers<Channel>();
    this.#openings.set(local, { done });
    const { transport } = this.#parts;
    const opening = new PacketWriter(MESSAGE.channelOpen).string(type).u32(local);
    transport.send(opening.u32(LIMITS.sshWindowBytes).u32(transport.mostDataBytes).raw(data).done());
    return done.promise;
  }

  /** Asks for something of the whole connection; undefined where the peer says no. */
  request(name: string, data: Uint8Array): Promise<Buffer | undefined> {
    if (this.#gone.signal.aborted) return Promise.reject(this.#gone.signal.reason as Error);
    const asked = Promise.withResolvers<Buffer | undefined>();
    this.#globals.push(asked);
    this.#parts.transport.send(new PacketWriter(MESSAGE.globalRequest).string(name).bool(true).raw(data).done());
    return asked.promise;
  }

  /** Asks the peer every so many milliseconds whether it is there; `onLost` where it does not say so for long. */
  keepAlive(onLost: () => void): void {
    this.#timer = setInterval(() => {
      if (++this.#unanswered > LIMITS.sshKeepAlivesMissed) return onLost();
      this.request('keepalive@openssh.com', Buffer.alloc(0)).catch(ended);
    }, LIMITS.sshKeepAliveMs).unref();
  }

  /** Takes a payload. Throws `MalformedSsh`. */
  take(payload: Buffer): void {
    this.#unanswered = 0;
    const reader = new PacketReader(payload);
    const type = payload[0] ?? 0;
    switch (type) {
      case MESSAGE.globalRequest:
        return this.#global(reader);
      case MESSAGE.requestSuccess:
        return this.#globals.shift()?.resolve(Buffer.from(reader.rest()));
      case MESSAGE.requestFailure:
        return this.#globals.shift()?.resolve(undefined);
      case MESSAGE.channelOpen:
        return this.#wanted(reader);
      case MESSAGE.channelConfirmed:
        return this.#confirmed(reader);
      case MESSAGE.channelOpenFailure:
        return this.#refused(reader);
      default:
        if (type < MESSAGE.windowAdjust || type > MESSAGE.channelFailure) return this.#parts.transport.unimplemented();
        return this.#channel(reader.u32()).take(type, reader);
    }
  }

  /** The connection is over: so is each of its channels. */
  lost(reason: Error): void {
    if (this.#gone.signal.aborted) return;
    clearInterval(this.#timer);
    this.#gone.abort(reason);
    for (const channel of this.#channels.values()) channel.lost(reason);
    for (const { done } of this.#openings.values()) done.reject(reason);
    for (const asked of this.#globals.splice(0)) {
      asked.promise.catch(ended);
      asked.reject(reason);
    }
    this.#channels.clear();
    this.#openings.clear();
  }

  #global(reader: PacketReader): void {
    const name = reader.text();
    const wantsReply = reader.bool();
    const asked = { answer: undefined as Uint8Array | false | undefined };
    if (wantsReply) {
      if (this.#asked.length >= LIMITS.maxSshChannelRequests) throw new MalformedSsh('too many requests at once');
      this.#asked.push(asked);
    }
    const answer = (data: Uint8Array | false): void => {
      asked.answer ??= data;
      if (wantsReply) this.#sayAnswers();
    };
    this.#parts.onGlobal({ name, data: reader.rest(), answer });
  }

  /** In the order in which they were asked for. */
  #sayAnswers(): void {
    for (let first = this.#asked[0]; first?.answer !== undefined; first = this.#asked[0]) {
      const { answer } = first;
      this.#asked.shift();
      const said = new PacketWriter(answer === false ? MESSAGE.requestFailure : MESSAGE.requestSuccess);
      this.#parts.transport.send(answer === false ? said.done() : said.raw(answer).done());
    }
  }

  #wanted(reader: PacketReader): void {
    const type = reader.text();
    const remote = reader.u32();
    const window = reader.u32();
    const maxPacket = Math.min(reader.u32(), PACKET_BYTES);
    const data = reader.rest();
    const { transport, onOpen } = this.#parts;
    let isDecided = false;
    const refuse = (reason: number, text: string): void => {
      if (isDecided) return;
      isDecided = true;
      this.#undecided--;
      transport.send(
        new PacketWriter(MESSAGE.channelOpenFailure).u32(remote).u32(reason).string(text).string('').done(),
      );
    };
    if (maxPacket === 0) throw new MalformedSsh('a channel that takes no packets');
    this.#undecided++;
    if (this.size > LIMITS.maxSshChannels) return refuse(OPEN_FAILURE.resourceShortage, 'too many channels are open');
    const accept = (): Channel => {
      isDecided = true;
      this.#undecided--;
      const local = this.#number();
      const channel = this.#added(local, remote, window, maxPacket);
      const confirmed = new PacketWriter(MESSAGE.channelConfirmed).u32(remote).u32(local);
      transport.send(confirmed.u32(LIMITS.sshWindowBytes).u32(transport.mostDataBytes).done());
      return channel;
    };
    onOpen({ type, data, accept, refuse });
  }

  #confirmed(reader: PacketReader): void {
    const local = reader.u32();
    const opening = this.#openings.get(local);
    if (opening === undefined) throw new MalformedSsh('a channel that nobody asked for');
    this.#openings.delete(local);
    const remote = reader.u32();
    const window = reader.u32();
    const maxPacket = Math.min(reader.u32(), PACKET_BYTES);
    if (maxPacket === 0) throw new MalformedSsh('a channel that takes no packets');
    opening.done.resolve(this.#added(local, remote, window, maxPacket));
  }

  #refused(reader: PacketReader): void {
    const local = reader.u32();
    const opening = this.#openings.get(local);
    if (opening === undefined) throw new MalformedSsh('a channel that nobody asked for');
    this.#openings.delete(local);
    opening.done.reject(new OpenRefused(reader.u32(), reader.text()));
  }

  #added(local: number, remote: number, window: number, maxPacket: number): SshChannel {
    const onClosed = (): void => void this.#channels.delete(local);
    const channel = new SshChannel({ transport: this.#parts.transport, local, remote, window, maxPacket, onClosed });
    this.#channels.set(local, channel);
    return channel;
  }

  #channel(local: number): SshChannel {
    const channel = this.#channels.get(local);
    if (channel === undefined) throw new MalformedSsh('a channel that is not open');
    return channel;
  }

  #number(): number {
    let local: number;
    do local = this.#nextNumber++ >>> 0;
    while (this.#channels.has(local) || this.#openings.has(local));
    return local;
  }
}

/** Data that is sent in one packet; any SSH takes as much (RFC 4253, section 6.1). */
const PACKET_BYTES = 32 * 1024;

/** Whoever asked hears of it by the connection's end. */
function ended(): void {}
