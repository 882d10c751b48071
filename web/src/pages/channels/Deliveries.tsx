import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { RotateCcw } from 'lucide-react';
import { useState } from 'react';
import type { Delivery } from '../../api/types.ts';
import { useCan } from '../../parts/me.ts';
import { paths } from '../../paths.ts';
import { Button } from '../../ui/Button.tsx';
import { Mono, Visible } from '../../ui/Code.tsx';
import { Section } from '../../ui/Page.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { AppLink } from '../../ui/routing.tsx';
import { SkeletonRows } from '../../ui/Skeleton.tsx';
import { Tabs } from '../../ui/Tabs.tsx';
import { Time } from '../../ui/Time.tsx';
import { useToast } from '../../ui/Toast.tsx';
import { deliveriesQuery, retryDelivery } from './queries.ts';

const EMPTY: Readonly<Record<Delivery['state'], string>> = {
  dead: 'Nothing was given up. What a channel does not take for a day ends up here.',
  waiting: 'Nothing waits to be delivered.',
  delivered: 'Nothing was delivered yet.',
};

/** What was told, is to be told, or could not be told. */
export function Deliveries() {
  const [state, setState] = useState<string>('dead');
  const list = (of: Delivery['state']) => <List state={of} />;
  return (
    <Section title="Deliveries">
      <Tabs
        label="Deliveries"
        value={state}
        onChange={setState}
        tabs={[
          { value: 'dead', label: 'Given up', content: list('dead') },
          { value: 'waiting', label: 'Waiting', content: list('waiting') },
          { value: 'delivered', label: 'Delivered', content: list('delivered') },
        ]}
      />
    </Section>
  );
}

function List({ state }: { readonly state: Delivery['state'] }) {
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(
    deliveriesQuery(state),
  );
  if (error !== null) return <Problem error={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <SkeletonRows rows={3} />;
  if (data.length === 0) return <p className="text-muted">{EMPTY[state]}</p>;
  return (
    <div className="grid gap-2">
      <ul aria-label="Deliveries" className="divide-y divide-line border-y border-line">
        {data.map((delivery) => (
          <Item key={delivery.id} delivery={delivery} />
        ))}
      </ul>
      {hasNextPage && (
        <div>
          <Button busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            Show more
          </Button>
        </div>
      )}
    </div>
  );
}

function Item({ delivery }: { readonly delivery: Delivery }) {
  const mayRetry = useCan('channels:write');
  const queries = useQueryClient();
  const say = useToast();
  const retry = useMutation({
    mutationFn: () => retryDelivery(delivery.id),
    onSuccess: () => say('It will be tried again'),
    onSettled: () => queries.invalidateQueries({ queryKey: ['channels'] }),
  });
  const { channel, event, approval, attempts, createdAt, nextAt, lastFault, state } = delivery;
  return (
    <li className="flex flex-wrap items-start justify-between gap-x-4 gap-y-1 py-2">
      <div className="grid min-w-0 gap-0.5">
        <span>
          <Visible text={channel} /> <span className="text-muted">{event}</span>{' '}
          {approval !== undefined && (
            <AppLink href={paths.approval(approval)} className="underline">
              <Mono text={approval} />
            </AppLink>
          )}
        </span>
        <span className="text-sm text-muted">
          <Time at={createdAt} />, {attempts} {attempts === 1 ? 'attempt' : 'attempts'}
          {state === 'waiting' && nextAt !== undefined && (
            <>
              , next <Time at={nextAt} />
            </>
          )}
        </span>
        {lastFault !== undefined && (
          <span className="text-sm text-deny">
            <Visible text={lastFault} />
          </span>
        )}
        {retry.error !== null && <Problem error={retry.error} />}
      </div>
      {mayRetry && state === 'dead' && (
        <Button size="sm" icon={<RotateCcw />} busy={retry.isPending} onClick={() => retry.mutate()}>
          Try again
        </Button>
      )}
    </li>
  );
}
