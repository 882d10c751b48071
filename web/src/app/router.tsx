import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { Frame } from './Frame.tsx';
import { patientImport } from './patient-import.ts';
import { RoutePending } from './RoutePending.tsx';
import { RouteProblem } from './RouteProblem.tsx';
import { Shell } from './Shell.tsx';

type Load = () => Promise<Record<string, () => React.ReactNode>>;

/** Every page is a file of its own that is loaded when it is opened. */
const PAGES: Readonly<Record<string, readonly [Load, name: string]>> = {
  '/': [() => import('../pages/overview/OverviewPage.tsx'), 'OverviewPage'],
  '/approvals': [() => import('../pages/approvals/ApprovalsPage.tsx'), 'ApprovalsPage'],
  '/approvals/$approval': [() => import('../pages/approvals/ApprovalPage.tsx'), 'ApprovalPage'],
  '/runs': [() => import('../pages/runs/RunsPage.tsx'), 'RunsPage'],
  '/runs/$run': [() => import('../pages/runs/RunPage.tsx'), 'RunPage'],
  '/sessions': [() => import('../pages/sessions/SessionsPage.tsx'), 'SessionsPage'],
  '/sessions/$session': [() => import('../pages/sessions/SessionPage.tsx'), 'SessionPage'],
  '/targets': [() => import('../pages/targets/TargetsPage.tsx'), 'TargetsPage'],
  '/targets/$target': [() => import('../pages/targets/TargetPage.tsx'), 'TargetPage'],
  '/definitions': [() => import('../pages/definitions/DefinitionsPage.tsx'), 'DefinitionsPage'],
  '/definitions/$definition': [() => import('../pages/definitions/DefinitionPage.tsx'), 'DefinitionPage'],
  '/policies': [() => import('../pages/policies/PoliciesPage.tsx'), 'PoliciesPage'],
  '/policies/$policy': [() => import('../pages/policies/PolicyPage.tsx'), 'PolicyPage'],
  '/trust': [() => import('../pages/trust/TrustPage.tsx'), 'TrustPage'],
  '/people': [() => import('../pages/people/PeoplePage.tsx'), 'PeoplePage'],
  '/people/$person': [() => import('../pages/people/PersonPage.tsx'), 'PersonPage'],
  '/tokens': [() => import('../pages/tokens/TokensPage.tsx'), 'TokensPage'],
  '/channels': [() => import('../pages/channels/ChannelsPage.tsx'), 'ChannelsPage'],
  '/log': [() => import('../pages/log/LogPage.tsx'), 'LogPage'],
  '/api': [() => import('../pages/reference/ReferencePage.tsx'), 'ReferencePage'],
  $: [() => import('./NotFoundPage.tsx'), 'NotFoundPage'],
  '/device': [() => import('../pages/device/DevicePage.tsx'), 'DevicePage'],
};

/** Pages without the shell: nobody is logged in yet. */
const OUTSIDE: typeof PAGES = {
  '/login': [() => import('../pages/login/LoginPage.tsx'), 'LoginPage'],
  '/login/first': [() => import('../pages/login/FirstLoginPage.tsx'), 'FirstLoginPage'],
};

export function makeRouter() {
  const root = createRootRoute({ component: Frame });
  const shell = createRoute({ getParentRoute: () => root, id: 'shell', component: Shell });
  const inside = Object.entries(PAGES).map(([path, [load, name]]) =>
    createRoute({ getParentRoute: () => shell, path, component: lazyRouteComponent(() => patientImport(load), name) }),
  );
  const outside = Object.entries(OUTSIDE).map(([path, [load, name]]) =>
    createRoute({ getParentRoute: () => root, path, component: lazyRouteComponent(() => patientImport(load), name) }),
  );
  return createRouter({
    routeTree: root.addChildren([...outside, shell.addChildren(inside)]),
    defaultErrorComponent: RouteProblem,
    defaultPendingComponent: RoutePending,
    // A search is strings: `?text=123` stays the text it is.
    parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
    stringifySearch: (search) => {
      const text = new URLSearchParams(search as Record<string, string>).toString();
      return text === '' ? '' : `?${text}`;
    },
    scrollRestoration: false,
    defaultPendingMs: 300,
  });
}
