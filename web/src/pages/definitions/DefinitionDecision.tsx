import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { key } from '../../api/queries.ts';
import type { DefinitionDetails } from '../../api/types.ts';
import { useCan } from '../../parts/me.ts';
import { Button } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { Field, TextArea } from '../../ui/Field.tsx';
import { Section } from '../../ui/Page.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { useToast } from '../../ui/Toast.tsx';
import { answerDefinition, type DefinitionAnswer } from './queries.ts';

/** What may be done about a definition, and what that brings about. */
export function DefinitionDecision({ definition }: { readonly definition: DefinitionDetails }) {
  const mayDecide = useCan('definitions:decide');
  const [answer, setAnswer] = useState<DefinitionAnswer>();
  const { standing } = definition;
  return (
    <Section title="Decision">
      <p className="text-muted">{STANDS[standing]}</p>
      {mayDecide ? (
        <div className="flex flex-wrap gap-2">
          {standing !== 'accepted' && (
            <Button variant="primary" onClick={() => setAnswer('accept')}>
              Accept…
            </Button>
          )}
          {standing !== 'rejected' && <Button onClick={() => setAnswer('reject')}>Reject…</Button>}
        </div>
      ) : (
        <p className="text-sm text-muted">Deciding takes the role approver, operator or admin.</p>
      )}
      {answer !== undefined && (
        <AnswerDefinition definition={definition} answer={answer} onClose={() => setAnswer(undefined)} />
      )}
    </Section>
  );
}

const STANDS: Readonly<Record<DefinitionDetails['standing'], string>> = {
  new: 'Agents neither see it nor can use it until somebody accepts it.',
  changed: 'It was accepted in another form. Agents neither see it nor can use it until somebody accepts this one.',
  accepted: 'Agents see it, and can use it where a policy permits.',
  rejected: 'Agents neither see it nor can use it. What the server says otherwise later is put before people again.',
};

/** As the API takes it. */
const MOST_REASON = 4000;

interface AnswerDefinitionProps {
  readonly definition: DefinitionDetails;
  readonly answer: DefinitionAnswer;
  readonly onClose: () => void;
}

/** The second step, with the reason. The answer is to the form that was on the page when the dialog opened. */
function AnswerDefinition({ definition, answer, onClose }: AnswerDefinitionProps) {
  const [reason, setReason] = useState('');
  const [digest] = useState(definition.current.digest);
  const send = useAnswer(definition.id, answer, onClose);
  const isAccept = answer === 'accept';
  const findings = definition.current.findings.length;
  return (
    <Dialog
      open
      onClose={onClose}
      title={isAccept ? 'Accept this definition' : 'Reject this definition'}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            variant={isAccept ? 'primary' : 'danger'}
            busy={send.isPending}
            onClick={() => send.mutate({ digest, reason: reason.trim() })}
          >
            {isAccept ? 'Accept' : 'Reject'}
          </Button>
        </>
      }
    >
      <div className="grid gap-3">
        <p className="text-muted">
          {isAccept
            ? 'From now on agents see it in this form, at every gateway.'
            : 'From now on it is hidden and refused in this form, at every gateway.'}
        </p>
        {isAccept && findings > 0 && (
          <p role="alert" className="rounded-md border border-deny bg-deny-soft px-3 py-2">
            {findings === 1 ? 'One thing in it looks' : `${findings} things in it look`} like a trap. Read it first.
          </p>
        )}
        <Field label="Reason" hint="Kept with your name. May be left empty.">
          {(control) => (
            <TextArea
              {...control}
              data-autofocus="field"
              rows={3}
              maxLength={MOST_REASON}
              value={reason}
              onChange={(event) => setReason(event.target.value)}
            />
          )}
        </Field>
        {send.error !== null && <Problem error={send.error} />}
      </div>
    </Dialog>
  );
}

function useAnswer(id: string, answer: DefinitionAnswer, onDone: () => void) {
  const queries = useQueryClient();
  const say = useToast();
  return useMutation({
    mutationFn: ({ digest, reason }: { readonly digest: string; readonly reason: string }) =>
      answerDefinition(id, answer, { digest, ...(reason !== '' && { reason }) }),
    onSuccess: async (now) => {
      // What was read before the answer must not come after it.
      await queries.cancelQueries({ queryKey: key.definition(id) });
      queries.setQueryData(key.definition(id), now);
      void queries.invalidateQueries({ queryKey: key.definitions });
      void queries.invalidateQueries({ queryKey: key.overview });
      say(answer === 'accept' ? 'Accepted' : 'Rejected', answer === 'accept' ? 'permit' : 'deny');
      onDone();
    },
    // The server says something else by now: show that.
    onError: () => void queries.invalidateQueries({ queryKey: key.definition(id) }),
  });
}
