import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type KeyboardEvent, type ReactNode, useState } from 'react';
import { answerApproval, key } from '../../api/queries.ts';
import type { Approval, ApprovalAnswer } from '../../api/types.ts';
import { Asked } from '../../parts/http/Asked.tsx';
import { Button } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { Field, TextArea } from '../../ui/Field.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { useToast } from '../../ui/Toast.tsx';
import { standingWords } from './standing-words.ts';

export type Answer = ApprovalAnswer['answer'];

/** As the API takes it. */
const MOST_REASON = 4000;

interface AnswerDialogProps {
  readonly approval: Approval;
  readonly answer: Answer;
  /** Somebody else decided it, or its client left, while this was open. */
  readonly isOver: boolean;
  readonly onClose: () => void;
  /** What the answer brings about. */
  readonly children: ReactNode;
}

/** The second step, with the reason: no single key approves anything. What is shown afterwards is what the server says. */
export function AnswerDialog({ approval, answer, isOver, onClose, children }: AnswerDialogProps) {
  const [reason, setReason] = useState('');
  const send = useAnswer(approval, answer, onClose);
  // An answer of one's own that is on its way makes it over, too.
  const isTooLate = isOver && !send.isPending && !send.isSuccess;
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && (event.metaKey || event.ctrlKey) && !send.isPending && !isTooLate) send.mutate(reason);
  };
  const isApproval = answer === 'approve';
  return (
    <Dialog
      open
      onClose={onClose}
      title={isApproval ? 'Approve this request' : 'Deny this request'}
      footer={
        <>
          <Button onClick={onClose}>{isTooLate ? 'Close' : 'Cancel'}</Button>
          <Button
            disabled={isTooLate}
            variant={isApproval ? 'primary' : 'danger'}
            busy={send.isPending}
            hint="Ctrl ↵"
            onClick={() => send.mutate(reason)}
          >
            {isApproval ? 'Approve' : 'Deny'}
          </Button>
        </>
      }
    >
      <div className="grid gap-3">
        <p className="line-clamp-3 border-l-2 border-line-strong pl-3 font-mono text-sm">
          <Asked text={approval.text} line={approval.line} />
        </p>
        <p className="text-muted">{children}</p>
        <Field
          label={isApproval ? 'Reason' : 'Reason, which the agent is told'}
          hint="Goes into the record with your name. May be left empty."
        >
          {(control) => (
            <TextArea
              {...control}
              data-autofocus="field"
              rows={3}
              maxLength={MOST_REASON}
              value={reason}
              onChange={(event) => setReason(event.target.value)}
              onKeyDown={onKey}
            />
          )}
        </Field>
        {isTooLate && <TooLate approval={approval} />}
        {send.error !== null && <Problem error={send.error} />}
      </div>
    </Dialog>
  );
}

function useAnswer(approval: Approval, answer: Answer, onDone: () => void) {
  const queries = useQueryClient();
  const say = useToast();
  return useMutation({
    mutationFn: (reason: string) =>
      answerApproval(approval.id, {
        answer,
        digest: approval.digest,
        ...(reason.trim() !== '' && { reason: reason.trim() }),
      }),
    onSuccess: async (now) => {
      // What was read before the answer must not come after it.
      await queries.cancelQueries({ queryKey: key.approval(approval.id) });
      queries.setQueryData(key.approval(approval.id), now);
      // It may have been used already, and told so while the answer was on its way.
      void queries.invalidateQueries({ queryKey: key.approval(approval.id) });
      void queries.invalidateQueries({ queryKey: key.approvals });
      void queries.invalidateQueries({ queryKey: key.overview });
      say(saidOf(now, answer), answer === 'approve' ? 'permit' : 'deny');
      onDone();
    },
    // Somebody else was quicker, or it is another request by now: show how it stands.
    onError: () => void queries.invalidateQueries({ queryKey: key.approval(approval.id) }),
  });
}

function TooLate({ approval }: { readonly approval: Approval }) {
  return (
    <p role="alert" className="rounded-md border border-hold bg-hold-soft px-3 py-2">
      There is nothing to answer any more. {standingWords(approval)}.
    </p>
  );
}

function saidOf(now: Approval, answer: Answer): string {
  if (now.state === 'approved') return 'Approved';
  if (now.state === 'denied') return 'Denied';
  return answer === 'approve' ? 'Your approval counts; others must follow' : `It is ${now.state}`;
}
