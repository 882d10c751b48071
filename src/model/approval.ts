import type { ApprovalId, PersonId } from './ids.ts';

/** `approved` until it is used or too old; whether it was used is a time beside it. */
export type ApprovalState = 'pending' | 'approved' | 'denied' | 'expired' | 'cancelled';

/** The ways on which a person can answer. */
export type ApprovalChannel = 'web' | 'cli' | 'api' | 'slack';

/** One person's answer to one exact request. */
export interface Vote {
  readonly person: PersonId;
  /** As people know them: a login. */
  readonly login: string;
  readonly answer: 'approve' | 'deny';
  readonly reason?: string;
  readonly channel: ApprovalChannel;
  /** RFC 3339, UTC, milliseconds. */
  readonly at: string;
}

/** How many distinct people of a group must approve; nobody counts for two requirements of one approval. */
export interface Requirement {
  readonly group: string;
  readonly quorum: number;
  /** True where the run's own actor may be one of them. */
  readonly allowActor: boolean;
}

/** What a held request would do, as far as that can be told without doing it. */
export interface Estimate {
  /** `planned` by the target's own planner; `measured` by doing it in a transaction that was rolled back. */
  readonly kind: 'planned' | 'measured' | 'unavailable';
  readonly statements: readonly StatementEstimate[];
  /** Why there is none. */
  readonly why?: string;
  readonly tookMs: number;
  /** Stands for what the target had then: nobody is shown it, and the request is void once it is another. */
  readonly seen?: string;
}

export interface StatementEstimate {
  readonly text: string;
  /** Rows read, or changed where the statement changes some. */
  readonly rows?: number;
  /** In the planner's own units. */
  readonly cost?: number;
  /** The plan as the target words it. */
  readonly plan?: string;
  /** What stands in place of a figure: `a statement of this kind has no plan`. */
  readonly why?: string;
}

/** How the wait of a held request ended. */
export type HoldAnswer =
  | { readonly state: 'approved'; readonly votes: readonly Vote[] }
  | { readonly state: 'denied'; readonly votes: readonly Vote[]; readonly reason?: string }
  | { readonly state: 'expired' }
  | { readonly state: 'cancelled'; readonly why: string };

/** How the wait of an exchange ended, for its record: what names people there goes where it can be erased. */
export interface ApprovalRecord {
  readonly id: ApprovalId;
  /** `used`: the exchange goes on. `void`: approved, but too late or for other policies than those in force. */
  readonly state: 'used' | 'void' | 'denied' | 'expired' | 'cancelled' | 'pending';
  /** SHA-256 of what was approved, hex. */
  readonly digest: string;
  readonly votes: readonly Vote[];
  readonly waitedMs: number;
}
