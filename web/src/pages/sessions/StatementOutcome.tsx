import { Ban, EyeOff, TriangleAlert, UserCheck } from 'lucide-react';
import type { StatementView } from '../../api/types.ts';
import { isRefused, statementWord } from './statement-words.ts';

/** What became of a statement: a word, and a sign of what it stands out by. */
export function StatementOutcome({ statement }: { readonly statement: StatementView }) {
  const { decision, status, code, approval, masked = 0 } = statement;
  const failed = status === 'error' || status === 'unknown';
  return (
    <span className="inline-flex items-center gap-1.5 [&_svg]:size-3.5 [&_svg]:shrink-0">
      {isRefused(statement) && <Ban className="text-deny" aria-hidden="true" />}
      {failed && <TriangleAlert className="text-deny" aria-hidden="true" />}
      {approval !== undefined && <UserCheck className="text-hold" aria-label="a person was asked" />}
      {masked > 0 && <EyeOff className="text-mask" aria-label="masked" />}
      <span className={decision === 'deny' || failed ? 'text-deny' : 'text-muted'}>{statementWord(statement)}</span>
      {code !== undefined && code !== '00000' && <span className="font-mono text-xs text-muted">{code}</span>}
    </span>
  );
}
