import type { Socket } from 'node:net';
import { Fault } from '../../model/fault.ts';
import { LIMITS } from '../../model/limits.ts';
import type { Part } from '../../model/reply.ts';
import type { ByteStream } from '../../wire/byte-stream.ts';
import { PeerLeft } from '../../wire/peer-left.ts';
import { ReadBuffers } from '../../wire/read-buffers.ts';
import { SocketStream } from '../../wire/socket-stream.ts';
import { FRONTEND, message, type TransactionStatus } from './messages.ts';
import { UnaskedReader } from './unasked.ts';

const BUFFERS = new ReadBuffers(LIMITS.readBufferBytes);

export interface UpstreamParts {
  readonly socket: Socket;
  readonly leftover: Buffer;
  readonly status: TransactionStatus;
  /** Asks the server, over a connection of its own, to cancel what this one is doing. */
  readonly cancel: () => Promise<void>;
  /** Reads the database's catalogue again, over the connection it is given. */
  readonly refreshCatalogue: (upstream: PostgresUpstream) => Promise<void>;
}

/** The real connection. One exchange at a time reads from it; between exchanges it listens by itself. */
export class PostgresUpstream implements AsyncDisposable {
  /** What the server's last ReadyForQuery said. */
  status: TransactionStatus;
  /** True once something was flushed upstream without a Sync: an implicit transaction may be open there. */
  unsynced = false;
  /** True once a definition changed, so that the catalogue must be read again before the next request is judged. */
  catalogueIsStale = false;
  /** The server's client_encoding, standard_conforming_strings, … as it last reported them. */
  readonly parameters: Map<string, string>;
  readonly #stream: ByteStream;
  readonly #cancel: () => Promise<void>;
  readonly #refreshCatalogue: (upstream: PostgresUpstream) => Promise<void>;
  readonly #unasked = new UnaskedReader();
  #pending: Promise<Buffer | null> | undefined;
  #listener: ((unasked: Part | Fault) => Promise<void> | undefined) | undefined;
  #signal: AbortSignal | undefined;
  #busy = false;
  #dropped: Error | undefined;

  constructor(parts: UpstreamParts, parameters: ReadonlyMap<string, string>) {
    this.status = parts.status;
    this.parameters = new Map(parameters);
    this.#cancel = parts.cancel;
    this.#refreshCatalogue = parts.refreshCatalogue;
    this.#stream = SocketStream.over(
      parts.socket,
      { maxAheadBytes: LIMITS.maxClientAheadBytes, bulkViews: true, buffers: BUFFERS },
      parts.leftover,
    );
  }

  /** Begins an exchange. When `signal` aborts, the server is told to stop and the connection is dropped. */
  begin(signal: AbortSignal): void {
    this.#busy = true;
    if (this.#signal === signal) return;
    this.#signal = signal;
    signal.addEventListener('abort', () => this.#abandon(signal.reason as Error), { once: true });
    if (signal.aborted) this.#abandon(signal.reason as Error);
  }

  /** Ends an exchange: from here on, what comes is unasked. */
  finish(): void {
    this.#busy = false;
    this.#watch();
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    return this.#stream.write(bytes);
  }

  /** Reads the catalogue again where a definition changed and no transaction is open. */
  async settle(): Promise<void> {
    if (!this.catalogueIsStale || this.status !== 'I' || this.unsynced) return;
    this.catalogueIsStale = false;
    await this.#refreshCatalogue(this);
  }

  /** The next bytes of the reply, valid until the next call; null when the server is gone. See `lost` for what it throws. */
  next(): Promise<Buffer | null> {
    const pending = this.#pending ?? this.#stream.read();
    this.#pending = undefined;
    return pending;
  }

  /** Why the connection ended, given what `next` threw. */
  lost(cause?: unknown): unknown {
    if (this.#dropped !== undefined) return this.#dropped;
    if (this.#signal?.aborted === true) return this.#signal.reason;
    if (cause !== undefined && !(cause instanceof PeerLeft)) return cause;
    return new Fault('upstream-closed', 'the server closed the connection', { cause });
  }

  /** Gives back bytes that came after the end of a reply. */
  unread(bytes: Buffer): void {
    this.#stream.unread(bytes);
  }

  listen(listener: (unasked: Part | Fault) => Promise<void> | undefined): void {
    this.#listener = listener;
    this.#watch();
  }

  cancel(): Promise<void> {
    return this.#cancel();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener = undefined;
    if (this.#stream.signal.aborted) return;
    if (this.#busy) return this.#abandon(new PeerLeft('the session ended'));
    await this.#stream.write(message(FRONTEND.terminate));
    await this.#stream.end();
  }

  /** Ends the connection for a reason that whoever reads from it then gets. */
  drop(reason: Error): void {
    this.#dropped ??= reason;
    this.#abandon(reason);
  }

  /** Stops the server's work rather than leaving it to run for nobody. */
  #abandon(reason: Error): void {
    if (this.#busy && !this.#stream.signal.aborted) {
      // Best effort: the connection is dropped in any case, which rolls back what was open.
      this.#cancel().catch(() => undefined);
    }
    this.#stream.destroy(reason);
  }

  #watch(): void {
    if (this.#listener === undefined || this.#pending !== undefined) return;
    const pending = this.#stream.read();
    this.#pending = pending;
    pending.then(
      (bytes) => (this.#pending === pending ? this.#heard(bytes) : undefined),
      (cause: unknown) => (this.#pending === pending ? this.#tell(this.lost(cause)) : undefined),
    );
  }

  async #heard(bytes: Buffer | null): Promise<void> {
    this.#pending = undefined;
    if (bytes === null) return this.#tell(this.lost());
    try {
      for (const part of this.#unasked.take(bytes, this.parameters)) await this.#listener?.(part);
    } catch (cause) {
      return this.#tell(new Fault('upstream-protocol', 'the server sent what cannot be passed on', { cause }));
    }
    if (!this.#busy) this.#watch();
  }

  async #tell(reason: unknown): Promise<void> {
    const fault =
      reason instanceof Fault
        ? reason
        : new Fault('upstream-closed', 'the connection to the server broke', { cause: reason });
    await this.#listener?.(fault);
  }
}
