import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { type ApprovalFilter, type ApprovalView, approvalsQuery, overviewQuery } from '../../api/queries.ts';
import { ApprovalList } from '../../parts/ApprovalList.tsx';
import { useCan } from '../../parts/me.ts';
import { paths } from '../../paths.ts';
import { EmptyState } from '../../ui/EmptyState.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { Page } from '../../ui/Page.tsx';
import { useSearchState } from '../../ui/routing.tsx';
import { SkeletonRows } from '../../ui/Skeleton.tsx';
import { ViewLinks } from '../../ui/ViewLinks.tsx';
import { filterOf, HistoryFilter } from './HistoryFilter.tsx';

const CAPTIONS: Readonly<Record<ApprovalView, string>> = {
  mine: 'Approvals that wait for you',
  pending: 'All approvals that wait',
  all: 'All approvals, the newest first',
};

/** The inbox. It changes by itself. */
export function ApprovalsPage() {
  const [search] = useSearchState();
  const mayAnswer = useCan('approvals:answer');
  const first: ApprovalView = mayAnswer ? 'mine' : 'pending';
  const view = viewOf(search['view']) ?? first;
  const overview = useQuery(overviewQuery).data;
  const filter = view === 'all' ? filterOf(search) : {};
  const approvals = useInfiniteQuery(approvalsQuery(view, filter));
  const views = [
    ...(mayAnswer ? [{ value: 'mine', label: 'For you', count: overview?.waitingForMe }] : []),
    { value: 'pending', label: 'All that wait', count: overview?.waiting },
    { value: 'all', label: 'History' },
  ];
  return (
    <Page title="Approvals">
      <div className="grid gap-4">
        <ViewLinks label="Which approvals" path={paths.approvals()} views={views} />
        {view === 'all' && <HistoryFilter filter={filter} />}
        <Loaded query={approvals} skeleton={<SkeletonRows rows={4} />}>
          {(rows) => (
            <ApprovalList
              caption={CAPTIONS[view]}
              approvals={rows}
              onMore={approvals.hasNextPage ? () => void approvals.fetchNextPage() : undefined}
              empty={isEmpty(filter) ? <Empty view={view} /> : <NoneFits />}
            />
          )}
        </Loaded>
      </div>
    </Page>
  );
}

function Empty({ view }: { readonly view: ApprovalView }) {
  if (view === 'mine') {
    return (
      <EmptyState title="Nothing waits for you">
        <p>
          When a request needs somebody of your groups, it stops on the wire and appears here by itself. The agent waits
          in its connection; your answer lets it go on, or refuses it.
        </p>
      </EmptyState>
    );
  }
  return (
    <EmptyState
      title={view === 'pending' ? 'Nothing waits' : 'Nobody has been asked yet'}
      command='chaperone policy check policies/ --target shop --statement "alter table orders add note text"'
    >
      <p>
        A rule with <code className="font-mono text-sm">approve</code> in it puts a request before a group. For which
        requests yours do, this says without sending anything:
      </p>
    </EmptyState>
  );
}

function NoneFits() {
  return <EmptyState title="No approval fits">Take the state or the run out of the filter.</EmptyState>;
}

function isEmpty(filter: ApprovalFilter): boolean {
  return Object.keys(filter).length === 0;
}

function viewOf(text: string | undefined): ApprovalView | undefined {
  return text === 'mine' || text === 'pending' || text === 'all' ? text : undefined;
}
