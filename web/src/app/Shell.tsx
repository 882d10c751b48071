import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Outlet, useRouterState } from '@tanstack/react-router';
import { type ReactNode, useEffect, useState } from 'react';
import { followEvents, type Liveness } from '../api/events.ts';
import { ApiProblem } from '../api/problem.ts';
import { meQuery } from '../api/queries.ts';
import { paths } from '../paths.ts';
import { Page } from '../ui/Page.tsx';
import { Problem } from '../ui/Problem.tsx';
import { useGo } from '../ui/routing.tsx';
import { Skeleton } from '../ui/Skeleton.tsx';
import { GoToShortcuts } from './GoToShortcuts.tsx';
import { NoRolePage } from './NoRolePage.tsx';
import { NAVIGATION } from './navigation.ts';
import { Palette } from './Palette.tsx';
import { ShortcutList } from './ShortcutList.tsx';
import { Sidebar } from './Sidebar.tsx';
import { TopBar } from './TopBar.tsx';

/** Around every page of somebody who is logged in; whoever is not, logs in and comes back to the same page. */
export function Shell() {
  const me = useQuery(meQuery);
  const isOut = me.error instanceof ApiProblem && me.error.status === 401;
  useLoginWhen(isOut);
  const [searching, setSearching] = useState(false);
  const liveness = useLiveness(me.data !== undefined && !isOut);
  const scopes = me.data?.scopes ?? [];
  useFirstPlace(me.data?.scopes);
  return (
    <div className="min-h-dvh md:grid md:grid-cols-[13.5rem_minmax(0,1fr)]">
      <a
        href="#main"
        className="sr-only z-50 rounded-md bg-ink px-3 py-2 text-on-ink focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        Skip to the page
      </a>
      <Sidebar me={me.data} liveness={liveness} onSearch={() => setSearching(true)} />
      <TopBar me={me.data} onSearch={() => setSearching(true)} />
      <main id="main" tabIndex={-1} className="min-w-0">
        <Content isReady={me.data !== undefined && !isOut} problem={isOut ? null : me.error}>
          {me.data !== undefined && scopes.length === 0 ? <NoRolePage me={me.data} /> : <Outlet />}
        </Content>
      </main>
      <Palette open={searching} scopes={scopes} onOpen={() => setSearching(true)} onClose={() => setSearching(false)} />
      <GoToShortcuts scopes={scopes} />
      <ShortcutList />
    </div>
  );
}

interface ContentProps {
  readonly isReady: boolean;
  readonly problem: Error | null;
  readonly children: ReactNode;
}

function Content({ isReady, problem, children }: ContentProps) {
  if (isReady) return children;
  if (problem !== null) {
    return (
      <Page title="The gateway cannot be reached" narrow>
        <Problem error={problem} onRetry={() => location.reload()} />
      </Page>
    );
  }
  return (
    <div aria-busy="true" className="appear-late mx-auto max-w-7xl px-4 py-6 md:px-8">
      <Skeleton lines={5} />
    </div>
  );
}

function useLoginWhen(isOut: boolean): void {
  const go = useGo();
  const here = useRouterState({ select: (state) => state.location.href });
  useEffect(() => {
    // The login's own address would come back into itself, deeper each time.
    if (!isOut || here.startsWith(paths.login())) return;
    const back = here === paths.overview() ? '' : `?${new URLSearchParams({ return_to: here })}`;
    go(`${paths.login()}${back}`, { replace: true });
  }, [isOut, here, go]);
}

/** Whoever has no overview begins at what they have: somebody in a group alone, at what waits for it. */
function useFirstPlace(scopes: readonly string[] | undefined): void {
  const go = useGo();
  const here = useRouterState({ select: (state) => state.location.pathname });
  useEffect(() => {
    if (here !== paths.overview() || scopes === undefined || scopes.includes('overview:read')) return;
    const first = NAVIGATION.flatMap(({ places }) => places).find((place) =>
      place.scopes.some((scope) => scopes.includes(scope)),
    );
    if (first !== undefined) go(first.href, { replace: true });
  }, [here, scopes, go]);
}

function useLiveness(isIn: boolean): Liveness {
  const queries = useQueryClient();
  const [liveness, setLiveness] = useState<Liveness>('connecting');
  useEffect(() => (isIn ? followEvents(queries, setLiveness) : undefined), [isIn, queries]);
  return liveness;
}
