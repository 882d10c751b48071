import { ApiProblem } from '../api/problem.ts';
import { Button } from './Button.tsx';

/** What went wrong, in the API's words, and what to do. */
export function Problem({ error, onRetry }: { readonly error: unknown; readonly onRetry?: () => void }) {
  const { title, detail, hint, code } = wordsOf(error);
  return (
    <div
      role="alert"
      className="grid justify-items-start gap-1.5 rounded-md border border-deny bg-deny-soft p-3 text-text"
    >
      <p className="font-medium text-deny">{title}</p>
      {detail !== undefined && detail !== title && <p>{detail}</p>}
      {hint !== undefined && <p className="text-muted">{hint}</p>}
      {code !== undefined && <p className="font-mono text-xs text-muted">{code}</p>}
      {onRetry && (
        <Button size="sm" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}

function wordsOf(error: unknown): { title: string; detail?: string; hint?: string; code?: string } {
  if (error instanceof ApiProblem) return error.problem;
  return { title: 'This page failed.', detail: error instanceof Error ? error.message : String(error) };
}
