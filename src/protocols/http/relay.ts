import type { Refusal } from '../../model/refusal.ts';
import type { FieldMasker, Part } from '../../model/reply.ts';
import type { Operation } from '../../model/request.ts';
import type { ByteStream } from '../../wire/byte-stream.ts';
import type { IncomingReply, OutgoingRequest, ReplyHead } from './message.ts';

/**
 * What a connection becomes that is no HTTP any more (RFC 9110, 7.8), between a client and its target. What passes is cut
 * into pieces, in the form in which they stand on record; the relay makes them of either side's bytes, and bytes of them.
 */
export interface Relay {
  /** The request as the upgrade is asked for. */
  offer(request: OutgoingRequest): OutgoingRequest;
  /** Another way to ask for it, where the target did not agree to the first; absent where its answer is for the client. */
  again?(request: OutgoingRequest): OutgoingRequest | undefined;
  /** The head for the client. Throws `MalformedHttp` where the target agreed to what it was not asked for. */
  agreed(reply: IncomingReply): ReplyHead;
  /** Tells the client; what it sends may be read from then on. */
  accept(head: ReplyHead): void;
  /** What the client sends. Throws `MalformedHttp` for what cannot be read. */
  input(): AsyncIterable<RelayedInput>;
  /** Sends the client's pieces to the target, until there are no more. */
  send(input: AsyncIterable<Part>, upstream: ByteStream): Promise<void>;
  /** What the target sends, in pieces; as whole as a mask must have them where `whole`. Ends with the stream. */
  receive(upstream: ByteStream, whole: boolean): AsyncIterable<Buffer>;
  /** Masks pieces of what the target sends, until `isLast`; the same bytes where nothing changed. */
  rewrite(pieces: Buffer, isLast: boolean, masker: FieldMasker): Buffer;
  /** To the client. */
  write(pieces: Buffer): Promise<void> | undefined;
  end(): Promise<void> | undefined;
  /** Nothing more is forwarded: whoever reads from the client reads no longer. */
  over(): void;
  /** How it ended, where that says more than that there was an upgrade: the exit status of a command. */
  result?(): { readonly status: 'ok' | 'error'; readonly code: string } | undefined;
  /** Says no in the middle, and ends; absent where there is no way to. */
  refuse?(refusal: Refusal): void;
}

export interface RelayedInput {
  readonly wire: Buffer;
  /** What this asks for by itself, which is decided before it is forwarded. */
  readonly asks?: readonly Operation[];
}
