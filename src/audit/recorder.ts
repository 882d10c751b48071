/**
 * What the data plane asks of the audit log (docs/concepts/audit-log.md). Every method that returns a promise rejects
 * with a `Fault` of code `log-unavailable` when the record cannot be made, and the gateway then refuses the request.
 */
import type { ApprovalRecord } from '../model/approval.ts';
import type { Decision } from '../model/decision.ts';
import type { ExchangeNumber, RunId, SessionId } from '../model/ids.ts';
import type { Principal, Run } from '../model/principal.ts';
import type { Refusal } from '../model/refusal.ts';
import type { ExchangeResult, MaskCount } from '../model/reply.ts';
import type { Request } from '../model/request.ts';
import type { Target } from '../model/target.ts';

export interface AuditLog extends AsyncDisposable {
  /** In the log before it resolves. `evidence` commits to what identified the run: SHA-256 digests, hex. */
  openRun(run: Run, evidence: RunEvidence): Promise<void>;
  closeRun(run: RunId, termination: RunTermination): Promise<void>;
  /** In the log, durably, before it resolves: nothing is forwarded for a session that the log does not know. */
  openSession(opening: SessionOpening): Promise<SessionRecord>;
  /**
   * A happening of the deployment: a policy activated, a target changed, an operator's action. What it may say is listed
   * in log-note.ts; anything else is a `Fault` of code `internal`.
   */
  note(entry: LogNote): Promise<void>;
  /**
   * Resolves when all that was recorded so far stands in the session files, and under a signed checkpoint unless the
   * key that signs cannot be reached.
   */
  sync(): Promise<void>;
}

export interface RunEvidence {
  readonly tokenDigest?: string;
  readonly jwksDigest?: string;
}

export type RunTermination = 'completed' | 'revoked' | 'expired' | 'clientLost' | 'gatewayFailed';
export type SessionOutcome =
  | 'completed'
  | 'clientLeft'
  | 'revoked'
  | 'expired'
  | 'upstreamLost'
  | 'drained'
  | 'faulted'
  | 'gatewayFailed';

/** How a session's bytes came to the gateway, as the gateway itself saw it; `gateway` where it asked by itself. */
export type SessionCarrier = 'native' | 'websocket' | 'gateway';

export interface SessionOpening {
  readonly id: SessionId;
  readonly principal: Principal;
  readonly target: Target;
  /** `address:port` of the client, as its connection shows it. */
  readonly client: string;
  readonly carrier: SessionCarrier;
  /** What the client says of itself (application name, user agent): asserted. */
  readonly asserted: Readonly<Record<string, string>>;
}

export interface LogNote {
  readonly kind:
    | 'policy.activated'
    | 'target.changed'
    | 'trust.changed'
    | 'grant.revoked'
    | 'operator.action'
    | 'class.inherited'
    | 'login.refused'
    | 'bodies.erased'
    | 'hold.placed'
    | 'hold.lifted'
    | 'retention.swept'
    | 'approval.requested'
    | 'approval.decided'
    | 'access.requested'
    | 'access.decided'
    | 'access.revoked'
    | 'run.manifest'
    | 'person.action'
    | 'key.rotated'
    | 'log.alarm'
    | 'host.met'
    | 'definition.met'
    | 'definition.changed'
    | 'definition.accepted'
    | 'definition.rejected';
  readonly detail: Readonly<Record<string, string | number | boolean>>;
}

export interface SessionRecord {
  /** Appends the request and its decision. `durable` on what it returns is awaited before anything is forwarded. */
  request(exchange: ExchangeNumber, request: Request, decision: Decision): ExchangeRecord;
  /** What the server said between exchanges, as the client sees it. Copied before it returns. */
  unasked(bytes: Uint8Array): void;
  /** Appends `session.close` and its log entry. Durable before it resolves. */
  close(outcome: SessionOutcome): Promise<void>;
}

/** The record of one exchange. Bytes handed in are copied before the call returns. */
export interface ExchangeRecord {
  /** Settles when the request is as durable as the target's record mode demands; undefined where it is already. */
  readonly durable: Promise<void> | undefined;
  /** A piece of what the client goes on sending, before it is forwarded. */
  input(bytes: Uint8Array): Promise<void> | undefined;
  /** A piece of the reply as the client will see it, before it does. A promise while the log is behind. */
  reply(bytes: Uint8Array): Promise<void> | undefined;
  /** The end of the reply, recorded before its last byte is released; with why, where it was cut off by a refusal. */
  end(result: ExchangeResult, masked: readonly MaskCount[], refusal?: Refusal): Promise<void> | undefined;
  /** How the wait for an approval ended: in the log, durably, before it resolves, whatever the record mode. */
  approval(approval: ApprovalRecord): Promise<void>;
  /** The request was refused: by the decision, or by what came after it. */
  refuse(refusal: Refusal): Promise<void> | undefined;
}
