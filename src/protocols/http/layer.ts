import type { Credential, Target } from '../../model/target.ts';
import type { Exchange } from '../protocol.ts';
import type { HttpExchangeParts } from './exchange.ts';
import type { Inspector } from './inspector.ts';
import type { HttpSession } from './lanes.ts';
import type { ClientConnection, IncomingRequest } from './message.ts';
import type { HttpUpstream } from './upstream.ts';

/**
 * A protocol that rides on HTTP: HTTP says who asks and carries the bytes, the layer says what they mean. It has the
 * targets whose `protocol` is its name.
 */
export interface HttpLayer {
  readonly name: string;
  readonly inspector: Inspector;
  /** Opens a connection to a target of the layer, or what stands for one; closes it where the signal aborts. Throws a `Fault`. */
  dial(target: Target, credential: Credential, signal: AbortSignal): Promise<ClientConnection>;
  /** The exchange of one request, read and inspected, in a session of its target. */
  exchange(parts: HttpExchangeParts, session: HttpSession): LayeredExchange;
}

/** What `serve` drives: an exchange that can say by itself that nothing came of it. */
export interface LayeredExchange extends Exchange<HttpUpstream> {
  tell(refusal: Parameters<Exchange<HttpUpstream>['refuse']>[0], status?: number): void;
}

/** What was asked in another way than by a client's connection, and is answered the same. */
export type InnerRequest = IncomingRequest;
