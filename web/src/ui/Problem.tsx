import { ApiProblem } from '../api/problem.ts';
import { Button } from './Button.tsx';
import { classes } from './class-names.ts';

/** What went wrong, in the API's words, and what to do. That one may not, or that it is gone, is no alarm. */
export function Problem({ error, onRetry }: { readonly error: unknown; readonly onRetry?: () => void }) {
  const { title, detail, hint, code, status } = wordsOf(error);
  const isExpected = status === 403 || status === 404;
  return (
    <div
      role="alert"
      className={classes(
        'grid justify-items-start gap-1.5 rounded-md border p-3 text-text',
        isExpected ? 'border-line bg-sunken' : 'border-deny bg-deny-soft',
      )}
    >
      <p className={classes('font-medium', !isExpected && 'text-deny')}>{title}</p>
      {detail !== undefined && detail !== title && <p>{detail}</p>}
      {hint !== undefined && <p className="text-muted">{hint}</p>}
      {status === 403 && hint === undefined && (
        <p className="text-muted">
          An administrator can give you a role that may; the pages of your own roles are at the side.
        </p>
      )}
      {code !== undefined && <p className="font-mono text-xs text-muted">{code}</p>}
      {onRetry && !isExpected && (
        <Button size="sm" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}

interface Words {
  readonly title: string;
  readonly detail?: string;
  readonly hint?: string;
  readonly code?: string;
  readonly status?: number;
}

function wordsOf(error: unknown): Words {
  if (error instanceof ApiProblem) return error.problem;
  return { title: 'This page failed.', detail: error instanceof Error ? error.message : String(error) };
}
