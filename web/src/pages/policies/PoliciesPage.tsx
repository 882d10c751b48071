import { useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import type { ConfigurationObject } from '../../api/types.ts';
import { objectsQuery } from '../../parts/configuration/queries.ts';
import { useCan } from '../../parts/me.ts';
import { paths } from '../../paths.ts';
import { Badge } from '../../ui/Badge.tsx';
import { buttonClass } from '../../ui/Button.tsx';
import { Visible } from '../../ui/Code.tsx';
import { type Column, DataTable } from '../../ui/DataTable.tsx';
import { EmptyState } from '../../ui/EmptyState.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { Page } from '../../ui/Page.tsx';
import { AppLink, useSearchState } from '../../ui/routing.tsx';
import { SkeletonRows } from '../../ui/Skeleton.tsx';
import { Time } from '../../ui/Time.tsx';
import { NewPolicyPage } from './NewPolicyPage.tsx';
import { type PolicySummary, summaryOf } from './summary.ts';

interface Row extends PolicySummary {
  readonly object: ConfigurationObject;
}

const COLUMNS: readonly Column<Row>[] = [
  {
    id: 'name',
    header: 'Policy',
    cell: ({ object }) => <Visible text={object.name} />,
    sortBy: ({ object }) => object.name,
    fold: 'title',
  },
  {
    id: 'effect',
    header: 'Effect',
    className: 'w-28',
    cell: (row) => <Effect row={row} />,
    sortBy: ({ effect }) => effect,
    fold: 'end',
  },
  {
    id: 'operations',
    header: 'Operations',
    className: 'w-1/6',
    cell: ({ operations }) => <List words={operations} none="all" />,
    fold: 'detail',
  },
  {
    id: 'targets',
    header: 'Targets',
    className: 'w-1/6',
    cell: ({ targets }) => <List words={targets} none="" />,
    fold: 'detail',
  },
  {
    id: 'mask',
    header: 'Masks',
    className: 'w-1/6',
    cell: ({ mask }) => <List words={mask} none="–" />,
    fold: 'hidden',
  },
  {
    id: 'at',
    header: 'Changed',
    className: 'w-28',
    align: 'end',
    cell: ({ object }) => <Time at={object.updatedAt} />,
    sortBy: ({ object }) => object.updatedAt,
    fold: 'hidden',
  },
];

/** All policies. Their order never matters, so they stand by name. */
export function PoliciesPage() {
  const [search] = useSearchState();
  if (search['new'] !== undefined) return <NewPolicyPage />;
  return <PolicyList />;
}

function PolicyList() {
  const policies = useQuery(objectsQuery('policy'));
  const mayWrite = useCan('configuration:write');
  return (
    <Page
      title="Policies"
      description="What no policy permits is denied. Where several match, the strictest wins and their obligations add up; their order never matters."
      actions={
        mayWrite && (
          <AppLink href={`${paths.policies()}?new=policy`} className={buttonClass('primary')}>
            <Plus /> New policy
          </AppLink>
        )
      }
    >
      <Loaded query={policies} skeleton={<SkeletonRows />}>
        {(objects) => (
          <DataTable
            caption="Policies"
            rows={objects
              .map((object) => ({ object, ...summaryOf(object.text) }))
              .toSorted((one, other) => one.object.name.localeCompare(other.object.name))}
            columns={COLUMNS}
            rowKey={({ object }) => object.name}
            rowHref={({ object }) => paths.policy(object.name)}
            empty={
              <EmptyState title="No policies, so everything is denied" command="chaperone apply policies.yaml">
                A policy says which operations which jobs may do on which targets. Keep them in a repository and apply
                them from there, or write the first one here.
              </EmptyState>
            }
          />
        )}
      </Loaded>
    </Page>
  );
}

function Effect({ row: { effect, approve } }: { readonly row: Row }) {
  if (effect === 'deny') return <Badge tone="deny">deny</Badge>;
  if (approve === undefined) return <Badge tone="permit">permit</Badge>;
  return (
    <Badge tone="hold" title={`Held until ${approve} approves`}>
      ask <Visible text={approve} />
    </Badge>
  );
}

function List({ words, none }: { readonly words: readonly string[]; readonly none: string }) {
  return <span className="text-muted">{words.length === 0 ? none : <Visible text={words.join(', ')} />}</span>;
}
