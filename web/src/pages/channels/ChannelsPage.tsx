import { useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useCan } from '../../parts/me.ts';
import { paths } from '../../paths.ts';
import { buttonClass } from '../../ui/Button.tsx';
import { EmptyState } from '../../ui/EmptyState.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { Page } from '../../ui/Page.tsx';
import { AppLink, useSearchState } from '../../ui/routing.tsx';
import { SkeletonRows } from '../../ui/Skeleton.tsx';
import { ChannelItem } from './ChannelItem.tsx';
import { ChannelPage } from './ChannelPage.tsx';
import { isKind } from './channel-words.ts';
import { Deliveries } from './Deliveries.tsx';
import { NewChannelPage } from './NewChannelPage.tsx';
import { channelsQuery } from './queries.ts';

/** How people are told that something waits for them. `?channel=` opens one, `?new=KIND` begins one. */
export function ChannelsPage() {
  const [{ channel, new: begun }] = useSearchState();
  if (channel !== undefined) return <ChannelPage key={channel} name={channel} />;
  if (begun !== undefined) return <NewChannelPage kind={isKind(begun) ? begun : 'slack'} />;
  return <ChannelList />;
}

function ChannelList() {
  const channels = useQuery(channelsQuery);
  const mayWrite = useCan('configuration:write');
  return (
    <Page
      title="Channels"
      description="How people hear that something waits for them. Answers count the same wherever they are given."
      actions={
        mayWrite && (
          <AppLink href={`${paths.channels()}?new=slack`} className={buttonClass('primary')}>
            <Plus /> New channel
          </AppLink>
        )
      }
    >
      <Loaded query={channels} skeleton={<SkeletonRows rows={3} />}>
        {(list) =>
          list.length === 0 ? (
            <EmptyState title="No channels" command="chaperone apply channels.yaml">
              Without one, people see what waits for them under Approvals and in the terminal alone. Declare Slack, a
              webhook or e-mail under <code className="font-mono">channels:</code>.
            </EmptyState>
          ) : (
            <>
              <ul aria-label="Channels" className="divide-y divide-line border-y border-line">
                {list.map((channel) => (
                  <ChannelItem key={channel.name} channel={channel} named />
                ))}
              </ul>
              <Deliveries />
            </>
          )
        }
      </Loaded>
    </Page>
  );
}
