import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { approvalsQuery, overviewQuery } from '../../api/queries.ts';
import type { Overview } from '../../api/types.ts';
import { ApprovalList } from '../../parts/ApprovalList.tsx';
import { useCan } from '../../parts/me.ts';
import { paths } from '../../paths.ts';
import { Loaded } from '../../ui/Loaded.tsx';
import { Page, Section } from '../../ui/Page.tsx';
import { AppLink } from '../../ui/routing.tsx';
import { SkeletonRows } from '../../ui/Skeleton.tsx';
import { Day } from './Day.tsx';
import { FirstSteps } from './FirstSteps.tsx';
import { LiveSessions } from './LiveSessions.tsx';
import { LogHealthLine } from './LogHealthLine.tsx';

export function OverviewPage() {
  const overview = useQuery(overviewQuery);
  return (
    <Page title="Overview">
      <Loaded query={overview} skeleton={<OverviewSkeleton />}>
        {(data) => <Parts overview={data} />}
      </Loaded>
    </Page>
  );
}

function Parts({ overview }: { readonly overview: Overview }) {
  const mayAnswer = useCan('approvals:answer');
  const maySee = useCan('sessions:read');
  const isNew = overview.hours.every(({ sessions }) => sessions === 0) && overview.liveSessions === 0;
  return (
    <div className="grid gap-8">
      {mayAnswer && <Waiting count={overview.waitingForMe} others={overview.waiting - overview.waitingForMe} />}
      {overview.definitionsWaiting > 0 && <Definitions count={overview.definitionsWaiting} />}
      {isNew ? <FirstSteps /> : <Day overview={overview} />}
      {maySee && <LiveSessions count={overview.liveSessions} noKeys={mayAnswer && overview.waitingForMe > 0} />}
      <LogHealthLine log={overview.log} />
    </div>
  );
}

function Waiting({ count, others }: { readonly count: number; readonly others: number }) {
  const mine = useInfiniteQuery(approvalsQuery('mine'));
  return (
    <Section
      title={count === 0 ? 'Nothing waits for you' : `Waiting for you: ${count}`}
      actions={
        <AppLink href={paths.approvals()} className="text-sm text-accent">
          All approvals
        </AppLink>
      }
    >
      {count === 0 ? (
        <p className="text-muted">
          {others > 0
            ? `${others} ${others === 1 ? 'request waits' : 'requests wait'} for people of other groups.`
            : 'A statement that a policy puts before your group appears here while it waits.'}
        </p>
      ) : (
        <Loaded query={mine} skeleton={<SkeletonRows rows={count} />}>
          {(approvals) => <ApprovalList approvals={approvals.slice(0, 5)} caption="Approvals that wait for you" />}
        </Loaded>
      )}
    </Section>
  );
}

/** Tools that agents cannot use until somebody has read them. */
function Definitions({ count }: { readonly count: number }) {
  return (
    <Section
      title={count === 1 ? 'One definition waits' : `${count} definitions wait`}
      actions={
        <AppLink href={paths.definitions()} className="text-sm text-accent">
          Read them
        </AppLink>
      }
    >
      <p className="text-muted">
        What an MCP server says of its tools is new, or has changed. Agents neither see it nor can use it until somebody
        accepts it.
      </p>
    </Section>
  );
}

function OverviewSkeleton() {
  return (
    <div className="grid gap-8">
      <SkeletonRows rows={3} />
      <div className="grid grid-cols-2 gap-x-8 gap-y-6 lg:grid-cols-4">
        {['runs', 'permitted', 'refused', 'masked'].map((name) => (
          <div key={name} className="skeleton h-24" />
        ))}
      </div>
      <SkeletonRows rows={3} />
    </div>
  );
}
