import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../../api/client.ts';
import { key, meQuery } from '../../api/queries.ts';
import type { LogAlarm } from '../../api/types.ts';
import { Button } from '../../ui/Button.tsx';
import { Mono, Visible } from '../../ui/Code.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { Time } from '../../ui/Time.tsx';

interface AlarmsProps {
  readonly alarms: readonly LogAlarm[];
  /** They keep new runs out. */
  readonly stopped: boolean;
}

/** What witnesses hold against the log, the newest first; an administrator says that one was looked into. */
export function Alarms({ alarms, stopped }: AlarmsProps) {
  const scopes = useQuery(meQuery).data?.scopes ?? [];
  const [asked, setAsked] = useState<LogAlarm | undefined>();
  if (alarms.length === 0) return null;
  return (
    <>
      {stopped && <p className="text-deny">Nobody new is let in before an administrator looked into what is proven.</p>}
      <ul aria-label="Alarms" className="flex flex-col gap-2">
        {alarms.toReversed().map((alarm) => (
          <li key={alarm.id} className="flex flex-col items-start gap-1">
            <span className={alarm.acknowledged === undefined ? 'text-deny' : 'text-muted'}>
              <Time at={alarm.at} /> <Happened alarm={alarm} />
            </span>
            {alarm.acknowledged === undefined && scopes.includes('log:write') && (
              <Button size="sm" onClick={() => setAsked(alarm)}>
                It was looked into…
              </Button>
            )}
          </li>
        ))}
      </ul>
      {asked !== undefined && <Acknowledge alarm={asked} onClose={() => setAsked(undefined)} />}
    </>
  );
}

const KINDS = {
  rollback: 'has seen more entries of this log than it has',
  'split-view': 'has seen another log under this name',
} as const;
const CAUSES = {
  rollback: 'An older copy of the data directory was put back, or runs beside the real one.',
  'split-view': 'The history was changed, or the log is run twice.',
} as const;

function Happened({ alarm: { id, kind, proven, witness, acknowledged, theirSize } }: { readonly alarm: LogAlarm }) {
  return (
    <>
      witness <Visible text={witness} /> {KINDS[kind]}
      {theirSize !== undefined && `: ${theirSize}`},{' '}
      {proven ? 'and proves it with our own signature' : 'and shows no proof'}
      {acknowledged === undefined ? (
        ` (${id})`
      ) : (
        <>
          , looked into <Time at={acknowledged.at} /> by <Visible text={acknowledged.by} />
        </>
      )}
    </>
  );
}

function Acknowledge({ alarm, onClose }: { readonly alarm: LogAlarm; readonly onClose: () => void }) {
  const queries = useQueryClient();
  const path = `/v1/log/alarms/${encodeURIComponent(alarm.id)}/acknowledge`;
  const change = useMutation({
    mutationFn: () => call('POST', path),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: key.log });
      onClose();
    },
  });
  return (
    <Dialog
      open
      onClose={onClose}
      title="Was this alarm looked into?"
      footer={
        <>
          <Button onClick={onClose}>Not yet</Button>
          <Button variant="danger" busy={change.isPending} onClick={() => change.mutate()}>
            It was looked into
          </Button>
        </>
      }
    >
      <div className="grid gap-3">
        <p>
          <Happened alarm={alarm} />. {CAUSES[alarm.kind]}
        </p>
        <p>
          {alarm.proven
            ? 'After this it keeps nobody out any more. It stays in the list, in the log under your name, and verifiers go on failing this log for it.'
            : 'A faulty witness can say this too. It stays in the list, and in the log under your name.'}
        </p>
        <p>
          <Mono text={alarm.id} />
        </p>
        {change.error !== null && <Problem error={change.error} />}
      </div>
    </Dialog>
  );
}
