import { useMutation } from '@tanstack/react-query';
import { ScanSearch } from 'lucide-react';
import { call } from '../../api/client.ts';
import type { Classification } from '../../api/types.ts';
import { useCan } from '../../parts/me.ts';
import { paths } from '../../paths.ts';
import { Button } from '../../ui/Button.tsx';
import { Mono, Visible } from '../../ui/Code.tsx';
import { Section } from '../../ui/Page.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { AppLink } from '../../ui/routing.tsx';
import { ProposedClasses } from './ProposedClasses.tsx';

/** Samples the target and shows what its columns may hold, to be taken over one by one. */
export function ClassifyTarget({ target }: { readonly target: string }) {
  const mayClassify = useCan('configuration:write');
  const sample = useMutation({
    mutationFn: async () =>
      (await call<Classification>('POST', `/v1/targets/${encodeURIComponent(target)}/classify`)).data,
  });
  if (!mayClassify) return null;
  const found = sample.data;
  return (
    <Section
      title="What else could be classified?"
      actions={
        <Button icon={<ScanSearch />} busy={sample.isPending} onClick={() => sample.mutate()}>
          Propose classes
        </Button>
      }
    >
      {sample.error !== null && <Problem error={sample.error} />}
      {found === undefined && sample.error === null && (
        <p className="max-w-prose text-muted">
          Reads some rows of every table, and says which columns seem to hold something sensitive, and why. No value is
          shown, and none is recorded.
        </p>
      )}
      {found !== undefined && (
        <div className="grid min-w-0 gap-4">
          <p role="status">
            {counted(found.proposals.length, 'proposal')}, by {counted(rowsOf(found), 'row')} of{' '}
            {counted(found.sampled.length, 'table')}.{' '}
            <AppLink href={paths.session(found.session)} className="underline">
              What was read
            </AppLink>
          </p>
          {found.proposals.length > 0 && <ProposedClasses key={found.session} target={target} found={found} />}
          <NotSampled found={found} />
        </div>
      )}
    </Section>
  );
}

function NotSampled({ found: { notSampled, complete } }: { readonly found: Classification }) {
  if (notSampled.length === 0 && complete) return null;
  return (
    <div className="grid gap-1 text-sm text-hold">
      {!complete && <p>The target has more columns than are looked at; the others were left out.</p>}
      {notSampled.length > 0 && (
        <>
          <p>Not sampled:</p>
          <ul className="list-disc pl-5">
            {notSampled.map(({ table, why }) => (
              <li key={table}>
                <Mono text={table} />: <Visible text={why} />
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}

function rowsOf({ sampled }: Classification): number {
  return sampled.reduce((sum, { rows }) => sum + rows, 0);
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
