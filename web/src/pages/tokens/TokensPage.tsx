import { useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import type { OperatorToken } from '../../api/types.ts';
import { useCan, useMe } from '../../parts/me.ts';
import { Badge, type Tone } from '../../ui/Badge.tsx';
import { Button } from '../../ui/Button.tsx';
import { Visible } from '../../ui/Code.tsx';
import { type Column, DataTable } from '../../ui/DataTable.tsx';
import { EmptyState } from '../../ui/EmptyState.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { Page } from '../../ui/Page.tsx';
import { SkeletonRows } from '../../ui/Skeleton.tsx';
import { Time } from '../../ui/Time.tsx';
import { NewTokenDialog } from './NewTokenDialog.tsx';
import { tokensQuery } from './queries.ts';
import { TokenDialog } from './TokenDialog.tsx';

const TONES: Readonly<Record<OperatorToken['state'], Tone>> = {
  active: 'permit',
  expired: 'neutral',
  revoked: 'neutral',
};

const COLUMNS: readonly Column<OperatorToken>[] = [
  {
    id: 'name',
    header: 'Token',
    className: 'w-1/4',
    cell: ({ name }) => <Visible text={name} />,
    sortBy: ({ name }) => name,
    fold: 'title',
  },
  {
    id: 'state',
    header: 'State',
    className: 'w-24',
    cell: ({ state }) => <Badge tone={TONES[state]}>{state}</Badge>,
    sortBy: ({ state }) => state,
    fold: 'end',
  },
  { id: 'may', header: 'May', cell: (token) => <span className="text-muted">{mayOf(token)}</span>, fold: 'detail' },
  {
    id: 'person',
    header: 'Whose',
    className: 'w-40',
    cell: ({ person }) =>
      person === undefined ? <span className="text-muted">automation</span> : <Visible text={person} />,
    fold: 'hidden',
  },
  {
    id: 'created',
    header: 'Made',
    className: 'w-28',
    align: 'end',
    cell: ({ createdAt }) => <Time at={createdAt} />,
    sortBy: ({ createdAt }) => createdAt,
    fold: 'hidden',
  },
  {
    id: 'expires',
    header: 'Expires',
    className: 'w-28',
    align: 'end',
    cell: ({ expiresAt }) =>
      expiresAt === undefined ? <span className="text-hold">never</span> : <Time at={expiresAt} />,
    sortBy: ({ expiresAt = '~' }) => expiresAt,
    fold: 'detail',
  },
];

/** Tokens of automation and of people: made, shown once, revoked. */
export function TokensPage() {
  const tokens = useQuery(tokensQuery);
  const isPerson = useMe()?.kind === 'person';
  const mayMake = useCan('tokens:write') || isPerson;
  const [isMaking, setIsMaking] = useState(false);
  const [shown, setShown] = useState<OperatorToken>();
  return (
    <Page
      title="Tokens"
      description="For scripts and pipelines that speak to the API. A token does what it was given to do, until it expires, and never more than its maker may."
      actions={
        mayMake && (
          <Button variant="primary" icon={<Plus />} onClick={() => setIsMaking(true)}>
            New token
          </Button>
        )
      }
    >
      <Loaded query={tokens} skeleton={<SkeletonRows rows={4} />}>
        {(rows) => (
          <DataTable
            caption="Tokens"
            rows={rows}
            columns={COLUMNS}
            rowKey={({ id }) => id}
            onOpen={setShown}
            rowLabel={({ name, state }) => `${name}, ${state}`}
            empty={
              <EmptyState title="No tokens" command="chaperone tokens create ci-dashboard --role auditor">
                A dashboard, a bot or a pipeline gets a token with just the scopes that it needs.
              </EmptyState>
            }
          />
        )}
      </Loaded>
      <NewTokenDialog open={isMaking} onClose={() => setIsMaking(false)} />
      {shown !== undefined && <TokenDialog token={shown} onClose={() => setShown(undefined)} />}
    </Page>
  );
}

function mayOf({ role, scopes }: OperatorToken): string {
  return role === undefined ? scopes.join(', ') : `everything of ${role}`;
}
