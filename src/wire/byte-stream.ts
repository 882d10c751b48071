import type { Duplex } from 'node:stream';
import type { SecureContext } from 'node:tls';

/**
 * One peer's connection, pulled rather than pushed, so that a reader that does not ask slows the peer down instead of
 * filling memory. Three implementations: a socket with reused read buffers, which may become TLS; a WebSocket; and a stream
 * of Node's, for what a library brings.
 */
export interface ByteStream extends AsyncDisposable {
  /** `address:port` of the peer. */
  readonly peer: string;
  /** Aborted once the peer has left or the stream was destroyed; the reason is a `PeerLeft`. */
  readonly signal: AbortSignal;
  readonly tls: boolean;
  /** What ALPN agreed on (RFC 7301); undefined without TLS, and where nothing was. */
  readonly alpn: string | undefined;
  /**
   * The bytes that arrived since the last call; null at the end of the stream. Where the
   * stream was made with `bulkViews` they are valid until the next call.
   * At most one call at a time.
   */
  read(): Promise<Buffer | null>;
  /** Gives back bytes that were read and belong to what comes next. */
  unread(bytes: Buffer): void;
  /**
   * Says whom to tell once the peer has sent as much ahead of its reader as is taken in: no more is read then, and the
   * peer's leaving does not show. Told at once where it is so already; undefined tells nobody any more.
   */
  onStall(listener: (() => void) | undefined): void;
  /** Writes; a promise while the peer has not taken all of it, resolved once every byte was handed to the kernel. */
  write(bytes: Uint8Array): Promise<void> | undefined;
  /** Becomes TLS, as the server. With `requireAlpn` a client that agrees on none of the protocols is refused. */
  startTls(
    context: SecureContext,
    options: { readonly alpn: readonly string[]; readonly requireAlpn: boolean },
  ): Promise<void>;
  /**
   * Gives the connection to a library that wants a stream of Node's. Of this one, only what tells that the peer has left and
   * what ends it may be used from then on.
   */
  toDuplex(): Duplex;
  /** Flushes what was written, then closes. */
  end(): Promise<void>;
  destroy(reason?: Error): void;
}
