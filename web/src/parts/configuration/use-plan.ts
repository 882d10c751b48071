import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { call } from '../../api/client.ts';
import { ApiProblem } from '../../api/problem.ts';
import { key } from '../../api/queries.ts';
import type { ConfigurationPlan, PolicyCheck } from '../../api/types.ts';
import type { LineProblem } from './CodeEditor.tsx';
import { type Change, isConflict, planChange } from './queries.ts';
import { useSettled } from './use-settled.ts';

const SETTLE_MS = 400;

export interface Checked {
  readonly plan?: ConfigurationPlan;
  readonly problems: readonly LineProblem[];
  /** Why it could not be checked, where that is not the text's fault. */
  readonly error?: unknown;
  readonly isChecking: boolean;
}

/** Asks the gateway what a change would do, as somebody types. */
export function usePlan(change: Change, enabled: boolean): Checked {
  const settled = useSettled(change, SETTLE_MS);
  const { data, error, isFetching } = useQuery({
    queryKey: [...key.configuration, 'plan', settled],
    queryFn: ({ signal }) => check(settled, signal),
    enabled,
    retry: false,
    staleTime: 5_000,
    placeholderData: keepPreviousData,
  });
  if (!enabled) return { problems: [], isChecking: false };
  const isChecking = settled !== change || isFetching;
  if (error !== null) return { problems: [], isChecking, error };
  return { problems: [], isChecking, ...data };
}

async function check(change: Change, signal: AbortSignal): Promise<Pick<Checked, 'plan' | 'problems'>> {
  if (change.kind === 'policy' && change.text !== undefined) {
    const problems = await policyProblems(change.name, change.text, signal);
    if (problems.length > 0) return { problems };
  }
  try {
    return { plan: await planChange(change, signal), problems: [] };
  } catch (error) {
    // Somebody else's change is told when this one is saved; it says nothing about the text.
    if (isConflict(error)) return { problems: [] };
    if (error instanceof ApiProblem && (error.status === 422 || error.status === 400))
      return { problems: problemsOf(error) };
    throw error;
  }
}

async function policyProblems(name: string, text: string, signal: AbortSignal): Promise<readonly LineProblem[]> {
  const body = { files: [{ name, text }] };
  return (await call<PolicyCheck>('POST', '/v1/policies/check', { body, signal })).data.problems;
}

/** The lines that a problem names: `file:3: what is wrong` or `line 3: …`, one a line of its detail. */
export function problemsOf({ problem }: ApiProblem): readonly LineProblem[] {
  const lines = (problem.detail ?? problem.title).split('\n').filter((line) => line.trim() !== '');
  return lines.map((line) => {
    const [, number, message] = /^(?:[^:\n]*?:|line )(\d+):\s*(.+)$/u.exec(line.trim()) ?? [];
    if (number === undefined || message === undefined) return { line: 1, message: line.trim() };
    return { line: Number(number), message };
  });
}
