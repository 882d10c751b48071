import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { meQuery } from '../../api/queries.ts';
import { Button } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { Section } from '../../ui/Page.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { useToast } from '../../ui/Toast.tsx';
import { editPerson, endSessions, type PersonVersion } from './queries.ts';

/** Logging somebody out everywhere, and shutting them out. */
export function Access({
  version: { person, etag },
  isMe,
}: {
  readonly version: PersonVersion;
  readonly isMe: boolean;
}) {
  const [asking, setAsking] = useState<'logout' | 'disable'>();
  const queries = useQueryClient();
  const say = useToast();
  const close = () => setAsking(undefined);
  const logout = useMutation({
    mutationFn: () => endSessions(person.id),
    onSuccess: async (ended) => {
      close();
      say(`Logged out of ${ended} ${ended === 1 ? 'browser' : 'browsers'}`);
      if (isMe) await queries.invalidateQueries({ queryKey: meQuery.queryKey });
    },
  });
  const disable = useMutation({
    mutationFn: () => editPerson(person.id, etag, { disabled: !person.disabled }),
    onSuccess: () => {
      close();
      say(person.disabled ? `${person.login} may log in again` : `${person.login} is shut out`);
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ['people'] }),
  });
  return (
    <Section title="Access">
      <p className="max-w-prose text-muted">
        {person.disabled
          ? 'They are shut out: they cannot log in, and their tokens are void.'
          : 'Shutting somebody out ends their sessions and their tokens at once. What they did stays in the log.'}
      </p>
      <div className="flex flex-wrap gap-2">
        <Button onClick={() => setAsking('logout')}>Log out everywhere…</Button>
        {person.disabled ? (
          <Button busy={disable.isPending} onClick={() => disable.mutate()}>
            Let in again
          </Button>
        ) : (
          <Button variant="danger" disabled={isMe} onClick={() => setAsking('disable')}>
            Shut out…
          </Button>
        )}
      </div>
      {isMe && <p className="text-sm text-muted">You cannot shut yourself out; another administrator can.</p>}
      {asking === undefined && disable.error !== null && <Problem error={disable.error} />}
      {asking !== undefined && (
        <Confirm
          what={asking}
          login={person.login}
          isMe={isMe}
          isBusy={disable.isPending || logout.isPending}
          error={asking === 'disable' ? disable.error : logout.error}
          onClose={close}
          onConfirm={() => (asking === 'disable' ? disable.mutate() : logout.mutate())}
        />
      )}
    </Section>
  );
}

interface ConfirmProps {
  readonly what: 'logout' | 'disable';
  readonly login: string;
  readonly isMe: boolean;
  readonly isBusy: boolean;
  readonly error: Error | null;
  readonly onClose: () => void;
  readonly onConfirm: () => void;
}

function Confirm({ what, login, isMe, isBusy, error, onClose, onConfirm }: ConfirmProps) {
  const ownWords = 'That ends this browser’s session too: you will log in again.';
  const words = isMe ? ownWords : 'Every browser of theirs has to log in again. Their tokens stay.';
  return (
    <Dialog
      open
      onClose={onClose}
      title={what === 'disable' ? `Shut ${login} out?` : `Log ${login} out everywhere?`}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="danger" busy={isBusy} onClick={onConfirm}>
            {what === 'disable' ? 'Shut out' : 'Log out'}
          </Button>
        </>
      }
    >
      <p>
        {what === 'disable'
          ? 'Their browsers are logged out, their tokens are void, and the provider’s word no longer lets them in.'
          : words}
      </p>
      {error !== null && <Problem error={error} />}
    </Dialog>
  );
}
