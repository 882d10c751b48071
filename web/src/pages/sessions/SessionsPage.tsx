import { paths } from '../../paths.ts';
import { Page } from '../../ui/Page.tsx';
import { AppLink, useSearchState } from '../../ui/routing.tsx';
import { TAB_CLASS } from '../../ui/Tabs.tsx';
import { SearchBox } from './SearchBox.tsx';
import { SessionResults } from './SessionResults.tsx';
import { StatementResults } from './StatementResults.tsx';
import { FILTER_NAMES, readFilter, type SearchFilter, STATEMENT_FILTERS } from './search-filter.ts';

type View = 'sessions' | 'statements';

/** What was done, by whom, where: sessions, and every statement in them. The search stands in the address. */
export function SessionsPage() {
  const [search] = useSearchState();
  const filter = readFilter(search);
  const view = viewOf(search['view'], filter);
  return (
    <Page title="Sessions" windowTitle={view === 'statements' ? 'Statements' : 'Sessions'}>
      <SearchBox
        filter={filter}
        names={FILTER_NAMES}
        examples={['kind:delete', 'table:orders', 'decision:deny', 'since:24h']}
      />
      <div className="grid gap-3">
        <nav aria-label="Results" className="flex gap-4 border-b border-line">
          <ViewLink view="sessions" current={view} filter={filter} label="Sessions" />
          <ViewLink view="statements" current={view} filter={filter} label="Statements" />
        </nav>
        {view === 'sessions' ? <SessionResults filter={filter} /> : <StatementResults filter={filter} />}
      </div>
    </Page>
  );
}

/** Whoever looks for what only statements have wants to see statements. */
function viewOf(asked: string | undefined, filter: SearchFilter): View {
  if (asked === 'sessions' || asked === 'statements') return asked;
  return STATEMENT_FILTERS.some((name) => filter[name] !== undefined) ? 'statements' : 'sessions';
}

interface ViewLinkProps {
  readonly view: View;
  readonly current: View;
  readonly filter: SearchFilter;
  readonly label: string;
}

function ViewLink({ view, current, filter, label }: ViewLinkProps) {
  const href = `${paths.sessions()}?${new URLSearchParams({ ...filter, view })}`;
  return (
    <AppLink href={href} aria-current={view === current ? 'page' : false} className={TAB_CLASS}>
      {label}
    </AppLink>
  );
}
