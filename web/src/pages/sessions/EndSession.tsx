import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { SessionView } from '../../api/types.ts';
import { Button } from '../../ui/Button.tsx';
import { Visible } from '../../ui/Code.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { Field, TextArea } from '../../ui/Field.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { useToast } from '../../ui/Toast.tsx';
import { endSession } from './session-queries.ts';

interface EndSessionProps {
  readonly session: SessionView;
  readonly open: boolean;
  readonly onClose: () => void;
}

/** Asks why, and ends the session. The reason goes into the log. */
export function EndSession({ session, open, onClose }: EndSessionProps) {
  const [reason, setReason] = useState('');
  const queries = useQueryClient();
  const say = useToast();
  const ending = useMutation({
    mutationFn: () => endSession(session.id, reason.trim()),
    onSuccess: () => {
      say('The session is being ended');
      void queries.invalidateQueries({ queryKey: ['session'] });
      onClose();
    },
  });
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title="End this session?"
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            variant="danger"
            busy={ending.isPending}
            disabled={reason.trim() === ''}
            onClick={() => ending.mutate()}
          >
            End session
          </Button>
        </>
      }
    >
      <div className="grid gap-4">
        <p>
          The connection of <Visible text={session.principal} /> to <Visible text={session.target} /> is closed at once.
          A statement that is running there is cancelled. Its other sessions go on, and it may open new ones while its
          grant holds.
        </p>
        <Field label="Why" hint="It goes into the audit log, with your name.">
          {(control) => (
            <TextArea {...control} value={reason} maxLength={500} onChange={(event) => setReason(event.target.value)} />
          )}
        </Field>
        {ending.error !== null && <Problem error={ending.error} />}
      </div>
    </Dialog>
  );
}
