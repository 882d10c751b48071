import { useInfiniteQuery } from '@tanstack/react-query';
import type { StatementView } from '../../api/types.ts';
import { Asked } from '../../parts/http/Asked.tsx';
import { paths } from '../../paths.ts';
import { Visible } from '../../ui/Code.tsx';
import { type Column, DataTable } from '../../ui/DataTable.tsx';
import { EmptyState } from '../../ui/EmptyState.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { SkeletonRows } from '../../ui/Skeleton.tsx';
import { Time } from '../../ui/Time.tsx';
import { Amount } from './Amount.tsx';
import { StatementOutcome } from './StatementOutcome.tsx';
import type { SearchFilter } from './search-filter.ts';
import { foundStatementsQuery } from './search-queries.ts';
import { useMore } from './use-more.ts';

const COLUMNS: readonly Column<StatementView>[] = [
  { id: 'text', header: 'Statement', fold: 'title', cell: (statement) => <StatementText statement={statement} /> },
  { id: 'target', header: 'Target', className: 'w-32', cell: ({ target }) => <Visible text={target} /> },
  {
    id: 'who',
    header: 'Who',
    className: 'w-60',
    fold: 'hidden',
    cell: ({ principal }) => <Visible text={principal} />,
  },
  {
    id: 'outcome',
    header: 'Outcome',
    className: 'w-40',
    fold: 'end',
    cell: (statement) => <StatementOutcome statement={statement} />,
  },
  {
    id: 'rows',
    header: 'Rows',
    className: 'w-20',
    align: 'end',
    fold: 'hidden',
    cell: ({ rows }) => (rows === undefined ? '' : <Amount value={rows} />),
  },
  {
    id: 'masked',
    header: 'Masked',
    className: 'w-20',
    align: 'end',
    fold: 'hidden',
    cell: ({ masked = 0 }) => <Amount value={masked} className="text-mask" />,
  },
  { id: 'at', header: 'When', className: 'w-24', cell: ({ at }) => <Time at={at} /> },
];

/** Every statement that a search finds, whatever became of it. */
export function StatementResults({ filter }: { readonly filter: SearchFilter }) {
  const query = useInfiniteQuery(foundStatementsQuery(filter));
  const onMore = useMore(query);
  return (
    <Loaded query={query} skeleton={<SkeletonRows />}>
      {({ items }) => (
        <DataTable
          caption="Statements"
          rows={items}
          columns={COLUMNS}
          rowKey={statementKey}
          rowHref={statementHref}
          onMore={onMore}
          empty={<NoStatements />}
        />
      )}
    </Loaded>
  );
}

export function statementKey({ session, exchange }: StatementView): string {
  return `${session} ${exchange}`;
}

export function statementHref({ session, exchange }: StatementView): string {
  return `${paths.session(session)}?x=${exchange}`;
}

/** Its text, or for whom may not read that, what kind of statement it was and on what. */
export function StatementText({ statement: { text, line, kinds, tables } }: { readonly statement: StatementView }) {
  if (text === '') {
    return (
      <span className="text-muted">
        {[...new Set(kinds)].join(', ')} {tables.length > 0 && <Visible text={tables.join(', ')} />}
      </span>
    );
  }
  return (
    <span className="font-mono text-xs">
      <Asked text={text.slice(0, MOST_CHARACTERS)} line={line} />
    </span>
  );
}

/** More than a row has room for. */
const MOST_CHARACTERS = 2_000;

function NoStatements() {
  return (
    <EmptyState title="No statement fits">
      Searched were the statements of every session that this gateway recorded, refused ones too. Take something out of
      the search, or widen the time.
    </EmptyState>
  );
}
