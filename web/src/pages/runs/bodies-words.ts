import type { ErasureView, Who } from '../../api/types.ts';

/** Why a person has bodies erased; `retention` is what rules say. */
export const REASONS: Readonly<Record<Exclude<ErasureView['reason'], 'retention'>, string>> = {
  'data-subject': 'Somebody whose data it is asked for it',
  contract: 'A contract says so',
  order: 'An authority ordered it',
  mistake: 'It should never have been recorded',
  other: 'Another reason',
};

export function reasonWords({ reason, rule }: Pick<ErasureView, 'reason' | 'rule'>): string {
  if (rule !== undefined) return `the retention rule ${rule}`;
  return reason === 'retention' ? 'a retention rule' : REASONS[reason].toLowerCase();
}

export function whoWords({ id, name }: Who): string {
  return name ?? id;
}

/** How far gateways are with an erasure; undefined once all are through. */
export function progressWords({ state, gateways }: Pick<ErasureView, 'state' | 'gateways'>): string | undefined {
  if (state !== 'ordered') return undefined;
  const left = gateways.filter(({ state: of }) => of === 'waiting' || of === 'erasing').map(({ gateway }) => gateway);
  return left.length === 0 ? 'under way' : `not yet by ${left.join(', ')}`;
}
