import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { RunSummary } from '../../api/types.ts';
import { paths } from '../../paths.ts';
import { Badge, Dot } from '../../ui/Badge.tsx';
import { Button } from '../../ui/Button.tsx';
import { Mono, Visible } from '../../ui/Code.tsx';
import { type Column, DataTable } from '../../ui/DataTable.tsx';
import { EmptyState } from '../../ui/EmptyState.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { Page } from '../../ui/Page.tsx';
import { useSearchState } from '../../ui/routing.tsx';
import { SkeletonRows } from '../../ui/Skeleton.tsx';
import { Time } from '../../ui/Time.tsx';
import { Amount } from '../sessions/Amount.tsx';
import { SearchBox } from '../sessions/SearchBox.tsx';
import { readFilter, type SearchFilter } from '../sessions/search-filter.ts';
import type { Found } from '../sessions/search-queries.ts';
import { useMore } from '../sessions/use-more.ts';
import { foundRunsQuery, newestRunsQuery } from './run-queries.ts';
import { commitText, refText, terminationWords, workflowText } from './run-words.ts';

const COLUMNS: readonly Column<RunSummary>[] = [
  { id: 'run', header: 'Run', fold: 'title', cell: (run) => <RunName run={run} /> },
  {
    id: 'ref',
    header: 'Ref and commit',
    className: 'w-36',
    cell: ({ ref = '', commit = '' }) => (
      <>
        <Visible text={refText(ref)} /> <Mono text={commitText(commit)} className="text-muted" />
      </>
    ),
  },
  {
    id: 'agent',
    header: 'Agent',
    className: 'w-32',
    cell: ({ agent }) => (agent === undefined ? <span className="text-faint">unknown</span> : <Visible text={agent} />),
  },
  { id: 'opened', header: 'Opened', className: 'w-24', cell: ({ openedAt }) => <Time at={openedAt} /> },
  ...figures(),
  { id: 'state', header: 'State', className: 'w-28', fold: 'end', cell: (run) => <State run={run} /> },
];

function figures(): Column<RunSummary>[] {
  const shared = { align: 'end', fold: 'hidden' } as const;
  return [
    {
      ...shared,
      id: 'sessions',
      header: 'Sessions',
      className: 'w-20',
      sortBy: (run) => run.sessions,
      cell: (run) => <Amount value={run.sessions} />,
    },
    {
      ...shared,
      id: 'permitted',
      header: 'Permitted',
      className: 'w-20',
      sortBy: (run) => run.permitted,
      cell: (run) => <Amount value={run.permitted} />,
    },
    {
      ...shared,
      id: 'denied',
      header: 'Refused',
      className: 'w-20',
      sortBy: (run) => run.denied,
      cell: (run) => <Amount value={run.denied} className="text-deny" />,
    },
    {
      ...shared,
      id: 'masked',
      header: 'Masked',
      className: 'w-20',
      sortBy: (run) => run.masked,
      cell: (run) => <Amount value={run.masked} className="text-mask" />,
    },
    {
      ...shared,
      id: 'approvals',
      header: 'Approvals',
      className: 'w-20',
      sortBy: (run) => run.approvals,
      cell: (run) => <Amount value={run.approvals} className="text-hold" />,
    },
  ];
}

/** Every CI job that reached a target, newest first. */
export function RunsPage() {
  const [search] = useSearchState();
  const { who, repository, since, until } = readFilter(search);
  const filter: SearchFilter = {
    ...(who !== undefined && { who }),
    ...(repository !== undefined && { repository }),
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
  };
  const query = useInfiniteQuery(foundRunsQuery(filter));
  const newer = useNewerRuns(filter, query.data, () => void query.refetch());
  const onMore = useMore(query);
  return (
    <Page title="Runs">
      <SearchBox
        filter={filter}
        names={['who', 'repository', 'since', 'until']}
        examples={['repo:acme/shop', 'who:main', 'since:7d']}
      />
      <div className="grid gap-3">
        {newer && (
          <Button size="sm" className="justify-self-start" onClick={() => void query.refetch()}>
            There are newer runs: show them
          </Button>
        )}
        <Loaded query={query} skeleton={<SkeletonRows />}>
          {({ items }) => (
            <DataTable
              caption="Runs"
              rows={items}
              columns={COLUMNS}
              rowKey={({ id }) => id}
              rowHref={({ id }) => paths.run(id)}
              onMore={onMore}
              empty={<NoRuns filtered={Object.keys(filter).length > 0} />}
            />
          )}
        </Loaded>
      </div>
    </Page>
  );
}

function RunName({ run: { display, ref, workflow, demo, kind } }: { readonly run: RunSummary }) {
  const name = workflow === undefined ? '' : workflowText(workflow);
  return (
    <>
      <span className="font-medium">
        <Visible text={withoutRef(display, ref)} />
      </span>
      {name !== '' && !display.includes(name) && (
        <span className="text-muted">
          {' '}
          <Visible text={name} />
        </span>
      )}{' '}
      {kind === 'human' && <Badge>person</Badge>}{' '}
      {demo && <Badge title="The demo’s own issuer vouches for nothing">demo</Badge>}
    </>
  );
}

/** The ref has a column of its own. */
function withoutRef(display: string, ref: string | undefined): string {
  return ref !== undefined && display.endsWith(`@${ref}`) ? display.slice(0, -ref.length - 1) : display;
}

function State({ run: { closedAt, termination } }: { readonly run: RunSummary }) {
  if (closedAt === undefined) {
    return (
      <span className="inline-flex items-center gap-1.5 text-permit">
        <Dot tone="permit" pulse />
        Open
      </span>
    );
  }
  return <span className="text-muted">{terminationWords(termination ?? 'closed')}</span>;
}

function NoRuns({ filtered }: { readonly filtered: boolean }) {
  if (filtered)
    return <EmptyState title="No run fits">Take something out of the search, or widen the time.</EmptyState>;
  return (
    <EmptyState title="No runs yet" command="chaperone run -- your-agent">
      A run is one CI job: everything that its agent asked of any target stands under it. It appears here the moment the
      job opens it.
    </EmptyState>
  );
}

/** As with sessions: a list of one page is kept up to date, a longer one says that there is more. */
function useNewerRuns(filter: SearchFilter, shown: Found<RunSummary> | undefined, refresh: () => void): boolean {
  const newest = useQuery(newestRunsQuery(filter)).data?.items;
  const stale =
    newest !== undefined && shown !== undefined && newest.some((run, index) => !isSame(run, shown.items[index]));
  const short = shown?.pages === 1;
  useEffect(() => {
    if (stale && short) refresh();
  }, [newest]);
  return stale && !short && newest[0]?.id !== shown?.items[0]?.id;
}

function isSame(run: RunSummary, shown: RunSummary | undefined): boolean {
  return (
    shown?.id === run.id &&
    shown.closedAt === run.closedAt &&
    shown.permitted === run.permitted &&
    shown.denied === run.denied &&
    shown.approvals === run.approvals
  );
}
