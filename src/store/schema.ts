import type { Generated, Kysely, Transaction } from 'kysely';
import type { ApprovalGroupsTable, ApprovalsTable, ApprovalVotesTable } from './approval-tables.ts';
import type { RunAttachmentsTable } from './attachment-rows.ts';
import type { BudgetTables } from './budget-tables.ts';
import type { InheritedClassesTable } from './class-tables.ts';
import type { DefinitionTables } from './definition-tables.ts';
import type { GivenTargetsTable } from './given-target-rows.ts';
import type { PeopleTables } from './people-tables.ts';
import type { RetentionTables } from './retention-tables.ts';
import type { SshTables } from './ssh-tables.ts';

/**
 * The store's tables, in the subset that SQLite and PostgreSQL share: text and integers. Times are RFC 3339 in UTC with
 * milliseconds, so that text order is time order; booleans are 0 and 1; lists and records are JSON; bytes are base64.
 */
export interface Schema extends PeopleTables, BudgetTables, RetentionTables, DefinitionTables, SshTables {
  deployment: DeploymentTable;
  versions: VersionsTable;
  targets: TargetsTable;
  credentials: CredentialsTable;
  issuers: DeclarationTable;
  trust_rules: DeclarationTable;
  policies: PoliciesTable;
  policy_sets: PolicySetsTable;
  runs: RunsTable;
  run_tokens: RunTokensTable;
  run_attachments: RunAttachmentsTable;
  grants: GrantsTable;
  consumed_tokens: ConsumedTokensTable;
  sessions: SessionsTable;
  jwks_seen: JwksSeenTable;
  operator_tokens: OperatorTokensTable;
  approvals: ApprovalsTable;
  approval_groups: ApprovalGroupsTable;
  approval_votes: ApprovalVotesTable;
  channels: ChannelsTable;
  exports: ExportsTable;
  log_checkpoints: LogCheckpointsTable;
  deliveries: DeliveriesTable;
  seen_signatures: SeenSignaturesTable;
  inherited_classes: InheritedClassesTable;
  given_targets: GivenTargetsTable;
}

/** The store outside or inside a transaction. */
export type Db = Kysely<Schema> | Transaction<Schema>;

/** The store inside a transaction, for those who bring several writes together. */
export type StoreTransaction = Transaction<Schema>;

/** One row: what this store belongs to. */
export interface DeploymentTable {
  id: string;
  kind: 'configured' | 'demo';
  created_at: string;
  /** Derived from the deployment's key (HKDF-SHA256, hex): tells the right key from another, and nothing else. */
  key_check: string | null;
  /** 1, and unique: of two gateways that start at once on an empty store, one makes the deployment. */
  singleton: Generated<number>;
}

/** A counter for each topic that other processes watch. */
export interface VersionsTable {
  topic: string;
  version: number;
}

export interface DeclarationTable {
  name: string;
  /** JSON, as the loader made it of the YAML; no secret. */
  declaration: string;
  updated_at: string;
}

export interface TargetsTable extends DeclarationTable {
  protocol: string;
}

export interface CredentialsTable {
  target: string;
  /** A sealed credential (targets/sealing.ts). */
  sealed: string;
  /** HMAC-SHA256 under the deployment's key: tells a changed credential from an unchanged one, and nothing else. */
  fingerprint: string;
  updated_at: string;
}

export interface PoliciesTable {
  name: string;
  /** The rule's YAML. */
  text: string;
  /** SHA-256 of the text, hex. */
  digest: string;
  /** Counts the changes of this policy from 1. */
  version: number;
  updated_at: string;
}

/** Every set of policies that was ever in force, by the digest that stands in decisions. */
export interface PolicySetsTable {
  digest: string;
  text: string;
  first_active_at: string;
}

export interface RunsTable {
  id: string;
  kind: 'ci' | 'human';
  demo: number;
  principal: string;
  display: string;
  repository_id: string | null;
  repository_uri: string | null;
  /** JSON of `Workload`. */
  workload: string;
  /** JSON of the client's own labels. */
  asserted: string;
  /** In clear, of a release that sealed none: each start seals what it finds here (grants/kept-tokens.ts). */
  token: string | null;
  token_digest: string | null;
  jwks_digest: string | null;
  opened_at: string;
  closed_at: string | null;
  termination: string | null;
}

/** The CI token that opened a run: used up, and evidence. */
export interface RunTokensTable {
  run_id: string;
  /** Sealed as a target's credential is, bound to the run. */
  sealed: string;
}

export interface GrantsTable {
  id: string;
  run_id: string;
  /** JSON list of target names. */
  targets: string;
  /** JSON list of the names of the trust rules that gave it. */
  rules: string;
  /** SHA-256 of the secret, base64. */
  secret_hash: string;
  scram_salt: string;
  scram_iterations: number;
  scram_stored_key: string;
  scram_server_key: string;
  /** RFC 7638 thumbprint of the key that the grant is bound to, where it is bound to one. */
  key_thumbprint: string | null;
  /** The one place of the HTTP port where it is good (RFC 8707), such as `/mcp`; null where it is good everywhere. */
  resource: string | null;
  /** Seconds that a renewal adds. */
  lifetime_seconds: number;
  issued_at: string;
  expires_at: string;
  renewable_until: string;
  revoked_at: string | null;
  revoked_because: string | null;
}

export interface ConsumedTokensTable {
  replay_key: string;
  run_id: string;
  /** When the row may go: the token's expiry, the clock tolerance and a margin. */
  expires_at: string;
}

/** The index of sessions; what happened in them stands in the audit log. */
export interface SessionsTable {
  id: string;
  run_id: string;
  target: string;
  principal: string;
  repository: string | null;
  /** The gateway that serves it, by the name of its log. */
  gateway: string | null;
  opened_at: string;
  closed_at: string | null;
  outcome: string | null;
  permitted: Generated<number>;
  denied: Generated<number>;
  masked: Generated<number>;
  /** When the row moved last; null for one of an older release. */
  updated_at: Generated<string | null>;
  /** JSON of who wants it to end and why, where somebody does. */
  ending: Generated<string | null>;
  /** JSON list of the classes of data that it met; null where nobody counted them. */
  classes: Generated<string | null>;
}

/** Every key set that verified a token, by SHA-256 of its bytes: evidence for whoever verifies the token again. */
export interface JwksSeenTable {
  digest: string;
  issuer: string;
  document: string;
  first_seen_at: string;
}

export interface OperatorTokensTable {
  id: string;
  name: string;
  /** `admin`, `auditor`, or `scopes` where those are listed. */
  role: string;
  /** JSON list. */
  scopes: string | null;
  /** Whose it is: it dies with them, and never does more than they may. */
  person_id: string | null;
  /** SHA-256 of the token, base64. */
  hash: string;
  created_at: string;
  expires_at: string | null;
  revoked_at: string | null;
}

/** A way on which people are told of approvals (approvals/channels). */
export interface ChannelsTable extends DeclarationTable {
  kind: 'slack' | 'webhook' | 'email';
  /** Where its secrets come from, sealed as a target's credential is; bound to where they are sent. */
  sealed: string;
  fingerprint: string;
}

/** Where the record goes besides the log. */
export interface ExportsTable extends DeclarationTable {
  kind: 'file' | 'stdout' | 'webhook' | 'syslog' | 's3';
  /** As those of a channel. */
  sealed: string;
  fingerprint: string;
}

/** The newest checkpoint of each gateway's log. */
export interface LogCheckpointsTable {
  origin: string;
  /** The signed note. */
  checkpoint: string;
  size: number;
  kept_at: string;
}

/** One message of one channel about one approval. What it says is made of the approval when it is sent: no text rests here. */
export interface DeliveriesTable {
  id: string;
  channel: string;
  event: string;
  approval: string;
  /** One delivery of each step of an approval in each channel: `requested`, `votes-1`, `closed`. */
  step: string;
  state: 'waiting' | 'delivered' | 'dead';
  attempts: number;
  /** When it is tried next; while it is being sent, when another gateway may take it over. */
  next_at: string;
  /** Whose attempt counts: an attempt that was taken over reports to nobody. */
  claimed_by: string | null;
  last_fault: string | null;
  created_at: string;
  delivered_at: string | null;
  /** What the channel calls its message (JSON): needed to change it later. */
  external: string | null;
  /** 1 on the first delivery until that of the outcome was filed. */
  is_open: number;
}

/** Signatures of requests that were taken once and are not taken again while their time is good. */
export interface SeenSignaturesTable {
  /** SHA-256, hex. */
  digest: string;
  expires_at: string;
}
