import type { Limits } from '../../model/limits.ts';

/** The bounds of the wires. */
export type HttpWireLimits = Pick<
  Limits,
  | 'maxHttpHeadBytes'
  | 'maxHttpFields'
  | 'maxHttpTargetBytes'
  | 'maxHttpTrailerBytes'
  | 'maxHttpInterimReplies'
  | 'maxHttpDrainBytes'
  | 'httpDrainMs'
  | 'httpHeadMs'
  | 'httpIdleMs'
  | 'httpBodyIdleMs'
>;
