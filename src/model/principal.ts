import type { GrantId, PrincipalId, RunId, TargetName } from './ids.ts';

/** The issuers whose tokens have an adapter of their own; `generic` is any other OIDC issuer. */
export const ISSUER_KINDS = [
  'github',
  'gitlab',
  'circleci',
  'buildkite',
  'bitbucket',
  'azure-devops',
  'jenkins',
  'kubernetes',
  'spiffe',
  'google',
  'aws',
  'hcp-terraform',
  'spacelift',
  'cursor-cloud',
  'generic',
] as const;

export type IssuerKind = (typeof ISSUER_KINDS)[number];

/**
 * How far the token itself says which run it is for: `verified` where it names one run of one job, `asserted` where it
 * names a service account, a role or a machine, and that this is the run stands only in what the client says.
 */
export type RunBinding = 'verified' | 'asserted';

/**
 * Where a CI job comes from, in Sigstore Fulcio's vocabulary (its OID table, 1.3.6.1.4.1.57264.1.8 to .24). Every
 * field is verified (it stands in a signed claim) or derived from verified claims alone; nothing asserted is here.
 */
export interface Workload {
  readonly issuer: string;
  readonly issuerKind: IssuerKind;
  readonly tokenSubject: string;
  readonly sourceRepositoryUri?: string;
  readonly sourceRepositoryId?: string;
  readonly sourceOwnerId?: string;
  readonly sourceRef?: string;
  readonly sourceDigest?: string;
  readonly buildConfigUri?: string;
  readonly buildConfigDigest?: string;
  readonly buildSignerUri?: string;
  readonly buildSignerDigest?: string;
  readonly runInvocationUri?: string;
  readonly runId?: string;
  readonly runAttempt?: string;
  readonly trigger?: string;
  readonly environment?: string;
  readonly runnerEnvironment?: string;
  readonly visibility?: string;
  readonly actor?: string;
  readonly actorId?: string;
  /** Of a service account, role, workspace or SPIFFE ID: what an issuer that names no repository never gives again. */
  readonly workloadId?: string;
  /** Its name, which may be given again. */
  readonly workloadName?: string;
  readonly runBinding?: RunBinding;
  /** Fields, `extra.NAME` among them, that were computed from claims; all others are claims as they were signed. */
  readonly derived?: readonly string[];
  /** Names of claims that its adapter does not know: the issuer changed, and nothing was read from them. */
  readonly unknownClaims?: readonly string[];
  /** Claims that an issuer of kind `generic` maps by name, and what an adapter keeps beside the vocabulary. */
  readonly extra?: Readonly<Record<string, string>>;
}

/** The words of the vocabulary that rules may match by name: all but the issuer itself and what is mapped beside it. */
export const WORKLOAD_FIELDS = [
  'tokenSubject',
  'sourceRepositoryUri',
  'sourceRepositoryId',
  'sourceOwnerId',
  'sourceRef',
  'sourceDigest',
  'buildConfigUri',
  'buildConfigDigest',
  'buildSignerUri',
  'buildSignerDigest',
  'runInvocationUri',
  'runId',
  'runAttempt',
  'trigger',
  'environment',
  'runnerEnvironment',
  'visibility',
  'actor',
  'actorId',
  'workloadId',
  'workloadName',
  'runBinding',
] as const satisfies readonly (keyof Workload)[];

export type WorkloadField = (typeof WORKLOAD_FIELDS)[number];

/** The unit of evidence: one CI job run, or one sitting of a human. */
export interface Run {
  readonly id: RunId;
  readonly kind: 'ci' | 'human';
  readonly workload: Workload;
  /** True where the token came from the demo's own issuer, which vouches for nothing. */
  readonly demo: boolean;
  /** Labels that the client says of itself (agent kind, command); shown and recorded, never used by policy. */
  readonly asserted: Readonly<Record<string, string>>;
  /** RFC 3339, UTC, milliseconds. */
  readonly openedAt: string;
}

/** Who asks, as policy and the record see it. */
export interface Principal {
  readonly id: PrincipalId;
  readonly kind: 'workload' | 'human';
  /** For people: `acme/shop@refs/heads/main`, or a login. */
  readonly display: string;
  readonly run: Run;
  readonly grant: Grant;
}

/** This principal may enter these targets, until when, by which trust rule. Carries no credential of a target. */
export interface Grant {
  readonly id: GrantId;
  readonly run: RunId;
  readonly targets: readonly TargetName[];
  /** The trust rule that gave it, by name. */
  readonly rule: string;
  readonly issuedAt: string;
  readonly expiresAt: string;
  /** RFC 7638 thumbprint of the key that it is bound to: its secret alone lets nobody in. */
  readonly keyThumbprint?: string;
  /** The one place of the HTTP port where it is good (RFC 8707): `/mcp`, or `/t/TARGET`. */
  readonly resource?: string;
}
