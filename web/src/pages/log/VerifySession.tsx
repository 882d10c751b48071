import { useEffect, useRef, useState } from 'react';
import { paths } from '../../paths.ts';
import { Button } from '../../ui/Button.tsx';
import { Field, Input } from '../../ui/Field.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { AppLink, useSearchState } from '../../ui/routing.tsx';
import type { Verdict } from '../../verify/report.ts';
import { verifySession } from '../../verify/verify-session.ts';
import { readPin } from './pin.ts';
import { fetchEvidence } from './queries.ts';
import { StepList } from './StepList.tsx';
import { useVerification } from './use-verification.ts';
import { VerdictLine } from './VerdictLine.tsx';

/** Checks one session here; `?session=` names it, and then it begins by itself. */
export function VerifySession() {
  const [search, change] = useSearchState();
  const [session, setSession] = useState(search['session'] ?? '');
  const [verification, run] = useVerification();
  const [asked, setAsked] = useState('');
  const begun = useRef<string>(undefined);
  const wanted = search['session'];
  const verify = (id: string) => {
    setAsked(id);
    const knownKey = readPin(localStorage)?.verifierKey;
    void run(async (onStep) => {
      const evidence = await fetchEvidence(id);
      return await verifySession(evidence, { session: id, ...(knownKey !== undefined && { knownKey }) }, onStep);
    });
  };
  const verifyNow = useRef(verify);
  verifyNow.current = verify;
  useEffect(() => {
    if (wanted === undefined || begun.current === wanted) return;
    begun.current = wanted;
    setSession(wanted);
    verifyNow.current(wanted);
  }, [wanted]);
  return (
    <div className="grid gap-3">
      <form
        className="flex flex-wrap items-end gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          const id = session.trim();
          if (id === '') return;
          begun.current = id;
          change({ session: id });
          verify(id);
        }}
      >
        <div className="w-full max-w-80">
          <Field label="Session">
            {(control) => (
              <Input
                {...control}
                value={session}
                placeholder="ses_…"
                className="font-mono"
                spellCheck={false}
                onChange={(event) => setSession(event.target.value)}
              />
            )}
          </Field>
        </div>
        <Button type="submit" variant="primary" busy={verification.state === 'running'}>
          Verify
        </Button>
      </form>
      {verification.state === 'failed' && <Problem error={verification.problem} onRetry={() => verify(asked)} />}
      {verification.verdict !== undefined && (
        <VerdictLine verdict={verification.verdict}>
          {MEANINGS[verification.verdict]}{' '}
          <AppLink href={paths.session(asked)} className="font-mono text-[0.94em] underline">
            {asked}
          </AppLink>
        </VerdictLine>
      )}
      {verification.steps.length > 0 && <StepList steps={verification.steps} />}
    </div>
  );
}

const MEANINGS: Readonly<Record<Verdict, string>> = {
  PASS: 'This browser recomputed every hash: nothing of this session was changed, cut, reordered or added since it was sealed.',
  FAIL: 'This session does not verify. What is marked below is not what was recorded.',
  INCOMPLETE: 'Nothing was found changed, and not everything could be checked.',
};
