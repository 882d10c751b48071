import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../../api/client.ts';
import { key } from '../../api/queries.ts';
import type { GrantView, Run } from '../../api/types.ts';
import { useCan } from '../../parts/me.ts';
import { paths } from '../../paths.ts';
import { Badge } from '../../ui/Badge.tsx';
import { Button } from '../../ui/Button.tsx';
import { Visible } from '../../ui/Code.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { Section } from '../../ui/Page.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { AppLink } from '../../ui/routing.tsx';
import { Time } from '../../ui/Time.tsx';

interface Given {
  readonly grant: GrantView;
  readonly given: GrantView['given'][number];
}

/** The targets that people gave the run while it went on, beside those that its trust rules did. */
export function RunTargets({ run }: { readonly run: Run }) {
  const mayRevoke = useCan('grants:revoke');
  const [revoking, setRevoking] = useState<Given>();
  const all = run.grants.flatMap((grant) => grant.given.map((given) => ({ grant, given })));
  if (all.length === 0) return null;
  return (
    <Section title="Targets given by people">
      <ul className="divide-y divide-line border-y border-line">
        {all.map(({ grant, given }) => {
          const isGood = grant.state === 'active' && grant.targets.includes(given.target);
          return (
            <li key={given.approval} className="flex flex-wrap items-center gap-x-3 gap-y-1 py-2">
              <span className="font-medium">
                <Visible text={given.target} />
              </span>
              <Badge tone={isGood ? 'permit' : 'neutral'}>{stateWords(given, isGood)}</Badge>
              <span className="text-sm text-muted">
                since <Time at={given.givenAt} />
                {given.expiresAt !== undefined && (
                  <>
                    , until <Time at={given.expiresAt} />
                  </>
                )}
                , by{' '}
                <AppLink
                  href={paths.approval(given.approval)}
                  className="text-text underline decoration-line underline-offset-2"
                >
                  an approval
                </AppLink>
              </span>
              {mayRevoke && isGood && given.revokedAt === undefined && (
                <Button size="sm" className="ml-auto" onClick={() => setRevoking({ grant, given })}>
                  Take back…
                </Button>
              )}
            </li>
          );
        })}
      </ul>
      {revoking !== undefined && <TakeBack run={run.id} {...revoking} onClose={() => setRevoking(undefined)} />}
    </Section>
  );
}

function stateWords({ revokedAt }: Given['given'], isGood: boolean): string {
  if (revokedAt !== undefined) return 'Taken back';
  return isGood ? 'May enter' : 'Over';
}

interface TakeBackProps extends Given {
  readonly run: string;
  readonly onClose: () => void;
}

function TakeBack({ run, grant, given, onClose }: TakeBackProps) {
  const client = useQueryClient();
  const path = `/v1/grants/${encodeURIComponent(grant.id)}/targets/${encodeURIComponent(given.target)}`;
  const revoke = useMutation({
    mutationFn: () => call('DELETE', path),
    onSuccess: async () => {
      onClose();
      await client.invalidateQueries({ queryKey: key.run(run) });
    },
  });
  return (
    <Dialog
      open
      onClose={onClose}
      title="Take the target back?"
      footer={
        <>
          <Button onClick={onClose}>Leave it</Button>
          <Button variant="danger" busy={revoke.isPending} onClick={() => revoke.mutate()}>
            Take back
          </Button>
        </>
      }
    >
      <p className="max-w-prose">
        What the run does in <Visible text={given.target} /> ends at once, in every gateway, and it may not enter it
        again unless people approve that anew. The log keeps who did this.
      </p>
      {revoke.error !== null && <Problem error={revoke.error} />}
    </Dialog>
  );
}
