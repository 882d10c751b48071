import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type SecureContext, TLSSocket } from 'node:tls';

import type { ByteStream } from './byte-stream.ts';
import { detachHandle } from './detach-handle.ts';
import { PeerLeft } from './peer-left.ts';
import { ReadBuffers } from './read-buffers.ts';

export interface SocketStreamOptions {
  /** Bytes taken from the peer while nobody reads, at most; then the peer is slowed down. */
  readonly maxAheadBytes: number;
  /** True hands out bulk reads as views of a reused buffer; false copies each, so that they may be kept. */
  readonly bulkViews: boolean;
  readonly buffers: ReadBuffers;
}

/**
 * A `ByteStream` over a TCP or Unix socket. The socket reads into reused buffers (`onread`), which spares an
 * allocation a read: small reads are copied out of one buffer that all connections share, so an idle connection holds
 * none; a bulk transfer gets a buffer of its own, and its reads are handed out as views with no copy.
 */
export class SocketStream implements ByteStream {
  readonly peer: string;
  readonly #options: SocketStreamOptions;
  readonly #gone = new AbortController();
  readonly #queue: Buffer[] = [];
  #queuedBytes = 0;
  #socket: Socket;
  #tls = false;
  #ended = false;
  #paused = false;
  #reader: { resolve: (bytes: Buffer | null) => void; reject: (reason: unknown) => void } | undefined;
  #stalled: (() => void) | undefined;
  #own: Buffer | undefined;
  #next: Buffer | undefined;

  /** Takes over a paused socket that this process accepted or opened; `early` are bytes already read from it. */
  static over(socket: Socket, options: SocketStreamOptions, early?: Buffer): SocketStream {
    const stream = new SocketStream(socket, options);
    if (early !== undefined && early.length > 0) stream.unread(early);
    return stream;
  }

  private constructor(socket: Socket, options: SocketStreamOptions) {
    this.#options = options;
    this.peer = `${socket.remoteAddress ?? 'local'}:${socket.remotePort ?? 0}`;
    if (socket instanceof TLSSocket) {
      this.#socket = socket;
      this.#tls = true;
      this.#readEvents(socket);
    } else {
      this.#socket = this.#readIntoBuffers(socket);
    }
    this.#watch(this.#socket);
    this.#socket.resume();
  }

  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  get tls(): boolean {
    return this.#tls;
  }

  get alpn(): string | undefined {
    const agreed = this.#socket instanceof TLSSocket ? this.#socket.alpnProtocol : null;
    return agreed === null || agreed === false ? undefined : agreed;
  }

  read(): Promise<Buffer | null> {
    const queued = this.#queue.length === 1 ? this.#queue.pop() : this.#queue.length > 0 ? this.#takeAll() : undefined;
    if (queued !== undefined) {
      this.#queuedBytes = 0;
      return Promise.resolve(queued);
    }
    if (this.#ended) return Promise.resolve(null);
    if (this.#gone.signal.aborted) return Promise.reject(this.#gone.signal.reason as Error);
    if (this.#paused) this.#resume();
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
    if (this.#paused) listener?.();
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    const socket = this.#socket;
    if (socket.destroyed) return Promise.reject(this.#reason());
    socket.write(bytes);
    return socket.writableLength === 0 ? undefined : this.#flushed();
  }

  async startTls(
    context: SecureContext,
    options: { readonly alpn: readonly string[]; readonly requireAlpn: boolean },
  ): Promise<void> {
    const plain = this.#socket;
    plain.pause();
    if (this.#queuedBytes > 0) plain.unshift(this.#takeAll());
    this.#queuedBytes = 0;
    plain.removeAllListeners();
    const secured = new TLSSocket(plain, { isServer: true, secureContext: context, ALPNProtocols: [...options.alpn] });
    this.#socket = secured;
    this.#tls = true;
    this.#paused = false;
    this.#readEvents(secured);
    this.#watch(secured);
    await new Promise<void>((resolve, reject) => {
      secured.once('secure', resolve);
      this.#gone.signal.addEventListener('abort', () => reject(this.#reason()), { once: true });
    });
    // Node's own servers say so of theirs; who is given the socket would wait for it.
    (secured as { secureConnecting?: boolean }).secureConnecting = false;
    if (options.requireAlpn && secured.alpnProtocol === false) {
      this.destroy(new PeerLeft('no application protocol was agreed on'));
      throw this.#reason();
    }
    secured.resume();
  }

  /** The socket itself, without the buffers that this stream read into. */
  toDuplex(): Duplex {
    const old = this.#socket;
    old.pause();
    const { handle } = old instanceof TLSSocket ? { handle: undefined } : detachHandle(old);
    const socket =
      handle === undefined
        ? old
        : new Socket({ handle, allowHalfOpen: false } as ConstructorParameters<typeof Socket>[0]);
    if (handle === undefined) old.removeAllListeners('data');
    else socket.setNoDelay(true);
    this.#socket = socket;
    this.#paused = false;
    this.#giveBack();
    this.#watch(socket);
    if (this.#queuedBytes > 0) socket.unshift(this.#takeAll());
    this.#queuedBytes = 0;
    return socket;
  }

  async end(): Promise<void> {
    if (!this.#socket.destroyed) {
      await new Promise<void>((resolve) => {
        this.#socket.once('close', () => resolve());
        this.#socket.end(() => this.#socket.destroySoon());
      });
    }
  }

  destroy(reason?: Error): void {
    this.#leave(reason ?? new PeerLeft('the connection was closed'));
    this.#socket.destroy();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.destroy();
    return Promise.resolve();
  }

  /** Rewraps the handle in a socket with `onread`, which Node offers for outgoing sockets only. */
  #readIntoBuffers(socket: Socket): Socket {
    const { handle } = detachHandle(socket);
    if (handle === undefined) {
      this.#readEvents(socket);
      return socket;
    }
    const onread = {
      buffer: () => this.#nextBuffer() as Uint8Array,
      callback: (n: number, b: Uint8Array) => this.#arrivedIn(n, b),
    };
    const options = { handle, onread, allowHalfOpen: false };
    const rewrapped = new Socket(options as ConstructorParameters<typeof Socket>[0]);
    rewrapped.setNoDelay(true);
    return rewrapped;
  }

  #readEvents(socket: Socket): void {
    socket.on('data', (chunk: Buffer) => {
      if (!this.#arrived(chunk)) socket.pause();
    });
  }

  #watch(socket: Socket): void {
    socket.on('end', () => this.#end());
    socket.on('error', (error) => this.#leave(new PeerLeft('the connection broke', { cause: error })));
    socket.on('close', () => this.#end());
  }

  /** Bytes in a reused buffer. False stops the reading until somebody asks for more. */
  #arrivedIn(length: number, buffer: Uint8Array): boolean {
    const { buffers, bulkViews } = this.#options;
    if (buffer === this.#own) {
      if (this.#reader !== undefined && length >= buffers.bulkBytes) {
        this.#paused = true;
        this.#deliver(this.#own.subarray(0, length));
        return false;
      }
      this.#giveBack();
    } else if (bulkViews && length >= buffers.bulkBytes && this.#reader !== undefined) {
      this.#own = this.#next = buffers.lease();
    }
    const copy = Buffer.allocUnsafe(length);
    (buffer as Buffer).copy(copy, 0, 0, length);
    return this.#arrived(copy);
  }

  #arrived(bytes: Buffer): boolean {
    if (this.#reader !== undefined) {
      this.#deliver(bytes);
      return true;
    }
    this.#queue.push(bytes);
    this.#queuedBytes += bytes.length;
    this.#paused = this.#queuedBytes >= this.#options.maxAheadBytes;
    if (this.#paused) this.#stalled?.();
    return !this.#paused;
  }

  #deliver(bytes: Buffer): void {
    const reader = this.#reader;
    this.#reader = undefined;
    reader?.resolve(bytes);
  }

  #nextBuffer(): Buffer | undefined {
    const next = this.#next;
    this.#next = undefined;
    return this.#own === undefined && next === undefined ? this.#options.buffers.shared : next;
  }

  #giveBack(): void {
    if (this.#own === undefined) return;
    this.#options.buffers.giveBack(this.#own);
    this.#own = undefined;
    this.#next = this.#options.buffers.shared;
  }

  #resume(): void {
    this.#paused = false;
    this.#socket.resume();
  }

  #takeAll(): Buffer {
    return Buffer.concat(this.#queue.splice(0));
  }

  #flushed(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.write(NOTHING, (error) => (error ? reject(this.#reason()) : resolve()));
    });
  }

  /** What broke, or was destroyed, has no end that could be taken for the sender's. */
  #end(): void {
    this.#ended ||= !this.#gone.signal.aborted;
    this.#leave(new PeerLeft('the peer closed the connection'));
  }

  #leave(reason: Error): void {
    if (!this.#gone.signal.aborted) this.#gone.abort(reason);
    const reader = this.#reader;
    this.#reader = undefined;
    if (this.#ended) reader?.resolve(null);
    else reader?.reject(reason);
    // A view of it may be on its way to somebody still, or wait for people: it is not lent to another connection.
    this.#own = undefined;
  }

  #reason(): Error {
    return this.#gone.signal.aborted ? (this.#gone.signal.reason as Error) : new PeerLeft('the connection was closed');
  }
}

const NOTHING = new Uint8Array(0);
