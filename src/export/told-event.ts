/** What one event says, in words that every format has some place for. */
export type Severity = 'info' | 'low' | 'medium' | 'high';

/** Which of the formats' families it belongs to. */
export type Family = 'access' | 'authentication' | 'authorization' | 'entity' | 'api';

/** What was done, across families; `other` where it is none of these. */
export type Verb =
  | 'create'
  | 'read'
  | 'query'
  | 'update'
  | 'write'
  | 'delete'
  | 'activate'
  | 'logon'
  | 'logoff'
  | 'connect'
  | 'disconnect'
  | 'other';

export interface ToldEvent {
  /** One event for good, with the log's name: `ses_…/3`, `entry/17`. */
  readonly id: string;
  readonly origin: string;
  readonly index: number;
  readonly leaf: string;
  readonly prev?: string;
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly family: Family;
  readonly verb: Verb;
  /** What happened, by the record's own word: `session.open`, `exchange`, `policy.activated`. */
  readonly kind: string;
  /** More exactly: the statement's kind, the operator's action. */
  readonly action: string;
  readonly message: string;
  readonly severity: Severity;
  readonly outcome: 'success' | 'failure' | 'unknown';
  /** The protocol's or the refusal's own code. */
  readonly code?: string;
  readonly detail?: string;
  readonly run?: string;
  readonly session?: string;
  readonly exchange?: number;
  readonly subject: Subject;
  readonly source: Source;
  readonly target?: { readonly name: string; readonly protocol: string; readonly database?: string };
  readonly entity?: { readonly type: string; readonly uid?: string; readonly name?: string };
  readonly verdict?: Verdict;
  readonly trace?: { readonly traceId: string; readonly spanId: string };
  readonly agent?: string;
  /** Begin and length of what it tells of. */
  readonly startMs?: number;
  readonly durationMs?: number;
  readonly tables: readonly string[];
  readonly statements?: readonly string[];
  /** What no format has a place for. */
  readonly more: Readonly<Record<string, Plain>>;
}

export type Plain =
  | string
  | number
  | boolean
  | readonly string[]
  | readonly { readonly [name: string]: string | number }[];

export interface Subject {
  readonly id: string;
  readonly kind: 'workload' | 'human' | 'operator' | 'gateway';
  /** Where the sink asks for people. */
  readonly name?: string;
  /** The issuer of the token that the run came with. */
  readonly issuer?: string;
}

export interface Source {
  readonly id: string;
  readonly address?: string;
  readonly port?: number;
}

/** What policy said, and what came of it. */
export interface Verdict {
  readonly action: 'allowed' | 'denied' | 'modified';
  readonly disposition: 'allowed' | 'blocked' | 'approved';
  readonly rules: readonly string[];
  /** SHA-256 of the policy set, hex. */
  readonly policy?: string;
  /** The refusal's code, where it was refused. */
  readonly refusal?: string;
}
