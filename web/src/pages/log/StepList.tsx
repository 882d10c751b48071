import { Check, CircleDashed, CircleHelp, X } from 'lucide-react';
import { Visible } from '../../ui/Code.tsx';
import { classes } from '../../ui/class-names.ts';
import type { Finding, Step, Verdict } from '../../verify/report.ts';

const SHOWN_FINDINGS = 12;

/** The steps of a verification, in the order in which they were taken. */
export function StepList({ steps }: { readonly steps: readonly Step[] }) {
  return (
    <ol aria-label="Steps of the verification" className="divide-y divide-line border-y border-line">
      {steps.map((step) => (
        <StepItem key={step.id} step={step} />
      ))}
    </ol>
  );
}

function StepItem({ step }: { readonly step: Step }) {
  const { title, verdict, detail, findings } = step;
  return (
    <li className="grid grid-cols-[1.25rem_minmax(0,1fr)] gap-x-2 py-2">
      <Mark verdict={verdict} />
      <div className="grid min-w-0 gap-0.5">
        <div className="flex flex-wrap items-baseline justify-between gap-x-4">
          <span>{title}</span>
          {detail !== undefined && (
            <span className="min-w-0 text-sm text-muted">
              <Visible text={detail} />
            </span>
          )}
        </div>
        {findings.length > 0 && (
          <ul className="grid gap-1 pt-1">
            {findings.slice(0, SHOWN_FINDINGS).map((finding, index) => (
              // Findings have no identity but their place
              <FindingItem key={index} finding={finding} />
            ))}
            {findings.length > SHOWN_FINDINGS && (
              <li className="text-sm text-muted">and {findings.length - SHOWN_FINDINGS} more</li>
            )}
          </ul>
        )}
      </div>
    </li>
  );
}

function FindingItem({ finding }: { readonly finding: Finding }) {
  const { severity, message, line, from, to } = finding;
  return (
    <li className={classes('rounded-sm px-2 py-1', severity === 'fail' ? 'bg-deny-soft' : 'bg-hold-soft')}>
      {line !== undefined && (
        <span className={classes('font-mono text-sm', severity === 'fail' ? 'text-deny' : 'text-hold')}>
          line {line}
          {from !== undefined && to !== undefined && `, bytes ${from}–${to}`}
          {': '}
        </span>
      )}
      <Visible text={message} />
    </li>
  );
}

const WORDS: Readonly<Record<Verdict, string>> = { PASS: 'Passed', FAIL: 'Failed', INCOMPLETE: 'Incomplete' };

/** A verdict's sign, with its word for readers. */
export function Mark({ verdict }: { readonly verdict: Verdict | undefined }) {
  const size = 'mt-0.5 size-4';
  if (verdict === undefined)
    return (
      <CircleDashed role="img" aria-label="Running" className={classes(size, 'text-muted motion-safe:animate-pulse')} />
    );
  if (verdict === 'PASS') return <Check role="img" aria-label={WORDS.PASS} className={classes(size, 'text-permit')} />;
  if (verdict === 'FAIL') return <X role="img" aria-label={WORDS.FAIL} className={classes(size, 'text-deny')} />;
  return <CircleHelp role="img" aria-label={WORDS.INCOMPLETE} className={classes(size, 'text-hold')} />;
}
