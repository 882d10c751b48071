import type { ApproveObligation, Budget, SessionObligation } from '../model/decision.ts';
import type { LockMode } from '../model/request.ts';
import type { HttpPattern } from './http-pattern.ts';
import type { KubernetesPattern } from './kubernetes-pattern.ts';
import type { McpPattern } from './mcp-pattern.ts';
import type { SshPattern } from './ssh-pattern.ts';

/** A rule as its author wrote it, checked but not compiled. Policies are shown, signed and compared in this form. */
export interface Policy {
  readonly name: string;
  /** Alternatives; within one, every field must match, and a field matches when one of its values does. */
  readonly principals: 'any' | readonly PrincipalPattern[];
  readonly targets: 'any' | TargetPattern;
  /** Kinds, access groups, or `any`; absent (every operation) only in a rule that denies. */
  readonly operations?: readonly string[];
  readonly tables?: readonly TablePattern[];
  readonly functions?: readonly string[];
  readonly flags?: readonly string[];
  /** Classes of columns, or `any`: operations that show, filter by, assign or store elsewhere a column of one. */
  readonly reads?: readonly string[];
  readonly filters?: readonly string[];
  readonly writes?: readonly string[];
  readonly copies?: readonly string[];
  /** Operations that lock a table at least so strongly. */
  readonly lock?: LockMode;
  /** Requests of HTTP alone. */
  readonly http?: HttpPattern;
  /** Messages of MCP alone. */
  readonly mcp?: McpPattern;
  /** What is asked of SSH hosts alone. */
  readonly ssh?: SshPattern;
  /** Requests to clusters alone. */
  readonly kubernetes?: KubernetesPattern;
  /** CEL over `operation`, `principal`, `run`, `target` and `time`. */
  readonly when?: string;
  /** The IANA name of the zone in which `when` asks for the time. */
  readonly timezone?: string;
  readonly effect: 'permit' | 'deny';
  readonly mask?: readonly string[];
  readonly approve?: Omit<ApproveObligation, 'kind'>;
  /** `readOnly: false` switches off what is read-only without being asked. */
  readonly session?: Omit<SessionObligation, 'kind' | 'readOnly'> & { readonly readOnly?: boolean };
  readonly limit?: readonly Omit<Budget, 'rule'>[];
  readonly reason?: string;
  readonly hint?: string;
}

/** Field path (`run.sourceRepositoryId`) to the values that match. */
export type PrincipalPattern = Readonly<Record<string, readonly string[]>>;

export interface TargetPattern {
  readonly names?: readonly string[];
  readonly labels?: Readonly<Record<string, readonly string[]>>;
}

export interface TablePattern {
  /** `schema.name`; `*` stands for any characters within one of the two. */
  readonly table: string;
  readonly use?: 'read' | 'write';
}

/** Where a policy file is wrong and what to do about it. */
export interface PolicyProblem {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  /** From 1; absent where a whole file is meant. */
  readonly column?: number;
  readonly message: string;
}
