import { useState } from 'react';
import type { ErasureView, HoldView, Run } from '../../api/types.ts';
import { useCan } from '../../parts/me.ts';
import { Badge } from '../../ui/Badge.tsx';
import { Button } from '../../ui/Button.tsx';
import { Mono, Visible } from '../../ui/Code.tsx';
import { Section } from '../../ui/Page.tsx';
import { Time } from '../../ui/Time.tsx';
import { progressWords, reasonWords, whoWords } from './bodies-words.ts';
import { EraseDialog } from './EraseDialog.tsx';
import { LiftDialog, PlaceDialog } from './HoldDialog.tsx';

type Asked = 'erase' | 'hold' | HoldView;

/** What the run sent and was answered: whether it is kept, what keeps it, and the end of it. */
export function RunBodies({ run }: { readonly run: Run }) {
  const [asked, setAsked] = useState<Asked>();
  const mayErase = useCan('bodies:erase');
  const mayHold = useCan('holds:write');
  const { erasure, holds } = run;
  const isErasable = run.closedAt !== undefined && (erasure === undefined || erasure.state === 'pending');
  const close = () => setAsked(undefined);
  return (
    <Section
      title="What it sent and was answered"
      actions={
        <span className="flex flex-wrap gap-2">
          {mayHold && erasure?.state !== 'done' && <Button onClick={() => setAsked('hold')}>Place a hold…</Button>}
          {mayErase && isErasable && (
            <Button variant="danger" onClick={() => setAsked('erase')}>
              Erase…
            </Button>
          )}
        </span>
      }
    >
      {erasure === undefined ? <p>It is kept.</p> : <Erased erasure={erasure} />}
      <ul className="divide-y divide-line">
        {holds.map((hold) => (
          <li key={hold.id} className="flex flex-wrap items-center gap-2 py-2">
            <Badge tone="hold">On hold</Badge>
            <span className="min-w-0 wrap-anywhere">
              <Visible text={hold.reason} />
            </span>
            <span className="text-sm text-muted">
              <Mono text={hold.id} />, by <Visible text={whoWords(hold.placedBy)} /> <Time at={hold.placedAt} />
            </span>
            {mayHold && (
              <Button size="sm" onClick={() => setAsked(hold)}>
                Lift…
              </Button>
            )}
          </li>
        ))}
      </ul>
      {asked === 'erase' && <EraseDialog run={run} onClose={close} />}
      {asked === 'hold' && <PlaceDialog run={run} onClose={close} />}
      {typeof asked === 'object' && <LiftDialog run={run} hold={asked} onClose={close} />}
    </Section>
  );
}

function Erased({ erasure }: { readonly erasure: ErasureView }) {
  const { state, by, askedAt, doneAt, note, hold } = erasure;
  const progress = progressWords(erasure);
  return (
    <div className="grid gap-1">
      <p className="flex flex-wrap items-center gap-2">
        <Badge tone={state === 'done' ? 'neutral' : 'hold'}>
          {state === 'pending' ? 'Waits for a hold' : state === 'done' ? 'Erased' : 'Being erased'}
        </Badge>
        <span>
          by <Visible text={whoWords(by)} />, because of <Visible text={reasonWords(erasure)} />,{' '}
          <Time at={doneAt ?? askedAt} />
        </span>
        {hold !== undefined && <Mono text={hold} className="text-muted" />}
        {progress !== undefined && (
          <span className="text-muted">
            <Visible text={progress} />
          </span>
        )}
      </p>
      {note !== undefined && (
        <p className="text-muted wrap-anywhere">
          <Visible text={note} />
        </p>
      )}
      {state === 'done' && (
        <p className="text-sm text-muted">
          Its key was destroyed. What was decided is in the log still, which can be verified as before.
        </p>
      )}
    </div>
  );
}
