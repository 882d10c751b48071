import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { SessionView } from '../../api/types.ts';
import { paths } from '../../paths.ts';
import { Badge, Dot } from '../../ui/Badge.tsx';
import { Button } from '../../ui/Button.tsx';
import { Visible } from '../../ui/Code.tsx';
import { type Column, DataTable } from '../../ui/DataTable.tsx';
import { EmptyState } from '../../ui/EmptyState.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { SkeletonRows } from '../../ui/Skeleton.tsx';
import { Elapsed, Time } from '../../ui/Time.tsx';
import { Amount } from './Amount.tsx';
import { outcomeWords } from './entry-words.ts';
import type { SearchFilter } from './search-filter.ts';
import { type Found, foundSessionsQuery, newestSessionsQuery } from './search-queries.ts';
import { useMore } from './use-more.ts';

const COLUMNS: readonly Column<SessionView>[] = [
  {
    id: 'target',
    header: 'Target',
    className: 'w-44',
    fold: 'title',
    cell: ({ target }) => (
      <span className="font-medium">
        <Visible text={target} />
      </span>
    ),
  },
  { id: 'who', header: 'Who', cell: ({ principal }) => <Visible text={principal} /> },
  { id: 'opened', header: 'Opened', className: 'w-28', cell: ({ openedAt }) => <Time at={openedAt} /> },
  {
    id: 'lasted',
    header: 'Lasted',
    className: 'w-28',
    fold: 'hidden',
    cell: ({ openedAt, closedAt, live }) =>
      live || closedAt !== undefined ? <Elapsed from={openedAt} to={closedAt} /> : '',
  },
  {
    id: 'permitted',
    header: 'Permitted',
    align: 'end',
    className: 'w-24',
    fold: 'hidden',
    sortBy: ({ permitted }) => permitted,
    cell: ({ permitted }) => <Amount value={permitted} />,
  },
  {
    id: 'denied',
    header: 'Refused',
    align: 'end',
    className: 'w-24',
    fold: 'hidden',
    sortBy: ({ denied }) => denied,
    cell: ({ denied }) => <Amount value={denied} className="text-deny" />,
  },
  {
    id: 'masked',
    header: 'Masked',
    align: 'end',
    className: 'w-24',
    fold: 'hidden',
    sortBy: ({ masked }) => masked,
    cell: ({ masked }) => <Amount value={masked} className="text-mask" />,
  },
  { id: 'state', header: 'State', className: 'w-36', fold: 'end', cell: (session) => <State session={session} /> },
];

/** The sessions that a search finds, newest first; new ones appear by themselves while one is at the top. */
export function SessionResults({ filter }: { readonly filter: SearchFilter }) {
  const query = useInfiniteQuery(foundSessionsQuery(filter));
  const newer = useNewer(filter, query.data, () => void query.refetch());
  const onMore = useMore(query);
  return (
    <>
      {newer && (
        <Button size="sm" className="justify-self-start" onClick={() => void query.refetch()}>
          There are newer sessions: show them
        </Button>
      )}
      <Loaded query={query} skeleton={<SkeletonRows />}>
        {({ items }) => (
          <DataTable
            caption="Sessions"
            rows={items}
            columns={COLUMNS}
            rowKey={({ id }) => id}
            rowHref={({ id }) => paths.session(id)}
            onMore={onMore}
            empty={<NoSessions filtered={Object.keys(filter).length > 0} />}
          />
        )}
      </Loaded>
    </>
  );
}

function State({ session: { live, outcome } }: { readonly session: SessionView }) {
  if (live) {
    return (
      <span className="inline-flex items-center gap-1.5 text-permit">
        <Dot tone="permit" pulse />
        Live
      </span>
    );
  }
  if (outcome === undefined) return <Badge>Open</Badge>;
  return <span className="text-muted">{outcomeWords(outcome)}</span>;
}

function NoSessions({ filtered }: { readonly filtered: boolean }) {
  if (filtered)
    return <EmptyState title="No session fits">Take something out of the search, or widen the time.</EmptyState>;
  return (
    <EmptyState title="No sessions yet" command="chaperone run -- psql -c 'select 1'">
      Every connection that an agent opens through the gateway is a session, recorded from its first byte to its last.
    </EmptyState>
  );
}

/** True where newer sessions exist than a long list shows; a list of one page is simply kept up to date. */
function useNewer(filter: SearchFilter, shown: Found<SessionView> | undefined, refresh: () => void): boolean {
  const newest = useQuery(newestSessionsQuery(filter)).data?.sessions;
  const stale = newest !== undefined && shown !== undefined && changed(newest, shown.items);
  const short = shown?.pages === 1;
  useEffect(() => {
    if (stale && short) refresh();
  }, [newest]);
  return stale && !short && newest[0]?.id !== shown?.items[0]?.id;
}

function changed(newest: readonly SessionView[], rows: readonly SessionView[]): boolean {
  return newest.some((session, index) => {
    const shown = rows[index];
    return (
      shown?.id !== session.id ||
      shown.live !== session.live ||
      shown.permitted !== session.permitted ||
      shown.denied !== session.denied
    );
  });
}
