import type { RecordedEvent } from '../../api/types.ts';
import { paths } from '../../paths.ts';
import { Badge } from '../../ui/Badge.tsx';
import { Visible } from '../../ui/Code.tsx';
import { duration } from '../../ui/moments.ts';
import { AppLink } from '../../ui/routing.tsx';
import { approvalWords } from './entry-words.ts';
import type { ToldVote } from './told.ts';

interface ApprovalPartProps {
  readonly held: NonNullable<RecordedEvent['held']>;
  readonly votes: readonly ToldVote[];
}

/** That a person was asked, who answered what, and how long the client waited for it. */
export function ApprovalPart({ held, votes }: ApprovalPartProps) {
  return (
    <div className="grid gap-1.5 rounded-md border-l-2 border-hold bg-hold-soft px-3 py-2">
      <p>
        <span className="font-medium text-hold">{approvalWords(held.state)}</span>
        <span className="text-muted"> after {duration(held.waitedMs)}; the connection was held meanwhile. </span>
        <AppLink href={paths.approval(held.id)} className="text-text underline">
          See the approval
        </AppLink>
      </p>
      {votes.map((vote) => (
        <Vote key={vote.person} vote={vote} />
      ))}
    </div>
  );
}

function Vote({ vote: { person, login, name, answer, reason, channel } }: { readonly vote: ToldVote }) {
  return (
    <p className="flex flex-wrap items-center gap-x-2 gap-y-1 text-sm">
      <Badge tone={answer === 'approve' ? 'permit' : 'deny'}>{answer === 'approve' ? 'Approved' : 'Denied'}</Badge>
      <span className="font-medium">
        <Visible text={name ?? login ?? person} />
      </span>
      {login === undefined && <span className="text-muted">(withheld)</span>}
      <span className="text-muted">by {channel}</span>
      {reason !== undefined && (
        <span>
          “<Visible text={reason} />”
        </span>
      )}
    </p>
  );
}
