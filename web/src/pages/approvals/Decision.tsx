import { useState } from 'react';
import type { Approval } from '../../api/types.ts';
import { Button } from '../../ui/Button.tsx';
import { Visible } from '../../ui/Code.tsx';
import { useShortcut } from '../../ui/shortcuts.ts';
import { Time } from '../../ui/Time.tsx';
import { type Answer, AnswerDialog } from './AnswerDialog.tsx';
import { standingWords } from './standing-words.ts';

/** The answer, or why there is none to give. On a phone it stays at the bottom, below the thumb. */
export function Decision({ approval }: { readonly approval: Approval }) {
  const [answering, setAnswering] = useState<Answer>();
  const canAnswer = approval.state === 'pending' && approval.mine;
  const shortcut = (keys: string, name: string, answer: Answer) =>
    canAnswer ? { keys, name, group: 'This approval', run: () => setAnswering(answer) } : undefined;
  useShortcut(shortcut('a', 'Approve', 'approve'));
  useShortcut(shortcut('d', 'Deny', 'deny'));
  return (
    <>
      {canAnswer ? <Buttons approval={approval} onAnswer={setAnswering} /> : <Standing approval={approval} />}
      {/* What somebody types is not taken from under their fingers: the dialog itself says that it is over. */}
      {answering !== undefined && (
        <AnswerDialog
          approval={approval}
          answer={answering}
          isOver={!canAnswer}
          onClose={() => setAnswering(undefined)}
        >
          <Consequence approval={approval} />
        </AnswerDialog>
      )}
    </>
  );
}

interface ButtonsProps {
  readonly approval: Approval;
  readonly onAnswer: (answer: Answer) => void;
}

function Buttons({ approval, onAnswer }: ButtonsProps) {
  return (
    <section
      aria-label="Your answer"
      className="fixed inset-x-0 bottom-0 z-20 grid gap-2 border-t border-line bg-surface p-3 pb-[max(0.75rem,env(safe-area-inset-bottom))] lg:static lg:border-0 lg:bg-transparent lg:p-0"
    >
      <p className="hidden text-muted lg:block">
        <Consequence approval={approval} />
      </p>
      <div className="flex gap-2">
        <Button variant="primary" size="lg" hint="a" className="grow" onClick={() => onAnswer('approve')}>
          Approve
        </Button>
        <Button variant="plain-danger" size="lg" hint="d" className="grow" onClick={() => onAnswer('deny')}>
          Deny
        </Button>
      </div>
    </section>
  );
}

function Consequence({ approval }: { readonly approval: Approval }) {
  if (approval.kind === 'access')
    return 'Approved, the run may enter the target at once; its rules decide what it may do.';
  if (approval.held) return 'The client waits in its connection. Your answer lets it go on, or refuses it, at once.';
  return 'The client no longer waits. Approved, the same request passes once when it is made again.';
}

function Standing({ approval }: { readonly approval: Approval }) {
  return (
    <section aria-label="How it stands" className="grid gap-1 border-l-2 border-line-strong pl-3">
      <p className="font-medium">{standingWords(approval)}</p>
      {approval.state === 'pending' && (
        <p className="text-muted">
          You cannot answer: <Visible text={approval.notMine ?? 'it is not yours'} />.
        </p>
      )}
      {approval.decidedAt !== undefined && (
        <p className="text-muted">
          <Time at={approval.decidedAt} />
        </p>
      )}
      {approval.reason !== undefined && (
        <p>
          <Visible text={approval.reason} />
        </p>
      )}
    </section>
  );
}
