import { useRef, useState } from 'react';
import { announce } from '../../ui/Announcer.tsx';
import type { OnStep, Report, Step, Verdict } from '../../verify/report.ts';

export interface Verification {
  readonly state: 'idle' | 'running' | 'done' | 'failed';
  readonly steps: readonly Step[];
  readonly verdict?: Verdict;
  /** Why nothing could be checked: the gateway did not hand out what is needed. */
  readonly problem?: unknown;
}

/** Runs a check and shows its steps as they come; a new one takes the place of one that still runs. */
export function useVerification(): readonly [
  Verification,
  (check: (onStep: OnStep) => Promise<Report>) => Promise<void>,
] {
  const [verification, setVerification] = useState<Verification>({ state: 'idle', steps: [] });
  const current = useRef(0);
  async function run(check: (onStep: OnStep) => Promise<Report>): Promise<void> {
    current.current += 1;
    const mine = current.current;
    const show = (change: (before: Verification) => Verification) => {
      if (current.current === mine) setVerification(change);
    };
    show(() => ({ state: 'running', steps: [] }));
    try {
      const { verdict, steps } = await check((step) =>
        show((before) => ({ ...before, steps: [...before.steps.filter(({ id }) => id !== step.id), step] })),
      );
      show(() => ({ state: 'done', steps, verdict }));
      if (current.current === mine) announce(`Verification: ${verdict}`);
    } catch (problem) {
      show((before) => ({ ...before, state: 'failed', problem }));
    }
  }
  return [verification, run];
}
