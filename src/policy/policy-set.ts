import type { Decision } from '../model/decision.ts';
import type { Principal } from '../model/principal.ts';
import type { Request } from '../model/request.ts';
import type { Target } from '../model/target.ts';

/** The policies in force, compiled. Immutable: a change makes another one. */
export interface PolicySet {
  /** SHA-256 over the canonical form of all policies, hex; stands in every decision. */
  readonly digest: string;
  /**
   * The decision function for one principal in one target, made once a session. It keeps its answer beside the
   * identity of `request.operations`, so that a statement seen before costs one look-up. Never throws: what cannot be
   * decided is denied.
   */
  decider(principal: Principal, target: Target): (request: Pick<Request, 'operations'>) => Decision;
}
