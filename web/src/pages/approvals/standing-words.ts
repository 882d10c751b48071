import type { Approval } from '../../api/types.ts';

/** How an approval stands, in words. */
export function standingWords(approval: Approval): string {
  return WORDS[approval.state](approval);
}

const WORDS: Readonly<Record<Approval['state'], (approval: Approval) => string>> = {
  pending: () => 'Waits for others',
  approved: ({ kind, usedAt }) =>
    kind === 'access'
      ? 'Approved; the run was let into the target'
      : usedAt === undefined
        ? 'Approved; it passes once when it is made again'
        : 'Approved, and run',
  denied: () => 'Denied; it never reached the target',
  expired: () => 'Nobody answered in time; it was refused',
  cancelled: () => 'Cancelled; it never reached the target',
};
