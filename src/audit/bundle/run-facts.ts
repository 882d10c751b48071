/** What the control plane knows of a run, for its evidence; the rest stands in the log and in the session files. */
import type { Workload } from '../../model/principal.ts';
import type { Secret } from '../../model/secret.ts';
import type { StatedApproval, StatedGrant } from './statement.ts';

export interface RunFacts {
  readonly run: {
    readonly id: string;
    readonly kind: 'ci' | 'human';
    readonly demo: boolean;
    readonly openedAt: string;
    readonly closedAt?: string;
    readonly termination?: string;
    readonly tokenDigest?: string;
    readonly jwksDigest?: string;
  };
  readonly workload: Workload;
  /** What the client said of itself. */
  readonly asserted: Readonly<Record<string, string>>;
  /** The CI token that opened the run, compact; absent for a person's run, and where it was erased. */
  readonly token?: Secret;
  /** The key set that verified it, to the byte. */
  readonly jwks?: string;
  readonly grants: readonly StatedGrant[];
  readonly approvals: readonly StatedApproval[];
  /** Sessions of the run that other gateways recorded, by the names of their logs. */
  readonly elsewhere: readonly { readonly session: string; readonly gateway: string }[];
}

/** Where facts come from. */
export interface FactSource {
  /** Undefined where there is no such run. */
  facts(run: string): Promise<RunFacts | undefined>;
  /** The canonical JSON of a policy set, whose SHA-256 is its digest; undefined where it is not known any more. */
  policy(digest: string): Promise<string | undefined>;
}
