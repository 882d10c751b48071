import { Fault } from '../../../model/fault.ts';
import { PeerLeft } from '../../../wire/peer-left.ts';
import type { Asked } from '../channels/asked.ts';
import type { Channel } from '../channels/channel.ts';
import { type ChannelOpening, OpenRefused, type SshConnection } from '../channels/connection.ts';
import { OPEN_FAILURE } from '../transport/numbers.ts';
import { PacketReader, PacketWriter } from '../transport/packets.ts';

/** One channel at a host; the other end of a client's. */
export type HostChannel = Channel;

/** A listening port at the host, and what connects to it there. */
export interface HostListener {
  readonly port: number;
  /** Takes connections until it is closed; null then. */
  next(): Promise<ArrivedConnection | null>;
  close(): Promise<void>;
}

/** Somebody connected to a port at which the host listens for us. */
export interface ArrivedConnection {
  readonly from: { readonly host: string; readonly port: number };
  accept(): HostChannel;
  refuse(): void;
}

/** The real host of one session, logged in. */
export class SshUpstream implements AsyncDisposable {
  readonly user: string;
  readonly #connection: SshConnection;
  readonly #close: (reason: Error) => Promise<void>;
  readonly #ending = new AbortController();
  readonly #listeners = new Map<number, Arrivals>();
  #watched: AbortSignal | undefined;

  constructor(user: string, connection: SshConnection, close: (reason: Error) => Promise<void>) {
    this.user = user;
    this.#connection = connection;
    this.#close = close;
  }

  /** Aborted once the connection to the host is over. */
  get signal(): AbortSignal {
    return this.#connection.signal;
  }

  /** What aborts an exchange: the session's end, or the client's cancelling, after which the session is over as well. */
  until(session: AbortSignal): AbortSignal {
    if (this.#watched !== session) {
      this.#watched = session;
      if (session.aborted) this.#ending.abort(session.reason);
      else session.addEventListener('abort', () => this.#ending.abort(session.reason), { once: true });
    }
    return this.#ending.signal;
  }

  cancel(): Promise<void> {
    this.#ending.abort(new PeerLeft('the client cancelled its request'));
    return Promise.resolve();
  }

  /**
   * Opens a session channel, and asks there what the client asked: its variables first, then its terminal. The channel is
   * aborted with the signal. Throws a `Fault` where the host does not let it.
   */
  async start({ kind, command, terminal, environment }: Asked, signal: AbortSignal): Promise<HostChannel> {
    const channel = await this.#opened('session', Buffer.alloc(0), signal);
    for (const { name, value } of environment)
      channel.tell('env', new PacketWriter().string(name).string(value).done());
    if (terminal !== undefined && !(await channel.request('pty-req', terminal.data))) {
      channel.abort();
      throw new Fault('upstream-protocol', 'the host gives no terminal');
    }
    const data = kind === 'shell' ? Buffer.alloc(0) : new PacketWriter().string(command).done();
    if (await channel.request(kind, data)) return channel;
    channel.abort();
    if (this.signal.aborted) throw this.#lost();
    throw new Fault('upstream-protocol', `the host does not start what was asked (${kind})`);
  }

  /** Connects from the host onwards (RFC 4254, section 7.2). Rejects with `OpenRefused` where it cannot. */
  forward(to: Place, from: Place, signal: AbortSignal): Promise<HostChannel> {
    const data = new PacketWriter().string(to.host).u32(to.port).string(from.host).u32(from.port).done();
    return this.#opened('direct-tcpip', data, signal);
  }

  /** Has the host listen (RFC 4254, section 7.1); undefined where it does not. Port 0 is any. */
  async listen({ host, port }: Place): Promise<HostListener | undefined> {
    const asked = new PacketWriter().string(host).u32(port).done();
    const answer = await this.#connection.request('tcpip-forward', asked);
    if (answer === undefined) return undefined;
    const bound = port === 0 && answer.length >= 4 ? new PacketReader(answer, 0).u32() : port;
    const arrivals = new Arrivals();
    this.#listeners.set(bound, arrivals);
    const close = async (): Promise<void> => {
      this.#listeners.delete(bound);
      arrivals.end();
      if (this.signal.aborted) return;
      await this.#connection.request('cancel-tcpip-forward', new PacketWriter().string(host).u32(bound).done());
    };
    return { port: bound, next: () => arrivals.next(), close };
  }

  /** Takes what the host wants to open; nothing is, but connections to ports that we asked for. */
  arrived({ type, data, accept, refuse }: ChannelOpening): void {
    const reader = new PacketReader(data, 0);
    const arrivals =
      type === 'forwarded-tcpip' && reader.text() !== undefined ? this.#listeners.get(reader.u32()) : undefined;
    if (arrivals === undefined) return refuse(OPEN_FAILURE.prohibited, 'nothing listens for it');
    const from = { host: reader.text(), port: reader.u32() };
    arrivals.push({ from, accept, refuse: () => refuse(OPEN_FAILURE.prohibited, 'refused') });
  }

  /** What was under way there is over. */
  async [Symbol.asyncDispose](): Promise<void> {
    const reason = new PeerLeft('the session ended');
    this.#ending.abort(reason);
    for (const arrivals of this.#listeners.values()) arrivals.end();
    await this.#close(reason);
  }

  async #opened(type: string, data: Buffer, signal: AbortSignal): Promise<HostChannel> {
    signal.throwIfAborted();
    let channel: Channel;
    try {
      channel = await this.#connection.open(type, data);
    } catch (cause) {
      if (!(cause instanceof OpenRefused)) throw this.#lost();
      if (type !== 'session') throw cause;
      throw new Fault('upstream-protocol', 'the host opens no session', { cause });
    }
    const abort = (): void => channel.abort();
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    channel.signal.addEventListener('abort', () => signal.removeEventListener('abort', abort), { once: true });
    return channel;
  }

  #lost(): Fault {
    return new Fault('upstream-closed', 'the host closed the connection', { cause: this.signal.reason });
  }
}

export interface Place {
  readonly host: string;
  readonly port: number;
}

/** Connections that came and wait to be taken. */
class Arrivals {
  #waiting: ArrivedConnection[] = [];
  #isOver = false;
  #wake: (() => void) | undefined;

  push(arrived: ArrivedConnection): void {
    if (this.#isOver || this.#waiting.length >= MOST_WAITING) return arrived.refuse();
    this.#waiting.push(arrived);
    this.#wake?.();
  }

  async next(): Promise<ArrivedConnection | null> {
    for (;;) {
      const arrived = this.#waiting.shift();
      if (arrived !== undefined) return arrived;
      if (this.#isOver) return null;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  end(): void {
    this.#isOver = true;
    for (const arrived of this.#waiting.splice(0)) arrived.refuse();
    this.#wake?.();
  }
}

const MOST_WAITING = 20;
