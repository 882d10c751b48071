import type { ReactNode } from 'react';
import type { Run } from '../../api/types.ts';
import { paths } from '../../paths.ts';
import { AppLink } from '../../ui/routing.tsx';
import { Elapsed, Time } from '../../ui/Time.tsx';

/** The run in figures. */
export function RunTotals({ run }: { readonly run: Run }) {
  const { openedAt, closedAt, sessions, permitted, denied, masked, approvals } = run;
  return (
    <dl className="flex flex-wrap gap-x-8 gap-y-3 border-y border-line py-3">
      <Figure name="Opened">
        <Time at={openedAt} />
      </Figure>
      <Figure name={closedAt === undefined ? 'For' : 'Lasted'}>
        <Elapsed from={openedAt} to={closedAt} />
      </Figure>
      <Figure name="Sessions">{sessions.toLocaleString('en')}</Figure>
      <Figure name="Permitted">{permitted.toLocaleString('en')}</Figure>
      <Figure name="Refused">
        <span className={denied > 0 ? 'text-deny' : undefined}>{denied.toLocaleString('en')}</span>
      </Figure>
      <Figure name="Masked values">
        <span className={masked > 0 ? 'text-mask' : undefined}>{masked.toLocaleString('en')}</span>
      </Figure>
      <Figure name="Approvals">
        {approvals > 0 ? (
          <AppLink href={paths.approvalsOf(run.id)} className="text-hold underline">
            {approvals.toLocaleString('en')}
          </AppLink>
        ) : (
          '0'
        )}
      </Figure>
    </dl>
  );
}

function Figure({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div className="flex flex-col-reverse">
      <dt className="text-sm text-muted">{name}</dt>
      <dd className="text-lg font-semibold">{children}</dd>
    </div>
  );
}
