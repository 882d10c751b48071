/**
 * What the REST API needs of the two planes; `main.ts` brings them. The shapes here are the API's own: what a route
 * declares in its schema is what leaves, whatever else a service knows.
 */

import type { z } from 'zod';
import type { ChannelService } from '../approvals/channels/channel-service.ts';
import type { SlackInteractions } from '../approvals/channels/slack-interactions.ts';
import type { ApprovalQuery } from '../approvals/list-approvals.ts';
import type { Answer } from '../approvals/vocabulary.ts';
import type { EvidenceService } from '../audit/bundle/evidence-service.ts';
import type { PackSources } from '../audit/pack/make-pack.ts';
import type { AuditLog } from '../audit/recorder.ts';
import type { ExportService } from '../export/export-service.ts';
import type { GivenTarget } from '../grants/grant-records.ts';
import type { EnteringPerson } from '../grants/vocabulary.ts';
import type { Logins } from '../identity/logins.ts';
import type { TrustDirectory } from '../identity/trust-directory.ts';
import type { ConfigurationObjects } from '../targets/configuration-objects.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { approvalSchema, approvalSummarySchema } from './approval-schemas.ts';
import type { budgetSchema } from './budgets.ts';
import type { Caller, CallerServices } from './caller.ts';
import type { ClassificationView } from './classification-schemas.ts';
import type { DefinitionServices } from './definition-services.ts';
import type { evidenceKeysSchema } from './evidence-schemas.ts';
import type { EvidenceTicket, EvidenceTickets } from './evidence-tickets.ts';
import type { Attachment, GrantHolder, IssuedGrant, OfferedServer, OpenCarrier, TokenExchange } from './grant-views.ts';
import type { HostKeyService } from './host-keys.ts';
import type { ListenerPlaces } from './listener-places.ts';
import type { LiveFeed } from './live-feed.ts';
import type { logEntrySchema, logHealthSchema, logStatusSchema, logVerificationSchema } from './log-schemas.ts';
import type { overviewSchema } from './overview.ts';
import type { trialSchema } from './policies.ts';
import type { ExplainRequest, PolicyExplanation } from './policy-explanation.ts';
import type { PolicyReplayRequest, PolicyReplayView } from './policy-replay.ts';
import type { Page, RecordingFilter, RecordingService } from './recording-service.ts';
import type { RetentionServices } from './retention-services.ts';
import type { runOutcomeSchema, runSchema, runSummarySchema } from './run-schemas.ts';

export interface ApiServices extends CallerServices {
  readonly info: GatewayInfo;
  /** By what SSH clients know the gateway, and what signs for them: lines as in known_hosts. */
  readonly ssh: { readonly hostKey: string; readonly userAuthority: string };
  /** What is not ready, by name and in words; empty where all is. */
  readiness(): Promise<readonly { readonly name: string; readonly detail: string }[]>;
  /** Exchanges a CI token for a grant. Throws `Refused`. */
  exchange(request: TokenExchange): Promise<IssuedGrant>;
  /** Gives a person who is logged in a run and a grant of their own. Throws `Refused`. */
  exchangeForPerson(person: EnteringPerson, request: Omit<TokenExchange, 'token'>): Promise<IssuedGrant>;
  /** The place of the HTTP port that a resource indicator names (RFC 8707); undefined where it is none. */
  resource(indicator: string): string | undefined;
  /** Extends a grant that is still good, for whoever holds it. Throws `Refused`. */
  renew(holder: GrantHolder): Promise<IssuedGrant>;
  /**
   * Ends the holder's own run: its grants are void, its sessions end. `asserted` is what its client has to say of it then. Resolves with what fetches its evidence, once. Throws
   * `Refused` where it is not the holder's.
   */
  closeRun(run: string, holder: GrantHolder, asserted: Readonly<Record<string, string>>): Promise<EvidenceTicket>;
  /** Lets the holder of a grant that is bound to a key open a connection to a target of it. Throws `Refused`. */
  openCarrier(holder: GrantHolder, target: string): Promise<OpenCarrier>;
  /** Notes that the wrapper of the holder's own run is there. Throws `Refused`. */
  attachRun(run: string, holder: GrantHolder): Promise<Attachment>;
  /** A program of the holder's own run for a target of theirs that is one. Throws `Refused`. */
  offerServer(run: string, target: string, holder: GrantHolder): Promise<OfferedServer>;
  readonly targets: TargetService;
  readonly hostKeys: HostKeyService;
  readonly definitions: DefinitionServices;
  /**
   * Samples a target and proposes classes for its columns, with `all` also for classified ones; undefined for an unknown
   * name. Throws `Refused`, and the problem 502 where the target breaks off.
   */
  classify(
    name: string,
    operator: { readonly id: string; readonly display: string },
    options: { readonly all: boolean },
    signal: AbortSignal,
  ): Promise<ClassificationView | undefined>;
  readonly configuration: ConfigurationService;
  readonly configurationObjects: ConfigurationObjects;
  readonly trust: Pick<TrustDirectory, 'verify' | 'rules' | 'wasUsed'>;
  /** Decides what was recorded lately again, with other policies. */
  tryPolicies(request: TrialRequest): Promise<PolicyTrialView>;
  /** Says how the policies in force decide a request; undefined where there is none. */
  explainPolicies(request: ExplainRequest): Promise<PolicyExplanation | undefined>;
  /** Judges the record again under other policies. */
  replayPolicies(request: PolicyReplayRequest): Promise<PolicyReplayView>;
  readonly grants: GrantAdministration;
  readonly budgets: BudgetServices;
  readonly logins: Logins;
  /** Tells the operator, in the program's own log. */
  readonly onFault: (fault: unknown) => void;
  readonly exports: ExportService;
  readonly metrics: Metrics;
  readonly recordings: RecordingService;
  readonly approvals: ApprovalServices;
  readonly runs: RunServices;
  readonly evidence: EvidenceServices;
  readonly retention: RetentionServices;
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

export interface TargetService {
  list(): Promise<readonly TargetView[]>;
  /** Tries address, TLS and login in this order; undefined for an unknown name. */
  check(name: string, signal: AbortSignal): Promise<TargetCheck | undefined>;
  /** False where there is none of this id. */
  removeInherited(name: string, id: string): Promise<boolean>;
}

export interface TargetView {
  readonly name: string;
  readonly protocol: string;
  readonly address: string;
  readonly database?: string;
  readonly tls: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly classified: readonly { readonly column: string; readonly class: string }[];
  readonly inherited: readonly {
    readonly id: string;
    readonly column: string;
    readonly class: string;
    readonly from: readonly string[];
    readonly run: string;
    readonly session: string;
    readonly exchange: number;
    readonly at: string;
  }[];
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

export type BudgetView = z.infer<typeof budgetSchema>;

export interface BudgetServices {
  /** Those of a run come with those of the targets that it was in. */
  list(filter: {
    readonly run?: string | undefined;
    readonly target?: string | undefined;
    readonly limit: number;
  }): Promise<readonly BudgetView[]>;
  /** Begins one anew; false where there is none of this id. */
  reset(id: string): Promise<boolean>;
}

export interface GrantAdministration {
  list(filter: GrantFilter): Promise<readonly GrantView[]>;
  /** Revokes a grant and ends its sessions; false where there is no such grant. */
  /** `by` is the id of a person or of a token. */
  revoke(grant: string, by: string): Promise<boolean>;
  /** Takes back a target that people gave a grant, and ends its sessions there; false where none was given. */
  takeBack(grant: string, target: string, by: string): Promise<boolean>;
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
  readonly given: readonly GivenTarget[];
}

export type ApprovalView = z.infer<typeof approvalSummarySchema>;
export type ApprovalDetails = z.infer<typeof approvalSchema>;

export type RunSummaryView = z.infer<typeof runSummarySchema>;
export type RunView = z.infer<typeof runSchema>;
export type RunOutcomeView = z.infer<typeof runOutcomeSchema>;
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
  exists(id: string): Promise<boolean>;
  /** With what of it the caller may see. */
  find(id: string, caller: Caller): Promise<RunView | undefined>;
  /** What it came to; for its own client, which saw all of it. */
  outcome(id: string): Promise<RunOutcomeView>;
}

export interface EvidenceServices extends Pick<EvidenceService, 'state' | 'open' | 'rotate'> {
  keys(): z.infer<typeof evidenceKeysSchema>;
  /** What an auditor's pack is made of, with why whoever asks gets no bodies. */
  packSources(withholds: 'asked' | undefined): PackSources;
  readonly tickets: EvidenceTickets;
  /** Whether the bundle that a job fetches has the bodies' key. */
  readonly bodiesForJobs: boolean;
}

export interface LogServices {
  health(): Promise<LogHealthView>;
  status(): Promise<LogStatusView>;
  /** From `start` on, in their order. */
  entries(start: number, limit: number): Promise<readonly LogEntryView[]>;
  /** The newest checkpoint that a quorum of witnesses cosigned; undefined where there is none. */
  witnessed(): Promise<string | undefined>;
  /** Says that an alarm was looked into; false where there is none of this id. */
  acknowledge(alarm: string, by: string): Promise<boolean>;
  /** Gives the log a new signing key, and resolves to its verifier key. Throws a `Fault` where that cannot be. */
  rotate(by: string, overlapMs: number): Promise<string>;
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
