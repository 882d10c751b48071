import { Ban, EyeOff, TriangleAlert, UserCheck } from 'lucide-react';
import type { StatementView } from '../../api/types.ts';

/** What became of a statement: a word, and a sign of what it stands out by. */
export function StatementOutcome({ statement }: { readonly statement: StatementView }) {
  const { decision, status, approval, masked = 0 } = statement;
  const failed = status === 'error' || status === 'unknown';
  return (
    <span className="inline-flex items-center gap-1.5 [&_svg]:size-3.5 [&_svg]:shrink-0">
      {isRefused(statement) && <Ban className="text-deny" aria-hidden="true" />}
      {failed && <TriangleAlert className="text-deny" aria-hidden="true" />}
      {approval !== undefined && <UserCheck className="text-hold" aria-label="a person was asked" />}
      {masked > 0 && <EyeOff className="text-mask" aria-label="masked" />}
      <span className={decision === 'deny' || failed ? 'text-deny' : 'text-muted'}>{statementWord(statement)}</span>
    </span>
  );
}

/** By its decision, or by what came after that. */
export function isRefused({ decision, status }: StatementView): boolean {
  return decision === 'deny' || (status !== undefined && status.includes('-'));
}

function statementWord(statement: StatementView): string {
  const { decision, status, approval } = statement;
  if (decision === 'deny') return 'Refused';
  if (isRefused(statement)) return status === 'approval-denied' ? 'Denied by a person' : 'Refused';
  switch (status) {
    case undefined:
      return approval === undefined ? 'Running' : 'Waiting';
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
