import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../../api/client.ts';
import { key } from '../../api/queries.ts';
import type { TargetView } from '../../api/types.ts';
import { useCan } from '../../parts/me.ts';
import { paths } from '../../paths.ts';
import { Badge } from '../../ui/Badge.tsx';
import { Button } from '../../ui/Button.tsx';
import { Mono, Visible } from '../../ui/Code.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { Section } from '../../ui/Page.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { AppLink } from '../../ui/routing.tsx';
import { Time } from '../../ui/Time.tsx';

type Column = TargetView['inherited'][number];

/** The columns that classified values were copied into, and which exchange did so. */
export function Inherited({ target: { name, inherited } }: { readonly target: TargetView }) {
  const mayDelete = useCan('configuration:write');
  const [deleting, setDeleting] = useState<Column>();
  if (inherited.length === 0) return null;
  return (
    <Section title="Inherited classes">
      <ul className="divide-y divide-line border-y border-line">
        {inherited.map((column) => (
          <li key={column.id} className="flex flex-wrap items-center gap-x-3 gap-y-1 py-2">
            <Mono text={column.column} />
            <Badge tone="mask">
              <Visible text={column.class} />
            </Badge>
            <span className="text-sm text-muted">
              from <Visible text={column.from.join(', ')} />, by exchange {column.exchange} of{' '}
              <AppLink href={paths.session(column.session)} className="underline">
                a session
              </AppLink>{' '}
              <Time at={column.at} />
            </span>
            {mayDelete && (
              <Button
                size="sm"
                className="ml-auto"
                aria-label={`Remove… ${column.class} of ${column.column}`}
                onClick={() => setDeleting(column)}
              >
                Remove…
              </Button>
            )}
          </li>
        ))}
      </ul>
      {deleting !== undefined && (
        <DeleteInherited target={name} column={deleting} onClose={() => setDeleting(undefined)} />
      )}
    </Section>
  );
}

interface DeleteInheritedProps {
  readonly target: string;
  readonly column: Column;
  readonly onClose: () => void;
}

function DeleteInherited({ target, column, onClose }: DeleteInheritedProps) {
  const queries = useQueryClient();
  const path = `/v1/targets/${encodeURIComponent(target)}/inherited/${encodeURIComponent(column.id)}`;
  const remove = useMutation({
    mutationFn: () => call('DELETE', path),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: key.targets });
      onClose();
    },
  });
  return (
    <Dialog
      open
      onClose={onClose}
      title="Remove the inherited class?"
      footer={
        <>
          <Button onClick={onClose}>Keep it</Button>
          <Button variant="danger" busy={remove.isPending} onClick={() => remove.mutate()}>
            Remove
          </Button>
        </>
      }
    >
      <p className="max-w-prose">
        <Mono text={column.column} /> is shown unmasked from the next request on, unless it is declared. Remove this
        where the column holds nothing of the class <Visible text={column.class} />.
      </p>
      {remove.error !== null && <Problem error={remove.error} />}
    </Dialog>
  );
}
