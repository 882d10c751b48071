import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { key } from '../../api/queries.ts';
import type { ConfigurationObject } from '../../api/types.ts';
import { Button } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { Field, Input } from '../../ui/Field.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { useToast } from '../../ui/Toast.tsx';
import { PlanList } from './PlanList.tsx';
import { makeChange, planChange } from './queries.ts';

interface DeleteDialogProps {
  readonly object: ConfigurationObject;
  readonly onClose: () => void;
  readonly onDeleted: () => void;
  /** What else would no longer work. */
  readonly children?: ReactNode;
}

/** Deletes an object once its name was typed; the gateway says first what that would do. */
export function DeleteDialog({ object, onClose, onDeleted, children }: DeleteDialogProps) {
  const { kind, name, etag } = object;
  const [typed, setTyped] = useState('');
  const queries = useQueryClient();
  const say = useToast();
  const plan = useQuery({
    queryKey: [...key.configuration, 'plan', 'delete', kind, name, etag],
    queryFn: ({ signal }) => planChange({ kind, name, etag }, signal),
    retry: false,
  });
  const remove = useMutation({
    mutationFn: () => makeChange({ kind, name, etag }),
    onSuccess: async () => {
      say(`Deleted ${name}`);
      onDeleted();
      await queries.invalidateQueries({ queryKey: ['configuration'] });
    },
  });
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Delete ${name}?`}
      wide
      footer={
        <>
          <Button onClick={onClose}>Keep it</Button>
          <Button variant="danger" disabled={typed !== name} busy={remove.isPending} onClick={() => remove.mutate()}>
            Delete
          </Button>
        </>
      }
    >
      <div className="grid gap-4">
        <Loaded query={plan}>{(data) => <PlanList plan={data} />}</Loaded>
        {children}
        <Field label={`Type ${name} to delete it`}>
          {(control) => (
            <Input {...control} value={typed} autoComplete="off" onChange={(event) => setTyped(event.target.value)} />
          )}
        </Field>
        {remove.error !== null && <Problem error={remove.error} />}
      </div>
    </Dialog>
  );
}
