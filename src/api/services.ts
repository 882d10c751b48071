/**
 * What the REST API needs of the two planes; `main.ts` brings them. The shapes here are the API's own: what a route
 * declares in its schema is what leaves, whatever else a service knows.
 */
import type { AuditLog } from '../audit/recorder.ts';
import type { Logins } from '../identity/logins.ts';
import type { Secret } from '../model/secret.ts';
import type { CallerServices } from './caller.ts';

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
  readonly grants: GrantAdministration;
  readonly logins: Logins;
  readonly recordings: RecordingService;
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
}

export interface RecordingService {
  sessions(filter: RecordingFilter): Promise<Page<SessionView>>;
  session(id: string): Promise<SessionView | undefined>;
  /** The session's events in order, each a JSON line with its bodies opened; undefined for an unknown session. */
  recording(id: string): Promise<AsyncIterable<string> | undefined>;
  statements(filter: StatementFilter): Promise<Page<StatementView>>;
  /** The log's signed checkpoint (C2SP tlog-checkpoint). */
  checkpoint(): Promise<Uint8Array>;
  /** A tile or entry bundle by its path (C2SP tlog-tiles); undefined where the log has none of it. */
  tile(path: string): Promise<Uint8Array | undefined>;
}
