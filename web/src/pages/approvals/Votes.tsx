import type { Approval, VoteView } from '../../api/types.ts';
import { Badge } from '../../ui/Badge.tsx';
import { Visible } from '../../ui/Code.tsx';
import { Section } from '../../ui/Page.tsx';
import { Time } from '../../ui/Time.tsx';

/** Who must agree, and who answered. */
export function Votes({ approval }: { readonly approval: Approval }) {
  return (
    <Section title="Who decides">
      <ul className="grid gap-1.5">
        {approval.requirements.map(({ group, quorum, approvals }) => (
          <li key={group} className="flex items-center justify-between gap-3">
            <span>
              {quorum === 1 ? 'One of ' : `${quorum} of `}
              <span className="font-medium">
                <Visible text={group} />
              </span>
            </span>
            <span className="text-muted">
              {Math.min(approvals, quorum)} of {quorum}
            </span>
          </li>
        ))}
      </ul>
      {approval.votes.length > 0 && (
        <ul className="divide-y divide-line border-t border-line">
          {approval.votes.map((vote) => (
            <Vote key={`${vote.login} ${vote.at}`} vote={vote} />
          ))}
        </ul>
      )}
    </Section>
  );
}

function Vote({ vote }: { readonly vote: VoteView }) {
  return (
    <li className="grid gap-0.5 py-2">
      <span className="flex flex-wrap items-center gap-2">
        <span className="font-medium">
          <Visible text={vote.name ?? vote.login} />
        </span>
        <Badge tone={vote.answer === 'approve' ? 'permit' : 'deny'}>
          {vote.answer === 'approve' ? 'approved' : 'denied'}
        </Badge>
        <span className="text-sm text-muted">
          <Time at={vote.at} /> by {vote.channel}
        </span>
      </span>
      {vote.reason !== undefined && (
        <span className="text-muted">
          <Visible text={vote.reason} />
        </span>
      )}
    </li>
  );
}
