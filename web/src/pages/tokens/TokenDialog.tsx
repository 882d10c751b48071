import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { OperatorToken } from '../../api/types.ts';
import { useCan, useMe } from '../../parts/me.ts';
import { Button } from '../../ui/Button.tsx';
import { Mono, Visible } from '../../ui/Code.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { Facts } from '../../ui/Page.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { Time } from '../../ui/Time.tsx';
import { useToast } from '../../ui/Toast.tsx';
import { revokeToken } from './queries.ts';

/** One token: all of its scopes, and its end. */
export function TokenDialog({ token, onClose }: { readonly token: OperatorToken; readonly onClose: () => void }) {
  const queries = useQueryClient();
  const say = useToast();
  const me = useMe();
  const mayRevoke = useCan('tokens:write') || (token.person !== undefined && token.person === me?.person?.login);
  const revoke = useMutation({
    mutationFn: () => revokeToken(token.id),
    onSuccess: async () => {
      onClose();
      say(`Revoked ${token.name}`);
      await queries.invalidateQueries({ queryKey: ['tokens'] });
    },
  });
  return (
    <Dialog
      open
      onClose={onClose}
      title={token.name}
      footer={
        <>
          <Button onClick={onClose}>Close</Button>
          {mayRevoke && token.state === 'active' && (
            <Button variant="danger" busy={revoke.isPending} onClick={() => revoke.mutate()}>
              Revoke now
            </Button>
          )}
        </>
      }
    >
      <div className="grid gap-4">
        <Facts
          items={[
            ['Id', <Mono key="id" text={token.id} />],
            ['State', token.state],
            ['Whose', token.person === undefined ? 'automation' : <Visible key="person" text={token.person} />],
            ['Role', token.role],
            ['Scopes', <Mono key="scopes" text={token.scopes.join(' ')} />],
            ['Made', <Time key="made" at={token.createdAt} />],
            ['Expires', token.expiresAt === undefined ? 'never' : <Time key="expires" at={token.expiresAt} />],
          ]}
        />
        {mayRevoke && token.state === 'active' && (
          <p className="text-sm text-muted">Revoking is at once, and cannot be undone.</p>
        )}
        {revoke.error !== null && <Problem error={revoke.error} />}
      </div>
    </Dialog>
  );
}
