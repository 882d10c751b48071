import { useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import type { TargetView } from '../../api/types.ts';
import { useCan } from '../../parts/me.ts';
import { targetsQuery } from '../../parts/targets.ts';
import { paths } from '../../paths.ts';
import { Badge } from '../../ui/Badge.tsx';
import { buttonClass } from '../../ui/Button.tsx';
import { Mono, Visible } from '../../ui/Code.tsx';
import { type Column, DataTable } from '../../ui/DataTable.tsx';
import { EmptyState } from '../../ui/EmptyState.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { Page } from '../../ui/Page.tsx';
import { AppLink, useSearchState } from '../../ui/routing.tsx';
import { SkeletonRows } from '../../ui/Skeleton.tsx';
import { Labels } from './Labels.tsx';
import { NewTargetPage } from './NewTargetPage.tsx';
import { TlsBadge } from './TlsBadge.tsx';

const COLUMNS: readonly Column<TargetView>[] = [
  {
    id: 'name',
    header: 'Target',
    className: 'w-1/5',
    cell: ({ name }) => <Visible text={name} />,
    sortBy: ({ name }) => name,
    fold: 'title',
  },
  {
    id: 'address',
    header: 'Address',
    cell: ({ address, database }) => <Mono text={database === undefined ? address : `${address}/${database}`} />,
    fold: 'detail',
  },
  { id: 'tls', header: 'TLS', className: 'w-28', cell: ({ tls }) => <TlsBadge mode={tls} />, fold: 'end' },
  {
    id: 'record',
    header: 'Recorded',
    className: 'w-28',
    cell: ({ recordMode }) => <Visible text={recordMode} />,
    fold: 'hidden',
  },
  {
    id: 'classified',
    header: 'Classified',
    className: 'w-32',
    cell: ({ classified }) =>
      classified.length === 0 ? (
        <span className="text-muted">none</span>
      ) : (
        <Badge tone="mask">{classified.length} columns</Badge>
      ),
    sortBy: ({ classified }) => classified.length,
    fold: 'hidden',
  },
  {
    id: 'labels',
    header: 'Labels',
    className: 'w-1/4',
    cell: ({ labels }) => <Labels labels={labels} />,
    fold: 'hidden',
  },
];

export function TargetsPage() {
  const [search] = useSearchState();
  if (search['new'] !== undefined) return <NewTargetPage />;
  return <TargetList />;
}

function TargetList() {
  const targets = useQuery(targetsQuery);
  const mayWrite = useCan('configuration:write');
  return (
    <Page
      title="Targets"
      description="The systems that jobs are let into. The gateway keeps each one’s credential to itself."
      actions={
        mayWrite && (
          <AppLink href={`${paths.targets()}?new=target`} className={buttonClass('primary')}>
            <Plus /> New target
          </AppLink>
        )
      }
    >
      <Loaded query={targets} skeleton={<SkeletonRows rows={4} />}>
        {(rows) => (
          <DataTable
            caption="Targets"
            rows={rows}
            columns={COLUMNS}
            rowKey={({ name }) => name}
            rowHref={({ name }) => paths.target(name)}
            empty={
              <EmptyState title="No targets yet" command="chaperone apply targets.yaml">
                A target is a database that jobs may be let into: its address, how the gateway logs in, and which of its
                columns are sensitive.
              </EmptyState>
            }
          />
        )}
      </Loaded>
    </Page>
  );
}
