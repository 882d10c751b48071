/** Which of a channel's two streams; what goes to a host is `out` alone. */
export type ChannelStream = 'out' | 'err';

/** What comes on a channel, in its order (RFC 4254, sections 5.2 to 5.4). */
export type ChannelMessage =
  | { readonly kind: 'data'; readonly stream: ChannelStream; readonly bytes: Buffer }
  | { readonly kind: 'eof' }
  | ChannelRequest;

export interface ChannelRequest {
  readonly kind: 'request';
  /** `exec`, `pty-req`, `exit-status`, … */
  readonly name: string;
  /** What stands behind it. */
  readonly data: Buffer;
  /** Says yes or no, where the peer wants to know; once. */
  answer(accepted: boolean): void;
}

/** One channel of a connection, from either end of it: a client's at the gateway, or the gateway's at a host. */
export interface Channel {
  /** Aborted once the peer has closed it, or the connection is over: nothing more can be sent then. */
  readonly signal: AbortSignal;
  /** What came next; null once the channel is over and all was read. What is not read slows the peer down. One call at a time. */
  next(): Promise<ChannelMessage | null>;
  /** Like `next`, but undefined where nothing came within so many milliseconds. */
  nextWithin(ms: number): Promise<ChannelMessage | null | undefined>;
  /** Sends data; a promise while the peer takes no more. Rejects with `PeerLeft` once the channel is over. */
  write(bytes: Uint8Array, stream?: ChannelStream): Promise<void> | undefined;
  /** Asks the peer for something, and waits for its answer. */
  request(name: string, data: Uint8Array): Promise<boolean>;
  /** Tells the peer something that wants no answer. */
  tell(name: string, data: Uint8Array): void;
  /** No more data follows. */
  eof(): void;
  /** Sends what was written, and ends the channel. */
  close(): Promise<void>;
  /** Ends the channel at once, with what was not sent. */
  abort(): void;
}
