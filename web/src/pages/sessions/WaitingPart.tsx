import { useQuery } from '@tanstack/react-query';
import { get } from '../../api/client.ts';
import type { ApprovalSummary, Page } from '../../api/types.ts';
import { paths } from '../../paths.ts';
import { buttonClass } from '../../ui/Button.tsx';
import { Visible } from '../../ui/Code.tsx';
import { AppLink } from '../../ui/routing.tsx';
import { Time } from '../../ui/Time.tsx';

/** A person is being asked: who can answer, until when, and where. */
export function WaitingPart({ session }: { readonly session: string }) {
  const query = useQuery({
    queryKey: ['approval', 'of-session', session],
    queryFn: ({ signal }) => get<Page<ApprovalSummary>>('/v1/approvals', { session, state: 'pending' }, signal),
    retry: false,
  });
  const approval = query.data?.items[0];
  return (
    <div className="grid justify-items-start gap-2 rounded-md border-l-2 border-hold bg-hold-soft px-3 py-2">
      <p>
        <span className="font-medium text-hold">It waits for a person.</span>{' '}
        {approval && (
          <>
            Asked: <Visible text={approval.requirements.map(asked).join(', ')} />. Refused{' '}
            <Time at={approval.expiresAt} /> if nobody answers.
          </>
        )}
      </p>
      {approval && (
        <AppLink href={paths.approval(approval.id)} className={buttonClass(approval.mine ? 'primary' : 'plain', 'sm')}>
          {approval.mine ? 'See it and answer' : 'See the approval'}
        </AppLink>
      )}
    </div>
  );
}

function asked({ group, quorum, approvals }: ApprovalSummary['requirements'][number]): string {
  const missing = Math.max(quorum - approvals, 0);
  return `${missing === 1 ? 'one person' : `${missing} people`} of ${group}`;
}
