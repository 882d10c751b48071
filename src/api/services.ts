/**
 * What the REST API needs of the two planes; `main.ts` brings them. The shapes here are the API's own: what a route
 * declares in its schema is what leaves, whatever else a service knows.
 */

import type { z } from 'zod';
import type { ChannelService } from '../approvals/channels/channel-service.ts';
import type { SlackInteractions } from '../approvals/channels/slack-interactions.ts';
import type { ApprovalQuery } from '../approvals/list-approvals.ts';
import type { Answer } from '../approvals/vocabulary.ts';
import type { AuditLog } from '../audit/recorder.ts';
import type { SessionEvidence } from '../audit/session-evidence.ts';
import type { Logins } from '../identity/logins.ts';
import type { TrustDirectory } from '../identity/trust-directory.ts';
import type { Secret } from '../model/secret.ts';
import type { ConfigurationObjects } from '../targets/configuration-objects.ts';
import type { approvalSchema, approvalSummarySchema } from './approval-schemas.ts';
import type { Caller, CallerServices } from './caller.ts';
import type { ListenerPlaces } from './listener-places.ts';
import type { LiveFeed } from './live-feed.ts';
import type { logEntrySchema, logHealthSchema, logStatusSchema, logVerificationSchema } from './log-schemas.ts';
import type { overviewSchema } from './overview.ts';
import type { trialSchema } from './policies.ts';
import type { runSchema, runSummarySchema } from './run-schemas.ts';
import type { FollowStep } from './session-events.ts';

export interface ApiServices extends CallerServices {
  readonly info: GatewayInfo;
  /** What is not ready, by name; empty where all is. */
  readiness(): Promise<readonly string[]>;
  /** Exchanges a CI token for a grant. Throws `Refused`. */
  exchange(request: TokenExchange): Promise<IssuedGrant>;
  /** Extends a grant that is still good, for whoever holds it. Throws `Refused`. */
  renew(holder: GrantHolder): Promise<IssuedGrant>;
  /** Ends the holder's own run: its grants are void, its sessions end. Throws `Refused` where it is not the holder's. */
  closeRun(run: string, holder: GrantHolder): Promise<void>;
  readonly targets: TargetService;
  readonly configuration: ConfigurationService;
  readonly configurationObjects: ConfigurationObjects;
  readonly trust: Pick<TrustDirectory, 'verify' | 'rules'>;
  /** Decides what was recorded lately again, with other policies. */
  tryPolicies(request: TrialRequest): Promise<PolicyTrialView>;
  readonly grants: GrantAdministration;
  readonly logins: Logins;
  readonly recordings: RecordingService;
  readonly approvals: ApprovalServices;
  readonly runs: RunServices;
  readonly log: LogServices;
  overview(caller: Caller): Promise<OverviewView>;
  /** What happens, for whoever listens. */
  readonly feed: LiveFeed;
  readonly listeners: ListenerPlaces;
  readonly channels: ChannelService;
  readonly slack: Pick<SlackInteractions, 'take'>;
  readonly audit: Pick<AuditLog, 'note'>;
  readonly nowMs: () => number;
}

export interface GatewayInfo {
  readonly version: string;
  readonly demo: boolean;
  /** The one audience that a CI token must have. */
  readonly audience: string;
  readonly url: string;
}

export interface GrantHolder {
  readonly grant: string;
  readonly secret: Secret;
}

export interface TokenExchange {
  readonly token: Secret;
  /** Names of targets; empty for all that the trust rules allow. */
  readonly targets: readonly string[];
  readonly asserted: Readonly<Record<string, string>>;
}

export interface IssuedGrant {
  readonly grant: string;
  readonly secret: Secret;
  readonly run: string;
  readonly display: string;
  readonly expiresInSeconds: number;
  readonly certificateAuthority?: string;
  readonly targets: readonly {
    readonly name: string;
    readonly protocol: string;
    readonly host: string;
    readonly port: number;
    readonly database: string;
  }[];
}

export interface TargetService {
  list(): Promise<readonly TargetView[]>;
  /** Tries address, TLS and login in this order; undefined for an unknown name. */
  check(name: string, signal: AbortSignal): Promise<TargetCheck | undefined>;
}

export interface TargetView {
  readonly name: string;
  readonly protocol: string;
  readonly address: string;
  readonly database?: string;
  readonly tls: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly classified: readonly { readonly column: string; readonly class: string }[];
  readonly recordMode: string;
}

export interface TargetCheck {
  readonly target: string;
  readonly ok: boolean;
  readonly steps: readonly {
    readonly step: 'credential' | 'address' | 'tls' | 'login';
    readonly status: 'ok' | 'failed' | 'skipped';
    readonly detail: string;
    readonly hint?: string;
  }[];
}

export interface ConfigurationFile {
  /** As a person knows it; used in messages alone. */
  readonly name: string;
  readonly text: string;
}

export interface ConfigurationService {
  /** What applying these files would change. Throws a `Fault` of code `config-invalid` that says where and why. */
  plan(files: readonly ConfigurationFile[]): Promise<ConfigurationPlan>;
  /** Applies what `plan` showed; throws where the plan would be another one by now. */
  apply(files: readonly ConfigurationFile[], digest: string, by: string): Promise<ConfigurationPlan>;
}

export interface ConfigurationPlan {
  /** SHA-256 over the changes, hex. */
  readonly digest: string;
  readonly changes: readonly {
    readonly action: 'create' | 'update' | 'delete';
    readonly kind: string;
    readonly name: string;
    /** What differs, a line each; credentials are named, never shown. */
    readonly details: readonly string[];
  }[];
}

export interface GrantAdministration {
  list(filter: GrantFilter): Promise<readonly GrantView[]>;
  /** Revokes a grant and ends its sessions; false where there is no such grant. */
  revoke(grant: string, because: string): Promise<boolean>;
}

export interface GrantFilter {
  readonly run?: string | undefined;
  readonly active?: boolean | undefined;
  readonly limit: number;
}

export interface GrantView {
  readonly id: string;
  readonly run: string;
  readonly principal: string;
  readonly targets: readonly string[];
  readonly rules: readonly string[];
  readonly issuedAt: string;
  readonly expiresAt: string;
  readonly state: 'active' | 'expired' | 'revoked';
}

export type ApprovalView = z.infer<typeof approvalSummarySchema>;
export type ApprovalDetails = z.infer<typeof approvalSchema>;

export type RunSummaryView = z.infer<typeof runSummarySchema>;
export type RunView = z.infer<typeof runSchema>;
export type OverviewView = z.infer<typeof overviewSchema>;
export type LogHealthView = z.infer<typeof logHealthSchema>;
export type LogStatusView = z.infer<typeof logStatusSchema>;
export type LogEntryView = z.infer<typeof logEntrySchema>;
export type LogVerificationView = z.infer<typeof logVerificationSchema>;

export type PolicyTrialView = z.infer<typeof trialSchema>;

export interface TrialRequest {
  readonly text: string;
  /** The policy that the text takes the place of, beside those that it names. */
  readonly name?: string | undefined;
  /** RFC 3339, UTC, milliseconds. */
  readonly since?: string;
  readonly limit: number;
  /** Whether statements' texts are shown. */
  readonly texts: boolean;
}

export type RunFilter = Pick<RecordingFilter, 'who' | 'repository' | 'since' | 'until' | 'cursor' | 'limit'>;

export interface RunServices {
  list(filter: RunFilter): Promise<Page<RunSummaryView>>;
  /** With what of it the caller may see. */
  find(id: string, caller: Caller): Promise<RunView | undefined>;
}

export interface LogServices {
  health(): Promise<LogHealthView>;
  status(): Promise<LogStatusView>;
  /** From `start` on, in their order. */
  entries(start: number, limit: number): Promise<readonly LogEntryView[]>;
  /** Verifies all of the directory; one verification runs at a time, and others who ask get its result. */
  verify(by: string): Promise<LogVerificationView>;
}

export interface ApprovalServices {
  /** What the caller may see, newest first. */
  list(query: ApprovalQuery, caller: Caller): Promise<Page<ApprovalView>>;
  /** Undefined where there is none that the caller may see. */
  find(id: string, caller: Caller): Promise<ApprovalDetails | undefined>;
  /** Throws `Refused`. */
  answer(id: string, answer: Answer, caller: Caller): Promise<ApprovalDetails>;
  maySee(id: string, caller: Caller): Promise<boolean>;
}

export interface RecordingFilter {
  readonly who?: string | undefined;
  readonly run?: string | undefined;
  readonly repository?: string | undefined;
  readonly target?: string | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
}

export interface SessionFilter extends RecordingFilter {
  readonly live?: boolean | undefined;
}

export interface StatementFilter extends RecordingFilter {
  readonly session?: string | undefined;
  readonly table?: string | undefined;
  readonly kind?: string | undefined;
  readonly decision?: 'permit' | 'deny' | undefined;
  readonly text?: string | undefined;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** Opaque; absent on the last page. */
  readonly next?: string;
}

export interface SessionView {
  readonly id: string;
  readonly run: string;
  readonly principal: string;
  readonly repository?: string;
  readonly target: string;
  readonly gateway?: string;
  readonly openedAt: string;
  /** Absent while it lives, or where the gateway was killed before it could say so. */
  readonly closedAt?: string;
  readonly outcome?: string;
  readonly permitted: number;
  readonly denied: number;
  readonly masked: number;
  /** True while it is being served. */
  readonly live: boolean;
  /** True where its recording is on this gateway. */
  readonly here: boolean;
}

export interface StatementView {
  readonly session: string;
  readonly exchange: number;
  readonly at: string;
  readonly run: string;
  readonly principal: string;
  readonly repository?: string;
  readonly target: string;
  readonly kinds: readonly string[];
  readonly tables: readonly string[];
  readonly decision: 'permit' | 'deny';
  readonly rules: readonly string[];
  readonly text: string;
  readonly status?: string;
  readonly rows?: number;
  /** Values that were masked in its reply. */
  readonly masked?: number;
  /** The approval that it waited for. */
  readonly approval?: string;
}

export interface FollowOptions {
  /** Adds replies decoded to tables. */
  readonly decoded: boolean;
  readonly after: number;
  readonly signal: AbortSignal;
}

export interface RecordingService {
  sessions(filter: SessionFilter): Promise<Page<SessionView>>;
  session(id: string): Promise<SessionView | undefined>;
  /** The session's events in order, each a JSON line with its bodies opened; undefined for an unknown session. */
  recording(id: string, options: { readonly decoded: boolean }): Promise<AsyncIterable<string> | undefined>;
  /** The session's events as they are recorded, those after number `after`; undefined where it is not recorded here. */
  follow(id: string, options: FollowOptions): Promise<AsyncIterable<FollowStep> | undefined>;
  /** What somebody else needs to check the session; undefined where it is not recorded here. */
  evidence(id: string, options: { readonly bodies: boolean }): Promise<SessionEvidence | undefined>;
  /** Asks whichever gateway serves a session to end it; false where it is not live. */
  end(id: string, ending: { readonly by: string; readonly reason: string }): Promise<boolean>;
  statements(filter: StatementFilter): Promise<Page<StatementView>>;
  /** The log's signed checkpoint (C2SP tlog-checkpoint). */
  checkpoint(): Promise<Uint8Array>;
  /** A tile or entry bundle by its path (C2SP tlog-tiles); undefined where the log has none of it. */
  tile(path: string): Promise<Uint8Array | undefined>;
}
