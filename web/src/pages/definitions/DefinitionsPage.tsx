import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { overviewQuery } from '../../api/queries.ts';
import type { DefinitionSummary } from '../../api/types.ts';
import { paths } from '../../paths.ts';
import { Badge } from '../../ui/Badge.tsx';
import { Mono, Visible } from '../../ui/Code.tsx';
import { type Column, DataTable } from '../../ui/DataTable.tsx';
import { EmptyState } from '../../ui/EmptyState.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { Page } from '../../ui/Page.tsx';
import { AppLink, useSearchState } from '../../ui/routing.tsx';
import { SkeletonRows } from '../../ui/Skeleton.tsx';
import { Time } from '../../ui/Time.tsx';
import { ViewLinks } from '../../ui/ViewLinks.tsx';
import { KIND_WORDS, nameOf } from './definition-words.ts';
import { type DefinitionView, definitionsQuery } from './queries.ts';
import { StandingBadge } from './StandingBadge.tsx';

const COLUMNS: readonly Column<DefinitionSummary>[] = [
  {
    id: 'name',
    header: 'Name',
    cell: (one) => <Mono text={nameOf(one)} />,
    sortBy: nameOf,
    fold: 'title',
  },
  {
    id: 'kind',
    header: 'Kind',
    className: 'w-24',
    cell: ({ kind }) => <span className="text-muted">{KIND_WORDS[kind]}</span>,
    sortBy: ({ kind }) => kind,
    fold: 'detail',
  },
  {
    id: 'target',
    header: 'Target',
    className: 'w-40',
    cell: ({ target }) => <Visible text={target} />,
    sortBy: ({ target }) => target,
    fold: 'detail',
  },
  { id: 'standing', header: 'Stands', className: 'w-40', cell: (one) => <Stands one={one} />, fold: 'end' },
  {
    id: 'findings',
    header: 'Findings',
    className: 'w-24',
    align: 'end',
    cell: ({ current }) => <Findings count={current.findings.length} />,
    sortBy: ({ current }) => current.findings.length,
    fold: 'detail',
  },
  {
    id: 'since',
    header: 'Since',
    className: 'w-28',
    align: 'end',
    cell: ({ current }) => <Time at={current.firstMetAt} />,
    sortBy: ({ current }) => current.firstMetAt,
    fold: 'hidden',
  },
];

/** What MCP targets say of their tools: what waits for a person, and all of it. */
export function DefinitionsPage() {
  const [search] = useSearchState();
  const view: DefinitionView = search['view'] === 'all' ? 'all' : 'waiting';
  const target = search['target'];
  const definitions = useInfiniteQuery(definitionsQuery(view, target));
  const waiting = useQuery(overviewQuery).data?.definitionsWaiting;
  return (
    <Page
      title="Definitions"
      description="What MCP servers say of their tools, prompts and resources. An agent sees and uses what a person has accepted; what is new or has changed waits here."
    >
      <div className="grid gap-4">
        <ViewLinks
          label="Which definitions"
          path={paths.definitions()}
          views={[
            { value: 'waiting', label: 'Waiting', count: waiting },
            { value: 'all', label: 'All' },
          ]}
        />
        {target !== undefined && <OfTarget target={target} view={view} />}
        <Loaded query={definitions} skeleton={<SkeletonRows rows={5} />}>
          {(rows) => (
            <DataTable
              caption={view === 'waiting' ? 'Definitions that wait' : 'All definitions'}
              rows={rows}
              columns={COLUMNS}
              rowKey={({ id }) => id}
              rowHref={({ id }) => paths.definition(id)}
              rowLabel={nameOf}
              onMore={definitions.hasNextPage ? () => void definitions.fetchNextPage() : undefined}
              empty={<Empty view={view} />}
            />
          )}
        </Loaded>
      </div>
    </Page>
  );
}

function OfTarget({ target, view }: { readonly target: string; readonly view: DefinitionView }) {
  const all = view === 'all' ? `${paths.definitions()}?view=all` : paths.definitions();
  return (
    <p className="text-sm">
      Of <Visible text={target} /> alone.{' '}
      <AppLink href={all} className="underline">
        All targets
      </AppLink>
    </p>
  );
}

function Stands({ one: { standing, listed } }: { readonly one: DefinitionSummary }) {
  return (
    <span className="inline-flex gap-1">
      <StandingBadge standing={standing} />
      {!listed && <Badge>gone</Badge>}
    </span>
  );
}

function Findings({ count }: { readonly count: number }) {
  if (count === 0) return null;
  return <Badge tone="deny">{count === 1 ? '1 finding' : `${count} findings`}</Badge>;
}

function Empty({ view }: { readonly view: DefinitionView }) {
  if (view === 'waiting') {
    return (
      <EmptyState title="Nothing waits">
        A tool that is new, or that its server describes otherwise than before, appears here by itself. Until somebody
        accepts it, agents neither see it nor can call it.
      </EmptyState>
    );
  }
  return (
    <EmptyState title="No MCP target has been asked yet">
      What a server says of its tools is kept when the first session lists them.
    </EmptyState>
  );
}
