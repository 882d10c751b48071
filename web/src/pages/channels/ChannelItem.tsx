import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Send } from 'lucide-react';
import type { Channel } from '../../api/types.ts';
import { useCan } from '../../parts/me.ts';
import { paths } from '../../paths.ts';
import { Badge, Dot, type Tone } from '../../ui/Badge.tsx';
import { Button } from '../../ui/Button.tsx';
import { Visible } from '../../ui/Code.tsx';
import { Facts } from '../../ui/Page.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { AppLink } from '../../ui/routing.tsx';
import { Time } from '../../ui/Time.tsx';
import { useToast } from '../../ui/Toast.tsx';
import { KIND_NAMES } from './channel-words.ts';
import { testChannel } from './queries.ts';

const STATES: Readonly<Record<Channel['state'], readonly [tone: Tone, words: string]>> = {
  ok: ['permit', 'Delivers'],
  failing: ['deny', 'Fails'],
  off: ['neutral', 'Off'],
};

interface ChannelItemProps {
  readonly channel: Channel;
  /** In a list of several, where its name leads to its page. */
  readonly named?: boolean;
}

/** How one channel fares, and a test of it. */
export function ChannelItem({ channel, named = false }: ChannelItemProps) {
  const mayRead = useCan('configuration:read');
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
        {named && (
          <h2 className="font-semibold">
            {mayRead ? (
              <AppLink href={paths.channel(channel.name)} className="underline">
                <Visible text={channel.name} />
              </AppLink>
            ) : (
              <Visible text={channel.name} />
            )}
          </h2>
        )}
        <span className="inline-flex items-center gap-2 text-muted">
          <Dot tone={tone} />
          {words}
          <Badge>{KIND_NAMES[channel.kind]}</Badge>
        </span>
      </div>
      <div className="grid gap-2">
        <Fares channel={channel} />
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

function Fares({ channel }: { readonly channel: Channel }) {
  return (
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
        ['Last fault', channel.lastFault === undefined ? undefined : <Visible key="fault" text={channel.lastFault} />],
      ]}
    />
  );
}
