import type { Duplex } from 'node:stream';
import { type SecureContext, TLSSocket } from 'node:tls';
import type { ByteStream } from './byte-stream.ts';
import { PeerLeft } from './peer-left.ts';

/** A `ByteStream` over a stream of Node's: one that a library brings, like a stream of HTTP/2. */
export class DuplexStream implements ByteStream {
  readonly peer: string;
  readonly #gone = new AbortController();
  #duplex: Duplex;
  #ahead: Buffer[] = [];
  #ended = false;
  #wake: (() => void) | undefined;

  /** `peer` is `address:port`. */
  constructor(duplex: Duplex, peer: string) {
    this.peer = peer;
    this.#duplex = duplex;
    this.#watch(duplex);
  }

  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  get tls(): boolean {
    return this.#duplex instanceof TLSSocket;
  }

  get alpn(): string | undefined {
    const agreed = this.#duplex instanceof TLSSocket ? this.#duplex.alpnProtocol : null;
    return agreed === null || agreed === false ? undefined : agreed;
  }

  async read(): Promise<Buffer | null> {
    for (;;) {
      const bytes = this.#ahead.shift() ?? (this.#duplex.read() as Buffer | null);
      if (bytes !== null) return bytes;
      if (this.#ended) return null;
      this.#gone.signal.throwIfAborted();
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  unread(bytes: Buffer): void {
    this.#ahead.unshift(Buffer.from(bytes));
  }

  /** A stream of Node's stops by itself at its own mark; that its peer left is told by another way than its bytes. */
  onStall(): void {}

  write(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#duplex.destroyed) return Promise.reject(this.#gone.signal.reason as Error);
    return new Promise((resolve, reject) => {
      this.#duplex.write(bytes, (fault) =>
        fault ? reject(new PeerLeft('the connection broke', { cause: fault })) : resolve(),
      );
    });
  }

  async startTls(
    context: SecureContext,
    options: { readonly alpn: readonly string[]; readonly requireAlpn: boolean },
  ): Promise<void> {
    const plain = this.#duplex;
    for (const bytes of this.#ahead.splice(0).toReversed()) plain.unshift(bytes);
    plain.removeAllListeners('readable');
    plain.removeAllListeners('end');
    const secured = new TLSSocket(plain, { isServer: true, secureContext: context, ALPNProtocols: [...options.alpn] });
    this.#duplex = secured;
    await new Promise<void>((resolve, reject) => {
      secured.once('secure', resolve);
      secured.once('error', (cause) => this.#leave(new PeerLeft('the connection broke', { cause })));
      this.#gone.signal.addEventListener('abort', () => reject(this.#gone.signal.reason as Error), { once: true });
    });
    // Node's own servers say so of theirs; who is given the socket would wait for it.
    (secured as { secureConnecting?: boolean }).secureConnecting = false;
    this.#watch(secured);
    if (!options.requireAlpn || secured.alpnProtocol !== false) return;
    this.destroy(new PeerLeft('no application protocol was agreed on'));
    this.#gone.signal.throwIfAborted();
  }

  toDuplex(): Duplex {
    this.#duplex.removeAllListeners('readable');
    for (const bytes of this.#ahead.splice(0).toReversed()) this.#duplex.unshift(bytes);
    return this.#duplex;
  }

  async end(): Promise<void> {
    const duplex = this.#duplex;
    if (duplex.destroyed) return;
    await new Promise<void>((resolve) => {
      duplex.once('close', () => resolve());
      duplex.end(() => duplex.destroy());
    });
  }

  destroy(reason?: Error): void {
    this.#leave(reason ?? new PeerLeft('the connection was closed'));
    this.#duplex.destroy();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.destroy();
    return Promise.resolve();
  }

  #watch(duplex: Duplex): void {
    duplex.on('readable', () => this.#wake?.());
    duplex.on('end', () => {
      this.#ended = true;
      this.#leave(new PeerLeft('the peer closed the connection'));
    });
    duplex.on('error', (cause) => this.#leave(new PeerLeft('the connection broke', { cause })));
    duplex.on('close', () => this.#leave(new PeerLeft('the peer closed the connection')));
  }

  #leave(reason: Error): void {
    if (!this.#gone.signal.aborted) this.#gone.abort(reason);
    this.#wake?.();
  }
}
