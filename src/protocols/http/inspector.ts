import type { HttpFacts } from '../../model/http.ts';
import type { Refusal } from '../../model/refusal.ts';
import type { Operation } from '../../model/request.ts';
import type { Target } from '../../model/target.ts';
import type { ForwardedHead } from './forwarded-head.ts';

/** What is known of a request from its head alone. */
export interface AskedHead {
  readonly target: Target;
  /** All but what stands in the body, which is `none` or `unread` here. */
  readonly facts: HttpFacts;
  /** The content codings in the order in which they were put on, lower case; empty where there are none. */
  readonly codings: readonly string[];
  /** `Content-Type` as sent, with its parameters. */
  readonly contentType: string;
  /** What stands behind the `?`, as sent; absent where there is none. */
  readonly query?: string;
  /** What it asks the connection to become (`websocket`); absent of a request that is answered and over. */
  readonly upgrade?: string;
  /** Of a target that speaks AWS: what the client signed its request for. */
  readonly signed?: { readonly region: string; readonly service: string };
}

/** A body as far as it was read before the request is decided, content codings still on it. */
export interface ReadBody {
  readonly bytes: Buffer;
  /** False where there is more of it, which streams. */
  readonly complete: boolean;
}

/** Finds what a request does. Part of the protocol, and pure: no I/O, every case bounded. */
export interface Inspector {
  /** The most that is read of a body, in bytes; `maxInspectedBodyBytes` where absent. */
  readonly mostBytes?: number;
  /**
   * How many bytes of the body must be read before the request can be decided, `mostBytes` at most; 0 where
   * nothing of it would tell more. Not asked where there is no body.
   */
  wants(asked: AskedHead): number;
  /** True where what was read of a body that goes on is all that is waited for: the first message of a stream. */
  isEnough?(asked: AskedHead, bytes: Buffer): boolean;
  /** `body` is undefined where there is none, or nothing of it was wanted. */
  inspect(asked: AskedHead, body: ReadBody | undefined): Inspected | Promise<Inspected>;
}

export interface Inspected {
  /** One at least. */
  readonly operations: readonly Operation[];
  /** Where the request cannot be carried, whatever policy says. */
  readonly unsupported?: Refusal;
  /** The head as it is forwarded, where that is not as it came. */
  readonly forwarded?: (head: ForwardedHead) => ForwardedHead;
  /** What makes another request the same, in place of the body's bytes. */
  readonly same?: string;
  /** Takes what follows apart, where each message of it is to be decided; absent where it goes on as it comes. */
  readonly later?: LaterMessages;
}

/** What follows of a body that was decided before all of it came. */
export interface LaterMessages {
  /** The messages that are whole now. Rejects with `Refused` where one cannot be told. */
  push(bytes: Buffer): Promise<readonly LaterMessage[]>;
}

export interface LaterMessage {
  /** What goes on of it. */
  readonly wire: Buffer;
  /** What it asks for. */
  readonly operations: readonly Operation[];
}
