import { Check } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { paths } from '../../paths.ts';
import { Visible } from '../../ui/Code.tsx';
import { AppLink } from '../../ui/routing.tsx';
import type { Verdict } from '../../verify/report.ts';
import { verifySession } from '../../verify/verify-session.ts';
import { readPin } from '../log/pin.ts';
import { fetchEvidence } from '../log/queries.ts';
import { StepList } from '../log/StepList.tsx';
import { useVerification } from '../log/use-verification.ts';
import { VerdictLine } from '../log/VerdictLine.tsx';
import { CheckLine } from './CheckLine.tsx';

/** Checks the session in this browser, and says whether what is replayed is what was recorded; if not, where. */
export function SessionVerdict({ session }: { readonly session: string }) {
  const [verification, run] = useVerification();
  const begun = useRef(false);
  useEffect(() => {
    if (begun.current) return;
    begun.current = true;
    const knownKey = readPin(localStorage)?.verifierKey;
    void run(async (onStep) => {
      const evidence = await fetchEvidence(session);
      return await verifySession(evidence, { session, ...(knownKey !== undefined && { knownKey }) }, onStep);
    });
  }, [run, session]);
  const { verdict, state, steps, problem } = verification;
  if (state === 'failed') {
    return (
      <CheckLine>
        <span>
          It was not checked: <Visible text={problem instanceof Error ? problem.message : String(problem)} />
        </span>
      </CheckLine>
    );
  }
  if (verdict === undefined) return <CheckLine>This browser is checking the recording …</CheckLine>;
  if (verdict === 'PASS') {
    return (
      <CheckLine>
        <Check className="size-4 shrink-0 text-permit" aria-hidden="true" />
        <span>
          Checked in this browser: what you see is what was recorded. <EveryStep session={session} />
        </span>
      </CheckLine>
    );
  }
  const shown = steps.filter((step) => step.verdict !== 'PASS');
  return (
    <div className="grid gap-2">
      <VerdictLine verdict={verdict}>
        {MEANINGS[verdict]} <EveryStep session={session} />
      </VerdictLine>
      {shown.length > 0 && <StepList steps={shown} />}
    </div>
  );
}

function EveryStep({ session }: { readonly session: string }) {
  return (
    <AppLink href={`${paths.log()}?${new URLSearchParams({ session })}`} className="text-text underline">
      Every step
    </AppLink>
  );
}

const MEANINGS: Readonly<Record<Exclude<Verdict, 'PASS'>, string>> = {
  FAIL: 'This session does not verify: what you see is not what was recorded. Where, stands below.',
  INCOMPLETE: 'Nothing was found changed, and not everything could be checked.',
};
