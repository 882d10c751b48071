import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../../api/client.ts';
import { key } from '../../api/queries.ts';
import type { ErasureView, Run } from '../../api/types.ts';
import { Button } from '../../ui/Button.tsx';
import { Mono } from '../../ui/Code.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { Field, Input, Select, TextArea } from '../../ui/Field.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { REASONS } from './bodies-words.ts';

interface EraseDialogProps {
  readonly run: Run;
  readonly onClose: () => void;
}

/** Asks for why, and for the run's id, before what cannot be undone. */
export function EraseDialog({ run, onClose }: EraseDialogProps) {
  const [reason, setReason] = useState('data-subject');
  const [note, setNote] = useState('');
  const [typed, setTyped] = useState('');
  const queries = useQueryClient();
  const erase = useMutation({
    mutationFn: async () => {
      const body = { reason, ...(note.trim() === '' ? {} : { note: note.trim() }) };
      return (await call<ErasureView>('DELETE', `/v1/runs/${encodeURIComponent(run.id)}/bodies`, { body })).data;
    },
    onSuccess: onClose,
    // Where a hold is in the way the erasure waits, and the page says so.
    onSettled: () => queries.invalidateQueries({ queryKey: key.run(run.id) }),
  });
  return (
    <Dialog
      open
      onClose={onClose}
      title="Erase what the run sent and was answered"
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            variant="danger"
            busy={erase.isPending}
            disabled={typed.trim() !== run.id}
            onClick={() => erase.mutate()}
          >
            Erase for good
          </Button>
        </>
      }
    >
      <div className="grid gap-4">
        <p>
          Statements, parameters and replies of its {run.sessionList.length} sessions become unreadable, on every
          gateway that served it. Nothing brings them back. What was decided stays in the log.
        </p>
        <Reason reason={reason} onChange={setReason} />
        <Field label="In words" hint="Kept with the run, sealed; never in the log.">
          {(control) => (
            <TextArea
              {...control}
              rows={2}
              value={note}
              maxLength={2000}
              onChange={(event) => setNote(event.target.value)}
            />
          )}
        </Field>
        <p>
          To go on, type <Mono text={run.id} />
        </p>
        <Field label="The run’s id">
          {(control) => (
            <Input {...control} value={typed} autoComplete="off" onChange={(event) => setTyped(event.target.value)} />
          )}
        </Field>
        {erase.error !== null && <Problem error={erase.error} />}
      </div>
    </Dialog>
  );
}

function Reason({ reason, onChange }: { readonly reason: string; readonly onChange: (reason: string) => void }) {
  return (
    <Field label="Reason">
      {(control) => (
        <Select {...control} value={reason} onChange={(event) => onChange(event.target.value)}>
          {Object.entries(REASONS).map(([code, words]) => (
            <option key={code} value={code}>
              {words}
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
}
