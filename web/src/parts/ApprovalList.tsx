import type { ReactNode } from 'react';
import type { ApprovalSummary } from '../api/types.ts';
import { paths } from '../paths.ts';
import { Visible } from '../ui/Code.tsx';
import { type Column, DataTable } from '../ui/DataTable.tsx';
import { ApprovalBadge } from '../ui/StateBadge.tsx';
import { Time } from '../ui/Time.tsx';
import { Countdown } from './Countdown.tsx';
import { Asked } from './http/Asked.tsx';

const COLUMNS: readonly Column<ApprovalSummary>[] = [
  {
    id: 'text',
    header: 'What is asked',
    fold: 'title',
    cell: (approval) => (
      <span className="font-mono text-sm">
        <Asked text={approval.text} line={approval.line} />
      </span>
    ),
  },
  {
    id: 'target',
    header: 'Target',
    className: 'w-24',
    fold: 'hidden',
    cell: (approval) => <Visible text={approval.target} />,
  },
  {
    id: 'run',
    header: 'Run',
    className: 'w-60',
    cell: (approval) => <Visible text={approval.run.display} />,
  },
  {
    id: 'groups',
    header: 'Needs',
    className: 'w-24',
    fold: 'hidden',
    cell: (approval) => <Needs approval={approval} />,
  },
  {
    id: 'asked',
    header: 'Asked',
    className: 'w-24',
    fold: 'hidden',
    sortBy: (approval) => approval.requestedAt,
    cell: (approval) => <Time at={approval.requestedAt} />,
  },
  {
    id: 'state',
    header: 'State',
    className: 'w-32',
    align: 'end',
    fold: 'end',
    cell: (approval) => <State approval={approval} />,
  },
];

interface ApprovalListProps {
  readonly caption: string;
  readonly approvals: readonly ApprovalSummary[];
  readonly onMore?: (() => void) | undefined;
  readonly empty?: ReactNode;
}

/** Approvals as a list: in the inbox, on a run's page, in the overview. */
export function ApprovalList({ caption, approvals, onMore, empty }: ApprovalListProps) {
  return (
    <DataTable
      caption={caption}
      rows={approvals}
      columns={COLUMNS}
      rowKey={(approval) => approval.id}
      rowHref={(approval) => paths.approval(approval.id)}
      onMore={onMore}
      empty={empty}
    />
  );
}

function State({ approval }: { readonly approval: ApprovalSummary }) {
  if (approval.state !== 'pending') return <ApprovalBadge state={approval.state} />;
  return <Countdown to={approval.expiresAt} />;
}

function Needs({ approval }: { readonly approval: ApprovalSummary }) {
  return approval.requirements.map(({ group, quorum, approvals }, index) => (
    <span key={group}>
      {index > 0 && ', '}
      <Visible text={group} />
      {quorum > 1 && ` ${approvals}/${quorum}`}
    </span>
  ));
}
