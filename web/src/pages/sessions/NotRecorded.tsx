import { ApiProblem } from '../../api/problem.ts';
import type { SessionView } from '../../api/types.ts';
import { Section } from '../../ui/Page.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { StatementResults } from './StatementResults.tsx';

interface NotRecordedProps {
  readonly session: SessionView;
  readonly error: unknown;
}

/** The recording cannot be read here: why, and what is known of the session without it. */
export function NotRecorded({ session, error }: NotRecordedProps) {
  const forbidden = error instanceof ApiProblem && error.status === 403;
  return (
    <div className="grid gap-5">
      {forbidden ? (
        <p className="max-w-prose text-muted">
          What this session carried is for those who may read recordings: auditors and administrators. Below is what was
          asked by its kind, and what was decided.
        </p>
      ) : (
        <Problem error={error} />
      )}
      <Section title="Requests">
        <StatementResults filter={{ session: session.id }} />
      </Section>
    </div>
  );
}
