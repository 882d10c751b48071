/**
 * What the gateway states of a run: an in-toto Statement v1 (https://in-toto.io/Statement/v1) about its manifest. The
 * predicate is monotonic: what is absent is not known, and no member that is taken away makes more of what is left.
 */
import type { Workload } from '../../model/principal.ts';
import { canonicalJson, type Json } from '../canonical-json.ts';
import { BUNDLE, PREDICATE_TYPE, STATEMENT_TYPE } from './manifest.ts';
import type { RunSummary } from './run-summary.ts';

export interface Statement {
  readonly _type: typeof STATEMENT_TYPE;
  readonly subject: readonly { readonly name: string; readonly digest: Sha256 }[];
  readonly predicateType: typeof PREDICATE_TYPE;
  readonly predicate: AgentRunPredicate;
}

/** Hex. */
export interface Sha256 {
  readonly sha256: string;
}

export interface AgentRunPredicate {
  /** `id` is the name of its log. */
  readonly gateway: { readonly id: string; readonly version: string };
  readonly run: {
    readonly id: string;
    readonly kind: 'ci' | 'human';
    readonly openedAt: string;
    readonly closedAt?: string;
    readonly termination?: string;
    /** The issuer was the demo's own, which vouches for nothing. */
    readonly demo?: true;
  };
  /** Who the run was, in Sigstore Fulcio's words, without anybody's login. No token opened a run that has no digest of one. */
  readonly workload: Omit<Workload, 'actor'> & {
    readonly tokenDigest?: Sha256;
    readonly jwksDigest?: Sha256;
    readonly verifiedAt: string;
  };
  /** The agent, as the client said it; the gateway checked nothing of this. */
  readonly agents: readonly StatedAgent[];
  /** By ids alone. */
  readonly humans: readonly { readonly role: 'ciActor' | 'approver'; readonly id: string; readonly idp?: string }[];
  readonly grants: readonly StatedGrant[];
  readonly approvals: readonly StatedApproval[];
  readonly targets: readonly { readonly id: string; readonly protocol: string; readonly credentialHeldBy: 'gateway' }[];
  readonly policies: readonly { readonly digest: Sha256 }[];
  readonly events: {
    readonly count: number;
    readonly sessions: number;
    readonly treeHash: 'rfc6962-sha256';
    /** As `run.close` says it: the tree over the `session.close` entries, hex. */
    readonly sessionsRoot?: string;
    readonly firstAt?: string;
    readonly lastAt?: string;
  };
  readonly log: {
    readonly origin: string;
    readonly openIndex: number;
    readonly closeIndex?: number;
    /** Of the `run.manifest` that commits to this statement's subject. */
    readonly manifestIndex: number;
  };
  readonly summary: RunSummary;
  readonly coverage: {
    /** Whether the job had a way round the gateway, as its wrapper said; the gateway cannot see that. */
    readonly egress: 'enforced' | 'advisory' | 'unknown';
    readonly isolation: string;
    /** Where the two above were said. */
    readonly saidBy?: 'wrapper';
    /** As the client saw them. `masked`: with values replaced in them. */
    readonly bodiesRecorded: 'full' | 'masked';
  };
  /** Absent where it is not so. */
  readonly complete?: true;
}

export interface StatedAgent {
  readonly kind?: string;
  readonly version?: string;
  readonly executableDigest?: Sha256;
  /** `A1`: its wrapper started it itself. `A0`: a mark that anybody can set. `asserted`: nothing of the kind was said. */
  readonly assurance: string;
  /** All that was said. */
  readonly labels: Readonly<Record<string, string>>;
}

export interface StatedGrant {
  readonly id: string;
  readonly issuedAt: string;
  readonly expiresAt: string;
  /** RFC 7638 thumbprint of the key that it was bound to. */
  readonly confirmation?: { readonly jkt: string };
  /** Names of targets. */
  readonly scope: readonly string[];
  /** Names of the trust rules that gave it. */
  readonly rules: readonly string[];
}

export interface StatedApproval {
  readonly id: string;
  readonly requestDigest: Sha256;
  readonly decision: 'approved' | 'denied' | 'expired' | 'cancelled' | 'pending';
  readonly requestedAt: string;
  readonly decidedAt?: string;
  readonly usedAt?: string;
  /** Ids of people. */
  readonly approvers: readonly string[];
}

/** The bytes that are signed: RFC 8785. `manifestDigest` is SHA-256, hex. */
export function encodeStatement(manifestDigest: string, predicate: AgentRunPredicate): Buffer {
  const statement: Statement = {
    _type: STATEMENT_TYPE,
    subject: [{ name: BUNDLE.manifest, digest: { sha256: manifestDigest } }],
    predicateType: PREDICATE_TYPE,
    predicate,
  };
  return Buffer.from(canonicalJson(statement as unknown as Json));
}
