import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Send } from 'lucide-react';
import type { Channel } from '../../api/types.ts';
import { useCan } from '../../parts/me.ts';
import { Badge, Dot, type Tone } from '../../ui/Badge.tsx';
import { Button } from '../../ui/Button.tsx';
import { Visible } from '../../ui/Code.tsx';
import { EmptyState } from '../../ui/EmptyState.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { Facts, Page } from '../../ui/Page.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { SkeletonRows } from '../../ui/Skeleton.tsx';
import { Time } from '../../ui/Time.tsx';
import { useToast } from '../../ui/Toast.tsx';
import { Deliveries } from './Deliveries.tsx';
import { channelsQuery, testChannel } from './queries.ts';

const KINDS: Readonly<Record<Channel['kind'], string>> = { slack: 'Slack', webhook: 'Webhook', email: 'E-mail' };
const STATES: Readonly<Record<Channel['state'], readonly [tone: Tone, words: string]>> = {
  ok: ['permit', 'Delivers'],
  failing: ['deny', 'Fails'],
  off: ['neutral', 'Off'],
};

/** How people are told that something waits for them, and whether they are. */
export function ChannelsPage() {
  const channels = useQuery(channelsQuery);
  return (
    <Page
      title="Channels"
      description="How people hear that something waits for them. Answers count the same wherever they are given."
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
                  <ChannelItem key={channel.name} channel={channel} />
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

function ChannelItem({ channel }: { readonly channel: Channel }) {
  const mayTest = useCan('channels:write');
  const queries = useQueryClient();
  const say = useToast();
  const test = useMutation({
    mutationFn: () => testChannel(channel.name),
    onSuccess: ({ ok }) =>
      say(ok ? `${channel.name} took the test` : `${channel.name} did not take the test`, ok ? 'permit' : 'deny'),
    onSettled: () => queries.invalidateQueries({ queryKey: ['channels'] }),
  });
  const [tone, words] = STATES[channel.state];
  return (
    <li className="grid gap-x-6 gap-y-2 py-3 md:grid-cols-[minmax(0,14rem)_minmax(0,1fr)_auto]">
      <div className="grid content-start gap-1">
        <h2 className="font-semibold">
          <Visible text={channel.name} />
        </h2>
        <span className="inline-flex items-center gap-2 text-muted">
          <Dot tone={tone} />
          {words}
          <Badge>{KINDS[channel.kind]}</Badge>
        </span>
      </div>
      <div className="grid gap-2">
        <Facts
          items={[
            ['Groups', channel.groups.length === 0 ? 'all' : <Visible key="groups" text={channel.groups.join(', ')} />],
            [
              'Delivered',
              channel.lastDeliveredAt === undefined ? 'nothing yet' : <Time key="at" at={channel.lastDeliveredAt} />,
            ],
            ['Waiting', channel.waiting === 0 ? undefined : String(channel.waiting)],
            [
              'Given up',
              channel.dead === 0 ? undefined : (
                <span key="dead" className="text-deny">
                  {channel.dead}
                </span>
              ),
            ],
            [
              'Last fault',
              channel.lastFault === undefined ? undefined : <Visible key="fault" text={channel.lastFault} />,
            ],
          ]}
        />
        {test.error !== null && <Problem error={test.error} />}
        {test.data !== undefined && (
          <p className={test.data.ok ? 'text-muted' : 'text-deny'}>
            Test: <Visible text={test.data.detail} />
          </p>
        )}
      </div>
      {mayTest && (
        <div>
          <Button
            size="sm"
            icon={<Send />}
            busy={test.isPending}
            disabled={channel.state === 'off'}
            onClick={() => test.mutate()}
          >
            Send a test
          </Button>
        </div>
      )}
    </li>
  );
}
