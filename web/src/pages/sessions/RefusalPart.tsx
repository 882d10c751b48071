import type { RecordedEvent } from '../../api/types.ts';
import { Visible } from '../../ui/Code.tsx';

interface RefusalPartProps {
  readonly refusal: RecordedEvent['refusal'];
  /** True where a rule refused it; otherwise it was permitted, and something that came after refused it. */
  readonly reason: boolean;
}

/** Why not, in the words in which the client was told. */
export function RefusalPart({ refusal, reason }: RefusalPartProps) {
  if (refusal === undefined) return null;
  const { code, message, rule, hint } = refusal;
  return (
    <div className="grid gap-1 rounded-md border-l-2 border-deny bg-deny-soft px-3 py-2">
      <p className="font-medium text-deny">
        {reason ? 'Refused; it never reached the target' : 'Refused after it was permitted'}
      </p>
      <p>
        <Visible text={message} />
      </p>
      <p className="text-sm text-muted">
        <span className="font-mono">{code}</span>
        {rule !== undefined && (
          <>
            {' '}
            by the rule “<Visible text={rule} />”
          </>
        )}
      </p>
      {hint !== undefined && (
        <p className="text-sm text-muted">
          <Visible text={hint} />
        </p>
      )}
    </div>
  );
}
