import { useQuery } from '@tanstack/react-query';
import { ExternalLink } from 'lucide-react';
import { ApiProblem } from '../../api/problem.ts';
import type { Run } from '../../api/types.ts';
import { paths } from '../../paths.ts';
import { Badge, Dot } from '../../ui/Badge.tsx';
import { buttonClass } from '../../ui/Button.tsx';
import { Visible } from '../../ui/Code.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { Page } from '../../ui/Page.tsx';
import { AppLink, useParam } from '../../ui/routing.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';
import { RunBodies } from './RunBodies.tsx';
import { RunBudgets } from './RunBudgets.tsx';
import { RunBundle } from './RunBundle.tsx';
import { RunEvidence } from './RunEvidence.tsx';
import { RunIdentity } from './RunIdentity.tsx';
import { RunStory } from './RunStory.tsx';
import { RunTargets } from './RunTargets.tsx';
import { RunTotals } from './RunTotals.tsx';
import { runQuery } from './run-queries.ts';
import { jobUrl, terminationWords } from './run-words.ts';

/** A run as a story: who it was and how far that is known, what it did, what was decided, and how that is proved. */
export function RunPage() {
  const id = useParam('run');
  const query = useQuery(runQuery(id));
  const run = query.data;
  if (run === undefined) {
    const missing = query.error instanceof ApiProblem && query.error.status === 404;
    return (
      <Page title={missing ? 'No such run' : 'Run'} above={<ToRuns />}>
        <Loaded query={query} skeleton={<Skeleton lines={8} />}>
          {() => null}
        </Loaded>
      </Page>
    );
  }
  return (
    <Page
      title={run.display}
      above={<ToRuns />}
      heading={
        <span className="flex flex-wrap items-center gap-2.5">
          <span className="min-w-0 wrap-anywhere">
            <Visible text={run.display} />
          </span>
          <StateMark run={run} />
        </span>
      }
      actions={<JobLink run={run} />}
    >
      <RunTotals run={run} />
      <RunIdentity run={run} />
      <RunStory key={run.id} run={run} />
      <RunTargets run={run} />
      <RunBudgets run={run} />
      <RunEvidence run={run} />
      <RunBundle run={run} />
      <RunBodies run={run} />
    </Page>
  );
}

function ToRuns() {
  return <AppLink href={paths.runs()}>Runs</AppLink>;
}

function StateMark({ run: { closedAt, termination, demo, kind } }: { readonly run: Run }) {
  return (
    <span className="flex flex-wrap gap-1.5">
      {closedAt === undefined ? (
        <Badge tone="permit">
          <span className="inline-flex items-center gap-1.5">
            <Dot tone="permit" pulse />
            Open
          </span>
        </Badge>
      ) : (
        <Badge tone={termination === 'completed' ? 'neutral' : 'hold'}>
          {terminationWords(termination ?? 'closed')}
        </Badge>
      )}
      {kind === 'human' && <Badge>A person’s own</Badge>}
      {demo && <Badge tone="hold">Demo: its issuer vouches for nothing</Badge>}
    </span>
  );
}

function JobLink({ run }: { readonly run: Run }) {
  const url = jobUrl(run);
  if (url === undefined) return null;
  return (
    <a href={url} target="_blank" rel="noreferrer noopener" className={buttonClass()}>
      <ExternalLink />
      CI job
      <span className="sr-only">(opens in a new tab)</span>
    </a>
  );
}
