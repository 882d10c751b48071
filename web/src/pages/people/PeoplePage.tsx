import { useQuery } from '@tanstack/react-query';
import type { Person } from '../../api/types.ts';
import { peopleQuery } from '../../parts/people.ts';
import { paths } from '../../paths.ts';
import { Badge } from '../../ui/Badge.tsx';
import { Visible } from '../../ui/Code.tsx';
import { type Column, DataTable } from '../../ui/DataTable.tsx';
import { EmptyState } from '../../ui/EmptyState.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { Page } from '../../ui/Page.tsx';
import { SkeletonRows } from '../../ui/Skeleton.tsx';
import { Time } from '../../ui/Time.tsx';

const COLUMNS: readonly Column<Person>[] = [
  {
    id: 'login',
    header: 'Login',
    className: 'w-1/4',
    cell: (person) => <Visible text={person.login} />,
    sortBy: ({ login }) => login,
    fold: 'title',
  },
  {
    id: 'name',
    header: 'Name',
    className: 'w-1/5',
    cell: ({ name = '' }) => <Visible text={name} />,
    sortBy: ({ name = '' }) => name,
    fold: 'detail',
  },
  { id: 'roles', header: 'Roles', className: 'w-48', cell: (person) => <Roles person={person} />, fold: 'end' },
  {
    id: 'groups',
    header: 'Groups',
    cell: ({ groups }) => (
      <span className="text-muted">
        <Visible text={groups.join(', ')} />
      </span>
    ),
    fold: 'detail',
  },
  {
    id: 'seen',
    header: 'Seen',
    className: 'w-28',
    align: 'end',
    cell: ({ lastSeenAt }) =>
      lastSeenAt === undefined ? <span className="text-muted">never</span> : <Time at={lastSeenAt} />,
    sortBy: ({ lastSeenAt = '' }) => lastSeenAt,
    fold: 'hidden',
  },
];

/** Everybody who has logged in. */
export function PeoplePage() {
  const people = useQuery(peopleQuery);
  return (
    <Page
      title="People"
      description="Everybody who has logged in here. Groups and roles come from the login provider; more can be given here."
    >
      <Loaded query={people} skeleton={<SkeletonRows rows={5} />}>
        {(rows) => (
          <DataTable
            caption="People"
            rows={rows}
            columns={COLUMNS}
            rowKey={({ id }) => id}
            rowHref={({ id }) => paths.person(id)}
            empty={
              <EmptyState title="Nobody has logged in yet">
                Whoever logs in through the provider appears here, with the groups and roles that it says they have.
              </EmptyState>
            }
          />
        )}
      </Loaded>
    </Page>
  );
}

function Roles({ person: { roles, disabled } }: { readonly person: Person }) {
  if (disabled) return <Badge tone="deny">shut out</Badge>;
  if (roles.length === 0) return <span className="text-muted">none</span>;
  return (
    <span className="inline-flex gap-1">
      {roles.map((role) => (
        <Badge key={role} tone={role === 'admin' ? 'accent' : 'neutral'}>
          {role}
        </Badge>
      ))}
    </span>
  );
}
