import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../../api/client.ts';
import { key } from '../../api/queries.ts';
import type { HoldView, Run } from '../../api/types.ts';
import { Button } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { Field, TextArea } from '../../ui/Field.tsx';
import { Problem } from '../../ui/Problem.tsx';

interface HoldDialogProps {
  readonly run: Run;
  readonly onClose: () => void;
}

/** Keeps one run from being erased; holds on more than one are placed at the command line. */
export function PlaceDialog({ run, onClose }: HoldDialogProps) {
  return (
    <Reasoned
      run={run}
      onClose={onClose}
      title="Place a hold on this run"
      action="Place the hold"
      words="Nothing of the run is erased while the hold stands, whoever asks and whatever a retention rule says."
      send={(reason) => call('POST', '/v1/holds', { body: { run: run.id, reason } })}
    />
  );
}

export function LiftDialog({ run, hold, onClose }: HoldDialogProps & { readonly hold: HoldView }) {
  const isWider = hold.run === undefined;
  return (
    <Reasoned
      run={run}
      onClose={onClose}
      title="Lift the hold"
      action="Lift it"
      words={
        isWider
          ? 'It is a hold on more than this run. An erasure that waited for it is done at once.'
          : 'An erasure that waited for it is done at once.'
      }
      send={(reason) => call('DELETE', `/v1/holds/${encodeURIComponent(hold.id)}`, { body: { reason } })}
    />
  );
}

interface ReasonedProps extends HoldDialogProps {
  readonly title: string;
  readonly action: string;
  readonly words: string;
  readonly send: (reason: string) => Promise<unknown>;
}

function Reasoned({ run, onClose, title, action, words, send }: ReasonedProps) {
  const [reason, setReason] = useState('');
  const queries = useQueryClient();
  const sending = useMutation({
    mutationFn: () => send(reason.trim()),
    onSuccess: onClose,
    onSettled: () => queries.invalidateQueries({ queryKey: key.run(run.id) }),
  });
  return (
    <Dialog
      open
      onClose={onClose}
      title={title}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            variant="primary"
            busy={sending.isPending}
            disabled={reason.trim() === ''}
            onClick={() => sending.mutate()}
          >
            {action}
          </Button>
        </>
      }
    >
      <div className="grid gap-4">
        <p>{words}</p>
        <Field label="Why" hint="Kept beside the hold; never in the log.">
          {(control) => (
            <TextArea
              {...control}
              rows={2}
              value={reason}
              maxLength={2000}
              onChange={(event) => setReason(event.target.value)}
            />
          )}
        </Field>
        {sending.error !== null && <Problem error={sending.error} />}
      </div>
    </Dialog>
  );
}
