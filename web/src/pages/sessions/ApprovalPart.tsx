import type { RecordedEvent, VoteView } from '../../api/types.ts';
import { paths } from '../../paths.ts';
import { Badge } from '../../ui/Badge.tsx';
import { Visible } from '../../ui/Code.tsx';
import { duration } from '../../ui/moments.ts';
import { AppLink } from '../../ui/routing.tsx';
import { approvalWords } from './entry-words.ts';

/** That a person was asked, who answered what, and how long the client waited for it. */
export function ApprovalPart({ approval }: { readonly approval: NonNullable<RecordedEvent['approval']> }) {
  return (
    <div className="grid gap-1.5 rounded-md border-l-2 border-hold bg-hold-soft px-3 py-2">
      <p>
        <span className="font-medium text-hold">{approvalWords(approval.state)}</span>
        <span className="text-muted"> after {duration(approval.waitedMs)}; the connection was held meanwhile. </span>
        <AppLink href={paths.approval(approval.id)} className="text-text underline">
          See the approval
        </AppLink>
      </p>
      {approval.votes.map((vote) => (
        <Vote key={`${vote.login} ${vote.at}`} vote={vote} />
      ))}
    </div>
  );
}

function Vote({ vote: { login, name, answer, reason, channel } }: { readonly vote: VoteView }) {
  return (
    <p className="flex flex-wrap items-center gap-x-2 gap-y-1 text-sm">
      <Badge tone={answer === 'approve' ? 'permit' : 'deny'}>{answer === 'approve' ? 'Approved' : 'Denied'}</Badge>
      <span className="font-medium">
        <Visible text={name ?? login} />
      </span>
      <span className="text-muted">by {channel}</span>
      {reason !== undefined && (
        <span>
          “<Visible text={reason} />”
        </span>
      )}
    </p>
  );
}
