/**
 * The seam between the wires of HTTP (h1/, h2/) and the protocol above them. A wire knows framing: it checks it, takes it
 * off and puts it on. What stands here has none: no transfer codings, no hop-by-hop fields, no pseudo-fields.
 */

import type { ByteStream } from '../../wire/byte-stream.ts';
import { PeerLeft } from '../../wire/peer-left.ts';

/** Fields in their order: names in lower case, values without the white space around them, as latin1. */
export type Fields = readonly (readonly [name: string, value: string])[];

export interface RequestHead {
  readonly version: '1.0' | '1.1' | '2';
  readonly method: string;
  /** `Host` or `:authority`, as sent; of a CONNECT the host and port that it asks for. */
  readonly authority: string;
  /**
   * The origin form (RFC 9112, 3.2.1) as sent, not normalised; `*` of an OPTIONS for the server; empty of a CONNECT. Besides
   * RFC 3986's characters it may have the seven that clients by the URL Standard leave as they are: `[ ] ^ \` { | }`.
   */
  readonly target: string;
  /** True where the request line had the absolute form, which only a forward proxy is sent. */
  readonly absolute: boolean;
  /**
   * The protocol of an HTTP/1.1 Upgrade or an HTTP/2 extended CONNECT (RFC 8441): `websocket`, and on HTTP/1.1 `spdy/3.1`;
   * nothing else is carried.
   */
  readonly upgrade?: string;
  readonly fields: Fields;
}

export interface ReplyHead {
  /** 200 to 599, and 101 as what answers an upgrade. */
  readonly status: number;
  /**
   * `Content-Length` is among them only in what has no body of its own, a reply to HEAD and a 304, where it says how long
   * the body would be (RFC 9110, 8.6).
   */
  readonly fields: Fields;
}

/** How long a body is, where its sender said so; `none` where there can be none. */
export type BodyLength = number | 'none' | 'unknown';

/** What comes of a message after its head: its bytes, then the fields behind them (RFC 9110, 6.5). */
export interface MessageBody {
  readonly length: BodyLength;
  /**
   * The next bytes, transfer coding taken off; null at the end. Valid until the next call. Rejects with `MalformedHttp`
   * where the framing breaks, with `PeerLeft` where the sender does. At most one call at a time.
   */
  read(): Promise<Buffer | null>;
  /** What `read` would give, where that is there already; undefined where it must be waited for. Throws what it rejects with. */
  take?(): Buffer | null | undefined;
  /** True where all that is left of it has come: `take` gives it, or `read` without waiting for the sender. */
  readonly isWhole?: boolean;
  /** What stood behind the body; known once `read` gave null. */
  readonly trailers: Fields;
}

/** One request of a client, and the way to answer it. */
export interface IncomingRequest {
  readonly head: RequestHead;
  readonly body: MessageBody;
  /** True where the client waits for a 100 before it sends the body (RFC 9110, 10.1.1); reading the body says it. */
  readonly expectsContinue: boolean;
  /** Aborted when the client has left or cancelled this request; the reason is a `PeerLeft`. */
  readonly signal: AbortSignal;
  /** Once, before any `write`. `length` frames the body; `none` ends the reply. A promise while the client is slow. */
  respond(head: ReplyHead, length: BodyLength): Promise<void> | undefined;
  write(bytes: Buffer): Promise<void> | undefined;
  /** Where the length was a number there are no fields behind it: HTTP/1.1 has no place for them. */
  end(trailers?: Fields): Promise<void> | undefined;
  /** Breaks the reply off so that the client can tell: closes the connection, or resets the stream. */
  abort(): void;
  /**
   * Answers a CONNECT (200) or an upgrade (101, RFC 8441: 200), whichever status the head has, and gives the bytes that
   * follow; throws `PeerLeft` where the client has gone. What proves an upgrade on HTTP/1.1 (`Sec-WebSocket-Key` and `-Accept`) is its wire's own, and no field here.
   */
  accept(head: ReplyHead): ByteStream;
}

/** A client's connection, whichever wire it speaks. */
export interface ServerConnection extends AsyncDisposable {
  /** How many requests may be under way at once: 1 on HTTP/1.1. */
  readonly concurrency: number;
  /**
   * The next request; undefined once the client sends no more. On HTTP/1.1 it waits until the one before was answered and
   * its body read or given up. Rejects with `MalformedHttp`, after the client was told in the wire's own words.
   */
  next(): Promise<IncomingRequest | undefined>;
  /** Tells the client to send no more on this connection (`Connection: close`, GOAWAY). */
  retire(): void;
}

/** A connection to a target, whichever wire it speaks. One request at a time. */
export interface ClientConnection extends AsyncDisposable {
  readonly version: '1.1' | '2';
  /** False once it cannot take another request: the server said so, closed it, or a reply was left unread. */
  readonly reusable: boolean;
  /** Sends the head and, as they are pulled, the body's bytes; resolves with the reply's head. Aborting ends all of it. */
  send(request: OutgoingRequest, signal: AbortSignal): Promise<IncomingReply>;
}

export interface OutgoingRequest {
  readonly method: string;
  readonly scheme: 'http' | 'https';
  readonly authority: string;
  /** The origin form. */
  readonly target: string;
  readonly upgrade?: string;
  readonly fields: Fields;
  readonly length: BodyLength;
  /**
   * Pulled after the head was sent; absent where the length is `none`. The fields after it are asked for at its end, and
   * sent where the length is `unknown`: a message of a known length ends with its last byte on either wire.
   */
  readonly body?: AsyncIterable<Buffer>;
  readonly trailers?: () => Fields;
}

export interface IncomingReply {
  readonly head: ReplyHead;
  readonly body: MessageBody;
  /** The bytes after a 101, or after the 2xx of an extended CONNECT. */
  readonly upgraded?: ByteStream;
}

/** The protocol of an Upgrade, in lower case, by which clients of clusters have several streams in one connection. */
export const SPDY = 'spdy/3.1';

/** What cannot be read in one way only, or not at all; `status` is what the client is told: 502 of what a target sent. */
export class MalformedHttp extends Error {
  readonly status: 400 | 408 | 413 | 414 | 417 | 421 | 431 | 501 | 502 | 505;

  constructor(status: MalformedHttp['status'], message: string) {
    super(message);
    this.name = 'MalformedHttp';
    this.status = status;
  }
}

/** The server closed the connection before anything of its reply came. */
export class NotAnswered extends PeerLeft {
  constructor(options?: { readonly cause?: unknown }) {
    super('the server closed the connection instead of replying', options);
    this.name = 'NotAnswered';
  }
}
