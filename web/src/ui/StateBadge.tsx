import type { ApprovalState } from '../api/types.ts';
import { Badge, type Tone } from './Badge.tsx';

const APPROVAL_TONES: Readonly<Record<ApprovalState, Tone>> = {
  pending: 'hold',
  approved: 'permit',
  denied: 'deny',
  expired: 'neutral',
  cancelled: 'neutral',
};

export const APPROVAL_WORDS: Readonly<Record<ApprovalState, string>> = {
  pending: 'Waiting',
  approved: 'Approved',
  denied: 'Denied',
  expired: 'Expired',
  cancelled: 'Cancelled',
};

export function ApprovalBadge({ state }: { readonly state: ApprovalState }) {
  return <Badge tone={APPROVAL_TONES[state]}>{APPROVAL_WORDS[state]}</Badge>;
}

export function DecisionBadge({ decision }: { readonly decision: 'permit' | 'deny' }) {
  return <Badge tone={decision}>{decision === 'permit' ? 'Permitted' : 'Refused'}</Badge>;
}
