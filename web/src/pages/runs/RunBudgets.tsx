import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../../api/client.ts';
import { key } from '../../api/queries.ts';
import type { BudgetView, Run } from '../../api/types.ts';
import { useCan } from '../../parts/me.ts';
import { Button } from '../../ui/Button.tsx';
import { Visible } from '../../ui/Code.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { Section } from '../../ui/Page.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { budgetWords, spentPercent } from './budget-words.ts';
import { runBudgetsQuery } from './run-queries.ts';

/** What the run spent of what rules allow, and of what it shares with other runs in its targets. */
export function RunBudgets({ run }: { readonly run: Run }) {
  const { data: budgets = [], error } = useQuery(runBudgetsQuery(run.id));
  const mayReset = useCan('configuration:write');
  const [resetting, setResetting] = useState<BudgetView>();
  if (error !== null) return <Problem error={error} />;
  if (budgets.length === 0) return null;
  return (
    <Section title="Budgets">
      <ul className="divide-y divide-line border-y border-line">
        {budgets.map((budget) => (
          <li key={budget.id} className="flex flex-wrap items-center gap-x-3 gap-y-1 py-2">
            <Spent budget={budget} />
            <span className="text-sm text-muted">
              {budgetWords(budget)}
              {budget.target !== undefined && (
                <>
                  {' '}
                  of <Visible text={budget.target} />
                </>
              )}
              , by the rule <Visible text={budget.rule} />
            </span>
            {mayReset && (
              <Button size="sm" className="ml-auto" onClick={() => setResetting(budget)}>
                Reset…
              </Button>
            )}
          </li>
        ))}
      </ul>
      {resetting !== undefined && (
        <ResetBudget run={run.id} budget={resetting} onClose={() => setResetting(undefined)} />
      )}
    </Section>
  );
}

function Spent({ budget }: { readonly budget: BudgetView }) {
  const { spent, most, granted } = budget;
  const isUsedUp = spent >= most + granted;
  return (
    <span className="flex items-center gap-2">
      <meter
        min={0}
        max={100}
        value={spentPercent(budget)}
        aria-label={`${spent} of ${most + granted} ${budget.measure}`}
        className="w-24"
      />
      <span className={isUsedUp ? 'font-semibold text-deny' : 'font-semibold'}>
        {spent.toLocaleString('en')} of {(most + granted).toLocaleString('en')}
      </span>
    </span>
  );
}

interface ResetBudgetProps {
  readonly run: string;
  readonly budget: BudgetView;
  readonly onClose: () => void;
}

function ResetBudget({ run, budget, onClose }: ResetBudgetProps) {
  const client = useQueryClient();
  const reset = useMutation({
    mutationFn: () => call('DELETE', `/v1/budgets/${encodeURIComponent(budget.id)}`),
    onSuccess: async () => {
      onClose();
      await client.invalidateQueries({ queryKey: [...key.run(run), 'budgets'] });
    },
  });
  return (
    <Dialog
      open
      onClose={onClose}
      title="Reset the budget?"
      footer={
        <>
          <Button onClick={onClose}>Keep it</Button>
          <Button variant="danger" busy={reset.isPending} onClick={() => reset.mutate()}>
            Reset
          </Button>
        </>
      }
    >
      <p className="max-w-prose">
        What was spent of it is forgotten at once, in every gateway, and so is what people allowed beyond it. The log
        keeps who did this.
      </p>
      {reset.error !== null && <Problem error={reset.error} />}
    </Dialog>
  );
}
