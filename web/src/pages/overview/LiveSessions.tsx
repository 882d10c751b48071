import { useQuery } from '@tanstack/react-query';
import { get } from '../../api/client.ts';
import { key } from '../../api/queries.ts';
import type { SessionView } from '../../api/types.ts';
import { paths } from '../../paths.ts';
import { Visible } from '../../ui/Code.tsx';
import { type Column, DataTable } from '../../ui/DataTable.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { Section } from '../../ui/Page.tsx';
import { AppLink } from '../../ui/routing.tsx';
import { SkeletonRows } from '../../ui/Skeleton.tsx';
import { Elapsed } from '../../ui/Time.tsx';

const SHOWN = 8;
const QUERY = { live: true, limit: SHOWN };

const COLUMNS: readonly Column<SessionView>[] = [
  { id: 'who', header: 'Who', fold: 'title', cell: (session) => <Visible text={session.principal} /> },
  { id: 'target', header: 'Target', className: 'w-36', cell: (session) => <Visible text={session.target} /> },
  {
    id: 'permitted',
    header: 'Statements',
    className: 'w-28',
    align: 'end',
    fold: 'hidden',
    cell: (session) => session.permitted,
  },
  {
    id: 'denied',
    fold: 'hidden',
    header: 'Refused',
    className: 'w-24',
    align: 'end',
    cell: (session) => <Refused count={session.denied} />,
  },
  {
    id: 'for',
    header: 'Open for',
    className: 'w-28',
    align: 'end',
    fold: 'end',
    cell: (session) => <Elapsed from={session.openedAt} />,
  },
];

/** What runs now. */
export function LiveSessions({ count, noKeys }: { readonly count: number; readonly noKeys: boolean }) {
  const sessions = useQuery({
    queryKey: [...key.sessions, QUERY],
    queryFn: ({ signal }) => get<{ sessions: SessionView[] }>('/v1/sessions', QUERY, signal),
  });
  return (
    <Section
      title={count === 0 ? 'No session is open' : `Open sessions: ${count}`}
      actions={
        <AppLink href={`${paths.sessions()}?live=true`} className="text-sm text-accent">
          All sessions
        </AppLink>
      }
    >
      {count === 0 ? (
        <p className="text-muted">An agent's session appears here while it runs, and can be followed.</p>
      ) : (
        <Loaded query={sessions} skeleton={<SkeletonRows rows={Math.min(count, SHOWN)} />}>
          {({ sessions: rows }) => (
            <DataTable
              caption="Open sessions"
              rows={rows}
              columns={COLUMNS}
              noKeys={noKeys}
              rowKey={(session) => session.id}
              rowHref={(session) => paths.session(session.id)}
            />
          )}
        </Loaded>
      )}
    </Section>
  );
}

function Refused({ count }: { readonly count: number }) {
  return count === 0 ? <span className="text-muted">0</span> : <span className="text-deny">{count} refused</span>;
}
