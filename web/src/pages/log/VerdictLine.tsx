import type { ReactNode } from 'react';
import { classes } from '../../ui/class-names.ts';
import type { Verdict } from '../../verify/report.ts';
import { Mark } from './StepList.tsx';

const LOOKS: Readonly<Record<Verdict, string>> = {
  PASS: 'border-permit bg-permit-soft',
  FAIL: 'border-deny bg-deny-soft',
  INCOMPLETE: 'border-hold bg-hold-soft',
};

/** The answer, in one sentence. */
export function VerdictLine({ verdict, children }: { readonly verdict: Verdict; readonly children: ReactNode }) {
  return (
    <div
      role="status"
      className={classes('grid grid-cols-[1.25rem_minmax(0,1fr)] gap-x-2 rounded-md border px-3 py-2', LOOKS[verdict])}
    >
      <Mark verdict={verdict} />
      <p>
        <strong className="font-semibold">{verdict}</strong> {children}
      </p>
    </div>
  );
}
