import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Loaded } from '../../ui/Loaded.tsx';
import { Page, Section } from '../../ui/Page.tsx';
import { useSearchState } from '../../ui/routing.tsx';
import { type Tab, Tabs } from '../../ui/Tabs.tsx';
import { AuditPack } from './AuditPack.tsx';
import { Entries } from './Entries.tsx';
import { Exports } from './Exports.tsx';
import { KeyWarning } from './KeyWarning.tsx';
import { LogHealthFacts } from './LogHealthFacts.tsx';
import { Meaning } from './Meaning.tsx';
import { forgetPin, type LogPin, readPin } from './pin.ts';
import { logQuery } from './queries.ts';
import { VerifyLog } from './VerifyLog.tsx';
import { VerifyNewest } from './VerifyNewest.tsx';
import { VerifySession } from './VerifySession.tsx';

/** The audit log: how it is, and whether it holds, computed here. */
export function LogPage() {
  const status = useQuery(logQuery);
  const [search] = useSearchState();
  const [pin, setPin] = useState<LogPin | undefined>(() => readPin(localStorage));
  const [tab, setTab] = useState(search['session'] === undefined ? 'log' : 'session');
  const tabs: readonly Tab[] = [
    { value: 'log', label: 'The log', content: <VerifyLog pin={pin} onPinned={setPin} /> },
    { value: 'session', label: 'A session', content: <VerifySession /> },
    { value: 'newest', label: 'The newest sessions', content: <VerifyNewest /> },
  ];
  return (
    <Page
      title="Log"
      description="Every request and every answer is committed to in one Merkle tree that only grows. Here you check that yourself."
    >
      <Loaded query={status}>
        {(log) => (
          <>
            {pin !== undefined && pin.verifierKey !== log.verifierKey && (
              <KeyWarning
                pin={pin}
                shown={log.verifierKey}
                onForget={() => {
                  forgetPin(localStorage);
                  setPin(undefined);
                }}
              />
            )}
            <div className="grid gap-x-10 gap-y-6 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
              <Section title="Verify in this browser">
                <Tabs label="What to verify" value={tab} onChange={setTab} tabs={tabs} />
              </Section>
              <div className="grid min-w-0 content-start gap-6">
                <LogHealthFacts status={log} />
                <Meaning />
              </div>
            </div>
            <AuditPack />
            <Exports />
            <Entries size={log.size} />
          </>
        )}
      </Loaded>
    </Page>
  );
}
