import type { Duplex } from 'node:stream';
import type { RawData, WebSocket } from 'ws';
import { duplexOf } from './byte-duplex.ts';
import type { ByteStream } from './byte-stream.ts';
import { PeerLeft } from './peer-left.ts';
import { keepAlive } from './websocket-keep-alive.ts';

export interface WebSocketStreamOptions {
  /** `address:port` of the peer. */
  readonly peer: string;
  /** Bytes taken from the peer while nobody reads, at most and a read of the socket; then the peer is slowed down. */
  readonly maxAheadBytes: number;
  /** What the peer takes in one message; more is cut. */
  readonly maxMessageBytes: number;
  readonly pingMs: number;
}

/**
 * A `ByteStream` over a WebSocket (RFC 6455) that carries another protocol's bytes: binary messages in their order, cut
 * anywhere. An empty one says that its sender has no more to send, which a WebSocket has no other way to say.
 */
export class WebSocketStream implements ByteStream {
  readonly peer: string;
  readonly tls = false;
  readonly alpn = undefined;
  readonly #socket: WebSocket;
  readonly #maxAheadBytes: number;
  readonly #maxMessageBytes: number;
  readonly #gone = new AbortController();
  #queue: Buffer[] = [];
  #queuedBytes = 0;
  /** The peer has no more to send. */
  #hasAll = false;
  /** And whoever read had its turn with what it sent last. */
  #ended = false;
  #ending = false;
  #reader: { resolve: (bytes: Buffer | null) => void; reject: (reason: unknown) => void } | undefined;
  #stalled: (() => void) | undefined;

  /** Takes over an open WebSocket. */
  constructor(socket: WebSocket, { peer, maxAheadBytes, maxMessageBytes, pingMs }: WebSocketStreamOptions) {
    this.peer = peer;
    this.#socket = socket;
    this.#maxAheadBytes = maxAheadBytes;
    this.#maxMessageBytes = maxMessageBytes;
    socket.on('message', (data, isBinary) => this.#arrived(data, isBinary));
    socket.on('error', (cause) => this.#leave(new PeerLeft('the connection broke', { cause })));
    socket.on('close', () => this.#end());
    keepAlive(socket, pingMs);
  }

  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  read(): Promise<Buffer | null> {
    const first = this.#queue.shift();
    if (first !== undefined) {
      // Small messages are worth a copy, to be read in one; bulk is not.
      const bytes =
        first.length >= BULK_BYTES || this.#queue.length === 0 ? first : Buffer.concat([first, ...this.#queue]);
      if (bytes !== first) this.#queue = [];
      this.#queuedBytes = bytes === first ? this.#queuedBytes - first.length : 0;
      // While this is worked on, more may come.
      if (this.#socket.isPaused && this.#queuedBytes * 2 < this.#maxAheadBytes) this.#socket.resume();
      return Promise.resolve(bytes);
    }
    if (this.#ended) return Promise.resolve(null);
    if (this.#gone.signal.aborted) return Promise.reject(this.#reason());
    if (this.#socket.isPaused) this.#socket.resume();
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject };
    });
  }

  unread(bytes: Buffer): void {
    this.#queue.unshift(Buffer.from(bytes));
    this.#queuedBytes += bytes.length;
  }

  onStall(listener: (() => void) | undefined): void {
    this.#stalled = listener;
    if (this.#socket.isPaused) listener?.();
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    const socket = this.#socket;
    if (socket.readyState !== socket.OPEN) return Promise.reject(this.#reason());
    const most = this.#maxMessageBytes;
    let from = 0;
    for (; bytes.length - from > most; from += most) socket.send(bytes.subarray(from, from + most));
    // An empty message would say that this was the last one.
    if (from === bytes.length) return undefined;
    let sent: ((error?: Error | null) => void) | undefined;
    socket.send(bytes.subarray(from), (error) => sent?.(error));
    if (socket.bufferedAmount === 0) return undefined;
    return new Promise<void>((resolve, reject) => {
      sent = (error) => (error ? reject(this.#reason()) : resolve());
    });
  }

  startTls(): Promise<void> {
    return Promise.reject(new PeerLeft('a carried connection has no TLS of its own'));
  }

  toDuplex(): Duplex {
    return duplexOf(this);
  }

  async end(): Promise<void> {
    const socket = this.#socket;
    if (socket.readyState === socket.CLOSED) return;
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    this.#ending = true;
    if (socket.readyState === socket.OPEN) socket.send(NOTHING);
    socket.close(1000);
    // What the peer still sends is of no interest, and its goodbye stands behind it.
    if (socket.isPaused) socket.resume();
    await closed;
  }

  destroy(reason?: Error): void {
    this.#leave(reason ?? new PeerLeft('the connection was closed'));
    this.#socket.terminate();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.destroy();
    return Promise.resolve();
  }

  #arrived(data: RawData, isBinary: boolean): void {
    if (this.#ending || this.#hasAll) return;
    if (!isBinary || !Buffer.isBuffer(data)) return this.destroy(new PeerLeft('the peer sent what no carrier sends'));
    if (data.length === 0) return this.#end();
    const reader = this.#reader;
    if (reader !== undefined) {
      this.#reader = undefined;
      return reader.resolve(data);
    }
    this.#queue.push(data);
    this.#queuedBytes += data.length;
    if (this.#queuedBytes < this.#maxAheadBytes) return;
    this.#socket.pause();
    this.#stalled?.();
  }

  /**
   * The last bytes and the end behind them often come in one read: who reads those bytes is done with them before it is
   * told that the peer is gone, as over TCP.
   */
  #end(): void {
    if (this.#hasAll) return;
    this.#hasAll = true;
    setImmediate(() => {
      this.#ended = true;
      this.#leave(new PeerLeft('the peer closed the connection'));
    });
  }

  #leave(reason: Error): void {
    if (!this.#gone.signal.aborted) this.#gone.abort(reason);
    const reader = this.#reader;
    this.#reader = undefined;
    if (this.#ended) reader?.resolve(null);
    else reader?.reject(reason);
  }

  #reason(): Error {
    return this.#gone.signal.aborted ? (this.#gone.signal.reason as Error) : new PeerLeft('the connection was closed');
  }
}

const NOTHING = new Uint8Array(0);
const BULK_BYTES = 16 * 1024;
