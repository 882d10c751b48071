import type { EstimateView } from '../../api/types.ts';
import { Code, Visible } from '../../ui/Code.tsx';
import { duration } from '../../ui/moments.ts';

interface EstimateProps {
  readonly estimate: EstimateView;
  readonly statement: EstimateView['statements'][number] | undefined;
  readonly kind: string | undefined;
}

const CHANGES: Readonly<Record<string, string>> = {
  delete: 'deleted',
  update: 'changed',
  insert: 'inserted',
  merge: 'merged',
};

/** What it would do, as far as that is known without doing it. */
export function Estimate({ estimate, statement, kind }: EstimateProps) {
  const why = statement?.why ?? estimate.why;
  if (statement?.rows === undefined) {
    return (
      <p className="text-muted">
        No estimate
        {why !== undefined && (
          <>
            : <Visible text={why} />
          </>
        )}
        .
      </p>
    );
  }
  return (
    <div className="grid gap-2">
      <p>
        <span className="font-semibold">
          {statement.rows.toLocaleString('en')} {statement.rows === 1 ? 'row' : 'rows'}
        </span>{' '}
        {CHANGES[kind ?? ''] ?? 'read'},{' '}
        {estimate.kind === 'measured'
          ? 'counted in a transaction that was rolled back'
          : "as the target's own planner expects"}
        <span className="text-muted"> · took {duration(estimate.tookMs)}</span>
      </p>
      {statement.plan !== undefined && (
        <details>
          <summary className="text-muted hover:text-text">
            Plan{statement.cost !== undefined && `, cost ${statement.cost.toLocaleString('en')}`}
          </summary>
          <Code text={statement.plan} noWrap label="Plan" className="mt-2" />
        </details>
      )}
    </div>
  );
}
