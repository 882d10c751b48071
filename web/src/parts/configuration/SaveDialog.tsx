import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { ConfigurationPlan } from '../../api/types.ts';
import { Button } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { Diff } from '../../ui/Diff.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { useToast } from '../../ui/Toast.tsx';
import { PlanList } from './PlanList.tsx';
import { type Base, type Change, isConflict, makeChange } from './queries.ts';

interface SaveDialogProps {
  readonly open: boolean;
  readonly change: Change;
  /** The text that is changed; empty for something new. */
  readonly before: string;
  readonly plan: ConfigurationPlan | undefined;
  readonly onClose: () => void;
  readonly onSaved: (saved: Base) => void;
  readonly onConflict: () => void;
}

/** The last look before a change: the lines that differ, and what the gateway makes of it. */
export function SaveDialog({ open, change, before, plan, onClose, onSaved, onConflict }: SaveDialogProps) {
  const queries = useQueryClient();
  const say = useToast();
  const save = useMutation({
    mutationFn: () => makeChange(change),
    onSuccess: async (saved) => {
      await queries.invalidateQueries({ queryKey: ['configuration'] });
      say(`Saved ${change.name}`, 'permit');
      onSaved(saved);
    },
    onError: (error) => isConflict(error) && onConflict(),
  });
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={change.etag === undefined ? `Create ${change.name}` : `Change ${change.name}`}
      wide
      footer={
        <>
          <Button onClick={onClose}>Go on editing</Button>
          <Button variant="primary" busy={save.isPending} onClick={() => save.mutate()}>
            {change.etag === undefined ? 'Create' : 'Save'}
          </Button>
        </>
      }
    >
      <div className="grid gap-4">
        <Diff before={before} after={change.text ?? ''} />
        {plan !== undefined && <PlanList plan={plan} />}
        {save.error !== null && !isConflict(save.error) && <Problem error={save.error} />}
        <p className="text-sm text-muted">
          In force for the next request, on every gateway. The change stands in the audit log under your name.
        </p>
      </div>
    </Dialog>
  );
}
