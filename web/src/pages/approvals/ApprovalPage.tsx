import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { approvalQuery } from '../../api/queries.ts';
import type { Approval } from '../../api/types.ts';
import { Countdown } from '../../parts/Countdown.tsx';
import { paths } from '../../paths.ts';
import { announce } from '../../ui/Announcer.tsx';
import { Visible } from '../../ui/Code.tsx';
import { visible } from '../../ui/hostile.ts';
import { Loaded } from '../../ui/Loaded.tsx';
import { Page } from '../../ui/Page.tsx';
import { AppLink, useParam } from '../../ui/routing.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';
import { ApprovalBadge } from '../../ui/StateBadge.tsx';
import { Time } from '../../ui/Time.tsx';
import { Before } from './Before.tsx';
import { Decision } from './Decision.tsx';
import { Meaning } from './Meaning.tsx';
import { RunFacts } from './RunFacts.tsx';
import { Statements } from './Statements.tsx';
import { titleOf } from './title-of.ts';
import { Votes } from './Votes.tsx';

/** One request that needs people: where a message of a chat leads to. */
export function ApprovalPage() {
  const id = useParam('approval');
  const approval = useQuery(approvalQuery(id));
  useAnnouncedState(approval.data);
  const title = approval.data ? titleOf(approval.data) : 'Approval';
  return (
    <Page
      title={visible(title)}
      above={<AppLink href={paths.approvals()}>Approvals</AppLink>}
      heading={<Heading approval={approval.data} title={title} />}
      description={approval.data && <Asked approval={approval.data} />}
    >
      <Loaded query={approval} skeleton={<Skeleton lines={10} />}>
        {(data) => <Detail approval={data} />}
      </Loaded>
    </Page>
  );
}

function Detail({ approval }: { readonly approval: Approval }) {
  return (
    <div className="grid gap-x-10 gap-y-7 pb-24 lg:grid-cols-[minmax(0,1fr)_19rem] lg:grid-rows-[auto_1fr] lg:pb-0">
      <Statements approval={approval} />
      {/* On a phone who asks comes right after what is asked. */}
      <aside
        aria-label="Decision and run"
        className="grid content-start gap-7 lg:sticky lg:top-6 lg:col-start-2 lg:row-span-2 lg:row-start-1 lg:self-start"
      >
        <Decision approval={approval} />
        <Votes approval={approval} />
        <RunFacts approval={approval} />
      </aside>
      <div className="grid min-w-0 content-start gap-7">
        <Meaning approval={approval} />
        <Before approval={approval} />
      </div>
    </div>
  );
}

function Heading({ approval, title }: { readonly approval: Approval | undefined; readonly title: string }) {
  return (
    <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
      <Visible text={title} />
      {approval?.state === 'pending' && <Countdown to={approval.expiresAt} precise />}
      {approval !== undefined && approval.state !== 'pending' && <ApprovalBadge state={approval.state} />}
    </span>
  );
}

function Asked({ approval }: { readonly approval: Approval }) {
  return (
    <>
      <AppLink href={paths.run(approval.run.id)} className="text-text underline decoration-line underline-offset-2">
        <Visible text={approval.run.display} />
      </AppLink>{' '}
      asked <Time at={approval.requestedAt} />, in <Visible text={approval.target} />
    </>
  );
}

/** Somebody else's decision comes in without a press: readers hear it. */
function useAnnouncedState(approval: Approval | undefined): void {
  const before = useRef<string>(undefined);
  const state = approval?.state;
  useEffect(() => {
    if (before.current !== undefined && state !== undefined && before.current !== state) {
      announce(`This request is now ${state}.`);
    }
    before.current = state;
  }, [state]);
}
