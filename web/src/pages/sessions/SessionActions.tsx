import { useQuery } from '@tanstack/react-query';
import { Download, ShieldCheck, Square } from 'lucide-react';
import { useState } from 'react';
import { meQuery } from '../../api/queries.ts';
import type { SessionView } from '../../api/types.ts';
import { paths } from '../../paths.ts';
import { Button, buttonClass } from '../../ui/Button.tsx';
import { Menu } from '../../ui/Menu.tsx';
import { AppLink } from '../../ui/routing.tsx';
import { EndSession } from './EndSession.tsx';
import type { Recording } from './recording.ts';
import { sqlLines } from './sql-download.ts';

interface SessionActionsProps {
  readonly session: SessionView;
  readonly recording: Recording;
}

/** Check it, take it along, end it. */
export function SessionActions({ session, recording }: SessionActionsProps) {
  const scopes = useQuery(meQuery).data?.scopes ?? [];
  const [ending, setEnding] = useState(false);
  return (
    <>
      <AppLink href={`${paths.log()}?${new URLSearchParams({ session: session.id })}`} className={buttonClass()}>
        <ShieldCheck />
        Verify
      </AppLink>
      {scopes.includes('recordings:read') && (
        <Menu
          trigger={<Button icon={<Download />}>Download</Button>}
          items={[
            {
              label: 'Recording, JSON lines',
              onSelect: () =>
                download(`/v1/sessions/${encodeURIComponent(session.id)}/recording`, `${session.id}.jsonl`),
            },
            // Requests of HTTP are no SQL; `chaperone replay --har` has them as an archive.
            ...(recording.entries.some(({ http }) => http)
              ? []
              : [{ label: 'Statements, SQL', onSelect: () => downloadSql(recording, session.id) }]),
          ]}
        />
      )}
      {session.live && scopes.includes('sessions:end') && (
        <Button icon={<Square />} onClick={() => setEnding(true)}>
          End session
        </Button>
      )}
      <EndSession session={session} open={ending} onClose={() => setEnding(false)} />
    </>
  );
}

function downloadSql(recording: Recording, session: string): void {
  const url = URL.createObjectURL(new Blob([...sqlLines(recording, session)], { type: 'application/sql' }));
  download(url, `${session}.sql`);
  // The browser has taken it by then; the address holds the whole text in memory until it is revoked.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

function download(url: string, name: string): void {
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
}
