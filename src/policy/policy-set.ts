import type { Decision } from '../model/decision.ts';
import type { Principal } from '../model/principal.ts';
import type { Operation, Request } from '../model/request.ts';
import type { ClassifiedColumn, Target } from '../model/target.ts';

/** The policies in force, compiled. Immutable: a change makes another one. */
export interface PolicySet {
  /** SHA-256 over the canonical form of all policies, hex; stands in every decision. */
  readonly digest: string;
  /** True where a rule asks for what stands in the body of a request. */
  readonly asksForBody: boolean;
  /**
   * The decision function for one principal in one target, made once a session. It keeps its answer beside the
   * identity of `request.operations`, so that a statement seen before costs one look-up, for as long as the target's
   * classified columns are the same list and, where a rule asks for the time, for the minute. Never throws: what cannot
   * be decided is denied.
   */
  decider(principal: Principal, target: Target, now?: Now): (request: Pick<Request, 'operations'>) => Decision;
  /**
   * Whether one principal in one target may be permitted an operation of which the arguments are not known yet: false
   * where it would be denied whatever they are. Never throws.
   */
  mayPermit(principal: Principal, target: Target, now?: Now): (operation: Operation) => boolean;
  /**
   * Whether a rule may put an operation before people, whatever its arguments are; any at all where none is given. Never
   * throws.
   */
  mayHold(principal: Principal, target: Target, now?: Now): (operation?: Operation) => boolean;
}

/** What may change while a session lives. */
export interface Now {
  /** Milliseconds since 1970; in place of the set's own clock. */
  readonly nowMs?: () => number;
  /** The target's classified columns as they are now; those that it was opened with where absent. */
  readonly classified?: () => readonly ClassifiedColumn[];
}
