import { UserCheck } from 'lucide-react';
import type { ReactNode } from 'react';
import { paths } from '../../paths.ts';
import { Visible } from '../../ui/Code.tsx';
import { type Column, DataTable } from '../../ui/DataTable.tsx';
import { duration, exact } from '../../ui/moments.ts';
import { ApprovalBadge } from '../../ui/StateBadge.tsx';
import { EntryMarks } from '../sessions/EntryMarks.tsx';
import { outcomeWords, rowsText } from '../sessions/entry-words.ts';
import { MARKS } from '../sessions/recording.ts';
import { offsetText } from '../sessions/replay-clock.ts';
import { StatementText, statementHref } from '../sessions/StatementResults.tsx';
import { statementWord } from '../sessions/statement-words.ts';
import type { StoryRow } from './story.ts';

interface StoryListProps {
  readonly rows: readonly StoryRow[];
  readonly openedAt: string;
  /** How long the whole run took. */
  readonly wholeMs: number;
}

/** Every row of a story; each leads to where it can be seen in full. */
export function StoryList({ rows, openedAt, wholeMs }: StoryListProps) {
  return (
    <DataTable
      caption="What the run did, in order"
      rows={rows}
      columns={columns(openedAt, wholeMs)}
      rowKey={rowKey}
      rowHref={rowHref}
      empty={<p className="py-6 text-muted">Nothing happened in this stretch.</p>}
    />
  );
}

function columns(openedAt: string, wholeMs: number): readonly Column<StoryRow>[] {
  return [
    { id: 'what', header: 'What', fold: 'title', cell: (row) => <What row={row} /> },
    { id: 'came', header: 'What came of it', className: 'w-72', cell: (row) => <CameOfIt row={row} /> },
    { id: 'target', header: 'Target', className: 'w-28', cell: (row) => <Visible text={targetOf(row)} /> },
    {
      id: 'at',
      header: 'At',
      align: 'end',
      className: 'w-20',
      cell: ({ ms }) => <At ms={ms} openedAt={openedAt} wholeMs={wholeMs} />,
    },
  ];
}

function rowKey(row: StoryRow): string {
  switch (row.kind) {
    case 'statement':
      return `${row.statement.session} ${row.statement.exchange}`;
    case 'approval':
      return row.approval.id;
    case 'session':
    case 'end':
      return `${row.kind} ${row.session.id}`;
    default:
      return row satisfies never;
  }
}

function rowHref(row: StoryRow): string {
  switch (row.kind) {
    case 'statement':
      return statementHref(row.statement);
    case 'approval':
      return paths.approval(row.approval.id);
    case 'session':
    case 'end':
      return paths.session(row.session.id);
    default:
      return row satisfies never;
  }
}

function targetOf(row: StoryRow): string {
  switch (row.kind) {
    case 'statement':
      return row.statement.target;
    case 'approval':
      return row.approval.target;
    case 'session':
    case 'end':
      return row.session.target;
    default:
      return row satisfies never;
  }
}

function What({ row }: { readonly row: StoryRow }): ReactNode {
  switch (row.kind) {
    case 'statement':
      return <StatementText statement={row.statement} />;
    case 'approval':
      return (
        <span className="inline-flex items-center gap-1.5">
          <UserCheck className="size-3.5 shrink-0 text-hold" aria-hidden="true" />A person was asked:{' '}
          {row.approval.kinds.join(', ')} <Visible text={row.approval.tables.join(', ')} />
        </span>
      );
    case 'session':
      return <span className="text-muted">Session opened</span>;
    case 'end':
      return (
        <span className="text-muted">
          Session ended: {outcomeWords(row.session.outcome ?? 'unknown').toLowerCase()}
        </span>
      );
    default:
      return row satisfies never;
  }
}

const GRAVE = MARKS.refusal | MARKS.error;

function CameOfIt({ row }: { readonly row: StoryRow }): ReactNode {
  if (row.kind === 'approval') {
    const waited = waitedMs(row.approval);
    return (
      <span className="inline-flex items-center gap-2">
        <ApprovalBadge state={row.approval.state} />
        {waited !== undefined && <span className="text-muted">after {duration(waited)}</span>}
      </span>
    );
  }
  if (row.kind !== 'statement') return null;
  const { statement, approval } = row;
  const { rows, masked = 0, decision, rules, status } = statement;
  const waited = approval && waitedMs(approval);
  const remarks = [
    decision === 'deny' && rules.length > 0 && `by ${rules.join(', ')}`,
    status === 'ok' && rows !== undefined && rows > 0 && rowsText(rows),
    masked > 0 && `${masked.toLocaleString('en')} masked`,
    waited !== undefined && `answered after ${duration(waited)}`,
  ].filter((remark) => remark !== false);
  return (
    <span className="inline-flex max-w-full items-center gap-2">
      <EntryMarks marks={row.marks} />
      <span className={(row.marks & GRAVE) === 0 ? 'text-muted' : 'text-deny'}>{statementWord(statement)}</span>
      <span className="min-w-0 truncate text-muted">{remarks.join(', ')}</span>
    </span>
  );
}

function waitedMs({
  requestedAt,
  decidedAt,
}: {
  readonly requestedAt: string;
  readonly decidedAt?: string;
}): number | undefined {
  return decidedAt === undefined ? undefined : Date.parse(decidedAt) - Date.parse(requestedAt);
}

function At({ ms, openedAt, wholeMs }: { readonly ms: number; readonly openedAt: string; readonly wholeMs: number }) {
  const at = new Date(Date.parse(openedAt) + ms).toISOString();
  return (
    <time dateTime={at} title={exact(at)} className="text-muted">
      {offsetText(Math.max(0, ms), wholeMs)}
    </time>
  );
}
