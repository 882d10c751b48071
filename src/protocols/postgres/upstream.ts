import type { Socket } from 'node:net';
import { Fault } from '../../model/fault.ts';
import { LIMITS } from '../../model/limits.ts';
import type { Part } from '../../model/reply.ts';
import type { Statement } from '../../sql/postgres/analysis.ts';
import type { Catalogue, Stale } from '../../sql/postgres/catalogue.ts';
import { ALL_IN_DOUBT } from '../../sql/postgres/stale.ts';
import type { ByteStream } from '../../wire/byte-stream.ts';
import { PeerLeft } from '../../wire/peer-left.ts';
import { ReadBuffers } from '../../wire/read-buffers.ts';
import { SocketStream } from '../../wire/socket-stream.ts';
import { FRONTEND, message, type TransactionStatus } from './messages.ts';
import { SessionDefinitions, staleAfterAll } from './session-definitions.ts';
import { UnaskedReader } from './unasked.ts';

const COMMITS = new Set(['commit', 'prepare-transaction', 'commit-prepared']);

const BUFFERS = new ReadBuffers(LIMITS.readBufferBytes);

export interface UpstreamParts {
  readonly socket: Socket;
  readonly leftover: Buffer;
  readonly status: TransactionStatus;
  /** Asks the server, over a connection of its own, to cancel what this one is doing. */
  readonly cancel: () => Promise<void>;
  /** What is known of the database; absent for a connection whose statements nobody analyses. */
  readonly catalogue?: SharedCatalogue;
}

/** What is known of a database to all its sessions. */
export interface SharedCatalogue {
  get(): Catalogue | undefined;
  isOld(): boolean;
  /** Reads it again, over the connection it is given. */
  refresh(upstream: PostgresUpstream): Promise<void>;
  /** Says that what runs in the database is about to change; call what it returns when that is over. */
  changing(stale: Stale): () => void;
  /** Says that a change was sent and will not be read by whoever sent it. */
  spoil(stale: Stale): void;
  isSpoilt(): boolean;
}

/** The real connection. One exchange at a time reads from it; between exchanges it listens by itself. */
export class PostgresUpstream implements AsyncDisposable {
  /** What the server's last ReadyForQuery said. */
  status: TransactionStatus;
  /** True once something was flushed upstream without a Sync: an implicit transaction may be open there. */
  unsynced = false;
  /** What the statements of this session mean. */
  readonly definitions: SessionDefinitions;
  /** The server's client_encoding, standard_conforming_strings, … as it last reported them. */
  readonly parameters: Map<string, string>;
  readonly #stream: ByteStream;
  readonly #cancel: () => Promise<void>;
  readonly #catalogue: SharedCatalogue | undefined;
  #changeIsOver: (() => void) | undefined;
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
    this.#catalogue = parts.catalogue;
    this.definitions = new SessionDefinitions(() => parts.catalogue?.get());
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

  /** Statements are about to be sent: what they may change is in doubt until it is read again, for all sessions. */
  sending(statements: readonly Statement[]): void {
    if (this.#catalogue === undefined) return;
    const stale = staleAfterAll(statements);
    if (stale !== undefined) this.definitions.doubt(stale);
    // what a transaction changed is everybody's once it is committed
    const commits = this.definitions.own !== undefined && statements.some(({ kind }) => COMMITS.has(kind));
    const changes = stale?.programs === true && this.status === 'I';
    if (commits || changes)
      this.#changeIsOver ??= this.#catalogue.changing(commits ? ALL_IN_DOUBT : (stale ?? ALL_IN_DOUBT));
  }

  /** Reads the catalogue between exchanges, where somebody who left has changed definitions; undefined where not. */
  catchUp(): Promise<void> | undefined {
    const shared = this.#catalogue;
    if (shared?.isSpoilt() !== true || this.#busy || this.unsynced || this.status === 'E') return undefined;
    if (this.status === 'T' && this.definitions.own !== undefined) return undefined;
    this.#busy = true;
    return shared.refresh(this).finally(() => this.finish());
  }

  /** Reads the catalogue again where a definition changed, or where it is old. */
  async settle(): Promise<void> {
    try {
      if (this.#catalogue === undefined || this.unsynced || this.status === 'E') return;
      const isIdle = this.status === 'I';
      const { isStale, own } = this.definitions;
      if (isStale || (isIdle && (own !== undefined || this.#catalogue.isOld()))) await this.#catalogue.refresh(this);
    } finally {
      this.#changeIsOver?.();
      this.#changeIsOver = undefined;
    }
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
    if (this.definitions.isStale || this.definitions.own !== undefined) this.#catalogue?.spoil(ALL_IN_DOUBT);
    this.#changeIsOver?.();
    this.#changeIsOver = undefined;
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
