/**
 * The interface between the gateway and a wire protocol. A protocol speaks to the client and to the upstream; it never
 * calls policy, masking, audit or approvals. It hands the gateway exchanges, and the gateway drives each one through
 * every stage (gateway/exchange.ts). The upstream is reachable only from functions that the gateway calls.
 */
import type { Estimate } from '../model/approval.ts';
import type { Fault } from '../model/fault.ts';
import type { ApprovalId, GrantId, RunId, SessionId, TargetName } from '../model/ids.ts';
import type { Definition, Standing } from '../model/mcp.ts';
import type { Principal } from '../model/principal.ts';
import type { Refusal } from '../model/refusal.ts';
import type { Part } from '../model/reply.ts';
import type { Operation, Request } from '../model/request.ts';
import type { Secret } from '../model/secret.ts';
import type { KeyedProof } from '../model/signing-key.ts';
import type { Survey } from '../model/survey.ts';
import type { Credential, Target } from '../model/target.ts';
import type { ByteStream } from '../wire/byte-stream.ts';

/** A wire protocol that the gateway stands in the middle of. One folder, one of these. */
export interface Protocol<Upstream extends AsyncDisposable, Greeting> {
  readonly name: string;
  /** Protocols that ride on this one: it serves their targets as well as its own. */
  readonly layers?: readonly string[];
  /** True where it is done with what it reads of a client before it reads on: bulk then needs no copy. */
  readonly readsViews?: boolean;
  /** Speaks to one client until it leaves. Reaches no upstream: it can only hand exchanges to a session. */
  serve(client: ByteStream, admission: Admission<Upstream, Greeting>): Promise<void>;
  /** Opens the real connection with the target's credential. Called by the gateway, never by `serve`. */
  connect(
    target: Target,
    credential: Credential,
    login: Login,
    signal: AbortSignal,
  ): Promise<Connected<Upstream, Greeting>>;
  /** Asks the real server to cancel what this upstream is doing. Best effort, as the wire's own cancel is. */
  cancel(upstream: Upstream): Promise<void>;
  /**
   * Tells what a held request would do, on a connection of its own that it opens and closes; nothing of it is changed
   * there. Never rejects: what cannot be told is `unavailable`, and why.
   */
  estimate?(question: EffectQuestion, signal: AbortSignal): Promise<Estimate>;
  /** Whether it can tell that of this target's requests; of all where absent. */
  estimates?(target: Target): boolean;
  /** What the target holds, asked through this session as a client would. */
  survey?(session: Session<Upstream, Greeting>): Survey;
}

export interface EffectQuestion {
  readonly target: Target;
  readonly credential: Credential;
  readonly login: Login;
  readonly request: Request;
  /** True where a rule allows running it in a transaction that is rolled back. */
  readonly measureRows: boolean;
}

/** What a client may choose of its upstream session: PostgreSQL's database, options and application name. */
export interface Login {
  readonly database?: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** How long a cancel key this client can hold (PostgreSQL 3.0 has room for four bytes, 3.2 for more). */
  readonly cancelKeyBytes: number;
  /** Whose session it is, by the gateway's word and not the client's; absent where a target is only tried. */
  readonly run?: RunId;
  readonly grant?: GrantId;
  readonly session?: SessionId;
}

export interface Connected<Upstream, Greeting> {
  readonly upstream: Upstream;
  /** What the server said of itself (version, parameters), for `serve` to repeat. Data only: no socket. */
  readonly greeting: Greeting;
  /**
   * Says where to take what the server sends between exchanges: notices, notifications, parameter changes. The
   * listener gets a `Fault` last, when the upstream has gone; while a promise of its is pending nothing more is read.
   */
  listen(listener: (unasked: Part | Fault) => Promise<void> | undefined): void;
}

/** What a client presented, unchecked. */
export type Claim =
  | {
      readonly kind: 'password';
      readonly user: string;
      readonly password: Secret;
      /** The place of the HTTP port where it was shown (RFC 8707), which a grant may be bound to. */
      readonly resource?: string;
    }
  | ProvenClaim
  | { readonly kind: 'keyed'; readonly user: string; readonly proof: KeyedProof }
  | KeyClaim;

/** A key whose possession the protocol has checked, by a signature over this very connection (RFC 4252, section 7). */
export interface KeyClaim {
  readonly kind: 'key';
  /** The grant that a certificate of the gateway's authority names; empty where the key stands for itself. */
  readonly user: string;
  /** `SHA256:…` of the key, as OpenSSH says it. */
  readonly fingerprint: string;
}

/** A proof that `proveGrant` began and the client completed: SCRAM keeps the secret off the wire. */
export interface ProvenClaim {
  readonly kind: 'scram';
  readonly user: string;
  /** Checks the client's final message against the keys of the grant; false where it does not prove possession. */
  readonly proof: ScramProof;
}

/** RFC 5802, section 3: what a server checks. All base64-decoded. */
export interface ScramProof {
  readonly authMessage: string;
  readonly clientProof: Uint8Array;
}

/** RFC 5802, section 3: what the grant's secret left with the gateway, so that the secret itself is not kept. */
export interface ScramKeys {
  readonly salt: Uint8Array;
  readonly iterations: number;
  readonly storedKey: Uint8Array;
  readonly serverKey: Uint8Array;
}

export interface Admission<Upstream, Greeting> {
  /** Aborted when the client leaves, the deadline for admission passes, or the gateway drains. */
  readonly signal: AbortSignal;
  /** The one target that the connection is for, where that was settled before its first byte: it came carried. */
  readonly target?: TargetName | undefined;
  /** True where it came carried as well, for what of the port is no target's. */
  readonly place?: boolean;
  /** Keys to prove a claim against. A user that has no grant gets keys that nothing matches, not an answer. */
  scramKeys(user: string): Promise<ScramKeys>;
  /**
   * Authenticates the claim and authorises the target. Throws `Refused`, which `serve` says in its own words. Each call is
   * a session of its own: a protocol whose requests name a target each may have several on one connection.
   */
  admit(claim: Claim, target: TargetName, login: Login): Promise<Session<Upstream, Greeting>>;
  /** Authenticates the claim, and says whose it is and what it may enter. Throws `Refused`. */
  targets(claim: Claim): Promise<Entrances>;
  /** Asks to cancel what another session of the same principal is doing; true where such a session was found. */
  cancel(key: CancelKey): Promise<boolean>;
  /**
   * Authenticates the claim of somebody who asks for a place that is no target's (`place` is its name), and puts that on
   * record. Throws `Refused` where the claim proves nothing.
   */
  stray(claim: Claim, place: string): Promise<void>;
  /** Tells the operator of a fault that ended a session and not the connection, which would tell of its own end. */
  report(fault: unknown): void;
}

/** What somebody who proved who they are may enter. */
export interface Entrances {
  readonly principal: Principal;
  /** Those of the grant that there are, in the order of their names. */
  readonly targets: readonly Target[];
}

/** What a session gave its client to cancel with: PostgreSQL's BackendKeyData. */
export interface CancelKey {
  readonly processId: number;
  readonly secret: Uint8Array;
}

export interface Session<Upstream, Greeting> extends AsyncDisposable {
  readonly id: SessionId;
  readonly greeting: Greeting;
  readonly principal: Principal;
  readonly target: Target;
  readonly cancelKey: CancelKey;
  /** Aborted when the client leaves, the grant ends or is revoked, the upstream dies, or the gateway drains. */
  readonly signal: AbortSignal;
  /** What stands for a secret on record: the same for the same secret throughout the run, and in no other. */
  digest(secret: string): string;
  /** How what the target says of itself stands with people. */
  readonly definitions: Definitions;
  /**
   * Whether the policies in force may permit the operation, as far as that can be told without its arguments: false where
   * they would deny it whatever those are.
   */
  mayPermit(operation: Operation): boolean;
  /** Whether a rule in force may put the operation before people, whatever its arguments are; any at all where absent. */
  mayHold(operation?: Operation): boolean;
  /**
   * The exchange under way goes on without its client, who was told how to ask for what comes of it: from now on the client's
   * leaving does not end the session, but its grant's end does, and the gateway's. Whoever ran the exchange closes it.
   */
  goApart(): void;
  /** Takes back the exchange under way: one that waits for people is withdrawn, one that runs is cancelled at the target. */
  cancel(): Promise<void>;
  /**
   * Takes one exchange through every stage. Resolves once its reply is complete. One at a time, but for what comes up while
   * a reply is being read: a server that asks its client.
   */
  run(exchange: Exchange<Upstream>): Promise<void>;
  /** Takes what the server sends between exchanges, after it was masked and recorded. */
  onUnasked(listener: (part: Part) => Promise<void> | undefined): void;
}

/** The definitions of one target, for every gateway (docs/design/0008-mcp.md). */
export interface Definitions {
  /**
   * Says what the target tells of itself now: all of one kind. What is new or has changed is kept for people, durably and
   * in the log, before it resolves with how each stands, by name. Rejects where it cannot be kept.
   */
  met(kind: Definition['kind'], all: readonly Definition[]): Promise<ReadonlyMap<string, Standing>>;
}

/** One request and its reply, as the protocol sees them. The gateway calls these; the protocol never does. */
export interface Exchange<Upstream> {
  readonly request: Request;
  /** What the client goes on sending after the request: a COPY's rows, a shell's keystrokes. */
  readonly input?: AsyncIterable<Part>;
  /**
   * Takes on what rules ask of the target's session while the request runs there, before it is recorded; `request` says
   * from then on what will be forwarded. A refusal where it cannot be met. Absent where the protocol has no such session.
   */
  bind?(bounds: SessionBounds, upstream: Upstream): Refusal | undefined;
  /** Sends the request, then each piece of input; yields the reply, decoded. The last part carries the result. */
  forward(call: Forward<Upstream>): AsyncIterable<Part>;
  /** Writes one piece of the reply to the client. A promise while the client is slower than the upstream. */
  reply(part: Part): Promise<void> | undefined;
  /**
   * Says no in the protocol's own words, and leaves the connection usable. It may bring the upstream to the state
   * that a refusal leaves (PostgreSQL: abort the open transaction) and send nothing else.
   */
  refuse(refusal: Refusal, upstream: Upstream): Promise<void>;
  /**
   * Says no in the middle of a reply that was metered, after the parts that were given: nothing more of it is asked for,
   * what the request did is undone where the protocol can, and the connection stays usable.
   */
  stop?(refusal: Refusal, upstream: Upstream): Promise<void>;
  /** Why the rows that it changes cannot be counted while the change can still be undone; undefined where they can. */
  uncountable?(): string | undefined;
  /** Asked where rules mask the reply: why that cannot be done to anything of it; undefined where it can. */
  unmaskable?(): Refusal | undefined;
  /** Tells a waiting client that a human was asked, where the protocol has a way to. */
  waiting?(notice: WaitingNotice): Promise<void> | undefined;
  /** People have approved it, whether its client waited for that or asked again: it is forwarded next. */
  approved?(approved: Approved): void;
  /**
   * What the request does by the target's definitions as they are known now, where its text alone does not say:
   * compared before and after a wait, because what was approved must be what is done.
   */
  meaning?(): readonly Operation[];
  /** How long the client waits for this reply before it gives up, where it has said so. Milliseconds. */
  readonly patienceMs?: number | undefined;
}

/** The most that the target's session may be while a request runs there. */
export interface SessionBounds {
  readonly statementTimeoutMs?: number;
  readonly lockTimeoutMs?: number;
  readonly idleInTransactionTimeoutMs?: number;
  /** The target refuses writes. */
  readonly readOnly?: true;
  /** Each result of a read ends after so many rows, and the client is told. */
  readonly rows?: number;
  /** Stands behind the client's own name for itself in the target's lists of sessions. */
  readonly mark?: string;
}

export interface WaitingNotice {
  readonly approval: ApprovalId;
  /** Where a person can answer. */
  readonly url: string;
  readonly groups: readonly string[];
  /** RFC 3339; when the request is refused if nobody answers. */
  readonly expiresAt: string;
}

export interface Approved {
  readonly approval: ApprovalId;
  /** `Estimate.seen` of what people were told, by whichever gateway asked. */
  readonly seen: string | undefined;
}

export interface Forward<Upstream> {
  readonly upstream: Upstream;
  /** The exchange's input after it was recorded. */
  readonly input: AsyncIterable<Part>;
  /** True where the reply will be rewritten: parts must then hold whole messages. Otherwise they may be any bytes. */
  readonly whole: boolean;
  /** True where parts must tell what they count, and the reply may be stopped: no change is final before it was taken. */
  readonly metered: boolean;
  readonly signal: AbortSignal;
}
