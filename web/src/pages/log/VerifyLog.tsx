import { useState } from 'react';
import { Button } from '../../ui/Button.tsx';
import { Checkbox } from '../../ui/Field.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { Time } from '../../ui/Time.tsx';
import type { Verdict } from '../../verify/report.ts';
import { verifyLog } from '../../verify/verify-log.ts';
import { keepPin, type LogPin, readPin } from './pin.ts';
import { fetchStatus, fetchTile } from './queries.ts';
import { StepList } from './StepList.tsx';
import { useVerification } from './use-verification.ts';
import { VerdictLine } from './VerdictLine.tsx';

interface VerifyLogProps {
  readonly pin: LogPin | undefined;
  readonly onPinned: (pin: LogPin) => void;
}

/** Checks that the log only grew since this browser saw it last, and remembers it as it is now. */
export function VerifyLog({ pin, onPinned }: VerifyLogProps) {
  const [verification, run] = useVerification();
  const [entries, setEntries] = useState(false);
  const verify = () =>
    void run(async (onStep) => {
      const { checkpoint, verifierKey } = await fetchStatus();
      const known = readPin(localStorage);
      const question = { checkpoint, verifierKey, fetch: fetchTile, entries, ...(known !== undefined && { known }) };
      const report = await verifyLog(question, onStep);
      if (report.verdict === 'PASS' && report.checkpoint !== undefined) {
        const at = new Date().toISOString();
        onPinned(keepPin(localStorage, { verifierKey, checkpoint, size: report.checkpoint.size, at }));
      }
      return report;
    });
  return (
    <div className="grid gap-3">
      <p className="max-w-prose text-muted">
        {pin === undefined ? (
          'This browser has not verified the log before. The first time it remembers the key and the checkpoint; from then on nobody can show it another log unnoticed.'
        ) : (
          <>
            This browser knows the log’s key since <Time at={pin.firstAt} />, and saw {pin.size} entries{' '}
            <Time at={pin.at} />.
          </>
        )}
      </p>
      <div className="flex flex-wrap items-center gap-4">
        <Button variant="primary" busy={verification.state === 'running'} onClick={verify}>
          Verify
        </Button>
        <Checkbox checked={entries} onChange={(event) => setEntries(event.target.checked)}>
          Read every entry too
        </Checkbox>
      </div>
      {verification.state === 'failed' && <Problem error={verification.problem} onRetry={verify} />}
      {verification.verdict !== undefined && (
        <VerdictLine verdict={verification.verdict}>{MEANINGS[verification.verdict]}</VerdictLine>
      )}
      {verification.steps.length > 0 && <StepList steps={verification.steps} />}
    </div>
  );
}

const MEANINGS: Readonly<Record<Verdict, string>> = {
  PASS: 'The log is signed by the key that this browser knows, and nothing that it saw before was changed or taken out.',
  FAIL: 'This is not the log that this browser saw before, or it was changed. Keep the page open and tell an auditor.',
  INCOMPLETE: 'Nothing was found changed, and not everything could be checked.',
};
