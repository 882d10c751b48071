import type { Estimate } from '../../model/approval.ts';
import type { GrantId, RunId, SessionId, TargetName } from '../../model/ids.ts';
import type { Credential, Target } from '../../model/target.ts';
import type { Admission, EffectQuestion, Exchange } from '../protocol.ts';
import type { Proof } from './claims.ts';
import type { Credentials } from './credentials/credentials.ts';
import type { Tokens } from './credentials/tokens.ts';
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
  /** On a connection of its own. Never rejects but where the signal aborts. */
  readonly estimate?: LayerEstimate;
  readonly inspector: Inspector;
  /** Opens a connection to a target of the layer, or what stands for one; closes it where the signal aborts. Throws a `Fault`. */
  dial(dialled: LayerDialled, signal: AbortSignal): Promise<ClientConnection>;
  /** Tries what the credential is good for, where a server can be asked that. Throws a `Fault`. */
  check?(upstream: HttpUpstream, signal: AbortSignal): Promise<void>;
  /** How the gateway proves itself, where that is the layer's own; undefined where it is one of HTTP's ways. */
  credentials?(credential: Credential, tokens: Tokens): Credentials | undefined;
  /**
   * The exchange of one request, read and inspected, in a session of its target. What must be known before it is decided
   * may be asked for before this resolves, by exchanges of the layer's own in the same session.
   */
  exchange(parts: HttpExchangeParts, session: HttpSession): LayeredExchange | Promise<LayeredExchange>;
}

export interface LayerDialled {
  readonly target: Target;
  readonly credential: Credential;
  /** For whom: what is started for one run serves no other. Absent where the target is only tried. */
  readonly run: RunId | undefined;
  /** By which it was let in: where all grants of a run are over, so is what was started for it. */
  readonly grant?: GrantId | undefined;
  /** The session that it is dialled for. */
  readonly session?: SessionId | undefined;
}

/** What tells what held requests would do; see `Protocol.estimate`. */
export type LayerEstimate = (
  question: EffectQuestion,
  upstream: HttpUpstream,
  signal: AbortSignal,
) => Promise<Estimate>;

/** What `serve` drives: an exchange that can say by itself that nothing came of it. */
export interface LayeredExchange extends Exchange<HttpUpstream> {
  /** Resolves where its client was answered, and what it asked for goes on without it. */
  readonly apart?: Promise<'apart'>;
  tell(refusal: Parameters<Exchange<HttpUpstream>['refuse']>[0], status?: number): void;
}

export function layerOf(layers: readonly HttpLayer[], { protocol }: Target): HttpLayer | undefined {
  return layers.find(({ name }) => name === protocol);
}

/** What was asked in another way than by a client's connection, and is answered the same. */
export type InnerRequest = IncomingRequest;

/** A place of the HTTP port that is no target's, and who answers there. */
export interface HttpPlace {
  /** As grants are bound to it (RFC 8707): `/mcp`; absent where nothing is shown to be let in. */
  readonly resource?: string;
  /** Whether a path is its own, as sent and without the query. */
  has(path: string): boolean;
  /** Answers one request. Throws `Refused`, which is said as the port says it, only before the answer has begun. */
  serve(asked: PlaceRequest): Promise<void>;
}

export interface PlaceRequest {
  readonly incoming: IncomingRequest;
  /** What the request shows to be let in, unchecked. */
  readonly proof: Proof | undefined;
  /** How the client reached the port: `https` or `http`. */
  readonly scheme: 'https' | 'http';
  readonly admission: Admission<HttpUpstream, undefined>;
  /**
   * Asks a target as this client would at the target's own address, with the same proof, in a session of that target:
   * `inner` is answered as its request would be, refusals included. Resolves once that is over.
   */
  ask(target: TargetName, inner: InnerRequest): Promise<void>;
}
