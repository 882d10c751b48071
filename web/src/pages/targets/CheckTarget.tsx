import { useMutation } from '@tanstack/react-query';
import { Check, CircleDashed, PlugZap, X } from 'lucide-react';
import { call } from '../../api/client.ts';
import type { TargetCheck } from '../../api/types.ts';
import { useCan } from '../../parts/me.ts';
import { Button } from '../../ui/Button.tsx';
import { Visible } from '../../ui/Code.tsx';
import { Section } from '../../ui/Page.tsx';
import { Problem } from '../../ui/Problem.tsx';

type Step = TargetCheck['steps'][number];

const NAMES: Readonly<Record<Step['step'], string>> = {
  credential: 'The credential opens',
  address: 'The address answers',
  tls: 'The connection is as secure as it should be',
  login: 'The login is accepted',
};

/** Goes in as a session would, and leaves at once. */
export function CheckTarget({ target }: { readonly target: string }) {
  const mayCheck = useCan('targets:check');
  const check = useMutation({
    mutationFn: async () => (await call<TargetCheck>('POST', `/v1/targets/${encodeURIComponent(target)}/check`)).data,
  });
  return (
    <Section
      title="Does it work?"
      actions={
        mayCheck && (
          <Button icon={<PlugZap />} busy={check.isPending} onClick={() => check.mutate()}>
            Check
          </Button>
        )
      }
    >
      {check.error !== null && <Problem error={check.error} />}
      {check.data === undefined && check.error === null && (
        <p className="text-muted">
          {mayCheck
            ? 'Opens the credential, connects and logs in as a session would, and leaves at once.'
            : 'Checking takes the role operator or admin.'}
        </p>
      )}
      {check.data !== undefined && (
        <>
          <p role="status" className="sr-only">
            {check.data.ok ? 'The target works.' : 'The target does not work.'}
          </p>
          <ol aria-label="Steps of the check" className="divide-y divide-line border-y border-line">
            {check.data.steps.map((step) => (
              <StepItem key={step.step} step={step} />
            ))}
          </ol>
        </>
      )}
    </Section>
  );
}

function StepItem({ step: { step, status, detail, hint } }: { readonly step: Step }) {
  return (
    <li className="grid grid-cols-[1.25rem_minmax(0,1fr)] gap-x-2 py-2">
      <Sign status={status} />
      <div className="grid min-w-0 gap-0.5">
        <span className={status === 'skipped' ? 'text-muted' : undefined}>{NAMES[step]}</span>
        <span className="text-sm text-muted">
          <Visible text={detail} />
        </span>
        {hint !== undefined && (
          <span className="text-sm text-hold">
            <Visible text={hint} />
          </span>
        )}
      </div>
    </li>
  );
}

function Sign({ status }: { readonly status: Step['status'] }) {
  if (status === 'ok') return <Check role="img" aria-label="Well" className="mt-0.5 size-4 text-permit" />;
  if (status === 'failed') return <X role="img" aria-label="Failed" className="mt-0.5 size-4 text-deny" />;
  return <CircleDashed role="img" aria-label="Not tried" className="mt-0.5 size-4 text-muted" />;
}
