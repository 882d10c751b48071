import { ShieldCheck } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { Button } from '../../ui/Button.tsx';
import { CheckLine } from './CheckLine.tsx';
import type { RecordingSnapshot } from './use-recording.ts';

/** A session no longer than this is checked without being asked: it takes a blink. */
const CHECKED_BY_ITSELF = 5_000;

const Verdict = lazy(async () => ({ default: (await import('./SessionVerdict.tsx')).SessionVerdict }));

interface SessionCheckProps {
  readonly session: string;
  readonly snapshot: RecordingSnapshot;
}

/** Whether the recording is what was recorded: checked in this browser, once the session is over. */
export function SessionCheck({ session, snapshot: { recording, state } }: SessionCheckProps) {
  const [wanted, setWanted] = useState(false);
  // One that goes on is sealed later: there is nothing to check yet.
  if (state.kind === 'following' || state.kind === 'failed') return null;
  if (state.kind === 'loading') return <CheckLine />;
  if (!wanted && recording.eventCount > CHECKED_BY_ITSELF) {
    return (
      <Button size="sm" className="justify-self-start" icon={<ShieldCheck />} onClick={() => setWanted(true)}>
        Check these {recording.eventCount.toLocaleString('en')} events in this browser
      </Button>
    );
  }
  return (
    <Suspense fallback={<CheckLine />}>
      <Verdict session={session} />
    </Suspense>
  );
}
