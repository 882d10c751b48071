import type { StatementView } from '../../api/types.ts';

/** How a statement that was not refused ends or stands; any other status is the code of a refusal. */
const ENDINGS = new Set(['ok', 'error', 'cancelled', 'unknown', 'gap', 'reply', 'waiting']);

/** By its decision, or by what came after that. */
export function isRefused({ decision, status }: Pick<StatementView, 'decision' | 'status'>): boolean {
  return decision === 'deny' || (status !== undefined && !ENDINGS.has(status));
}

const APPROVAL_CODES: Readonly<Record<string, string>> = {
  'approval-denied': 'Denied by a person',
  'approval-expired': 'Nobody answered',
  'approval-cancelled': 'Cancelled',
  'approval-pending': 'Left waiting',
};

/** What became of it, in a word or two. */
export function statementWord(statement: StatementView): string {
  const { decision, status } = statement;
  if (decision === 'deny') return 'Refused';
  if (isRefused(statement)) return APPROVAL_CODES[status ?? ''] ?? 'Refused';
  switch (status) {
    case undefined:
      return 'Running';
    case 'waiting':
      return 'Waiting for people';
    case 'ok':
      return 'Done';
    case 'error':
      return 'Error';
    case 'cancelled':
      return 'Cancelled';
    case 'gap':
    case 'unknown':
      return 'Unknown';
    default:
      return status;
  }
}
