import type { SessionEvidence } from '../audit/read/session-evidence.ts';
import type { FollowStep } from './session-events.ts';

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
  /** In a line, as people say it, where that is not the text: `kubectl delete pods/web`, `POST /orders`, a command. */
  readonly line?: string;
  /** How it ended, `waiting` while people are asked; absent while it runs. */
  readonly status?: string;
  /** The protocol's own word for that: an SQLSTATE, an HTTP status. */
  readonly code?: string;
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
  /** Rejects with the signal's reason once it is aborted: a search may take long. */
  statements(filter: StatementFilter, signal: AbortSignal): Promise<Page<StatementView>>;
  /** The log's signed checkpoint (C2SP tlog-checkpoint). */
  checkpoint(): Promise<Uint8Array>;
  /** A tile or entry bundle by its path (C2SP tlog-tiles); undefined where the log has none of it. */
  tile(path: string): Promise<Uint8Array | undefined>;
}
