import { X } from 'lucide-react';
import { type ReactNode, useEffect, useId, useState } from 'react';
import { IconButton } from './Button.tsx';
import { classes } from './class-names.ts';
import { LayerContext } from './layer.ts';

interface DialogProps {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly title: string;
  readonly children: ReactNode;
  /** Its buttons, the one that does it last. */
  readonly footer?: ReactNode;
  readonly wide?: boolean;
}

/** The browser's modal dialog: it keeps the focus, makes the rest inert, closes on Escape, and hands the focus back. */
export function Dialog({ open, onClose, title, children, footer, wide }: DialogProps) {
  const id = useId();
  return (
    <Modal
      open={open}
      onClose={onClose}
      labelledBy={id}
      className={classes('m-auto w-[calc(100%-2rem)]', wide ? 'max-w-3xl' : 'max-w-lg')}
    >
      <header className="flex items-center justify-between gap-4 border-b border-line py-2 pr-2 pl-4">
        <h2 id={id} tabIndex={-1} className="text-lg font-semibold">
          {title}
        </h2>
        <IconButton label="Close" onClick={onClose}>
          <X />
        </IconButton>
      </header>
      <div className="max-h-[70dvh] overflow-y-auto p-4">{children}</div>
      {footer !== undefined && <footer className="flex justify-end gap-2 border-t border-line p-3">{footer}</footer>}
    </Modal>
  );
}

/** Where the focus begins: a field that asks for it, the heading, or a list of pages. */
const FIRST = ['[data-autofocus="field"]', 'h2', 'nav a'];

interface ModalProps {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly label?: string;
  readonly labelledBy?: string;
  readonly className?: string;
  readonly children: ReactNode;
}

/** A modal without a frame of its own; `Dialog` is what a page wants. */
export function Modal({ open, onClose, label, labelledBy, className, children }: ModalProps) {
  const [dialog, setDialog] = useState<HTMLDialogElement | null>(null);
  useEffect(() => {
    if (!open) {
      dialog?.close();
      return;
    }
    dialog?.showModal();
    // The browser would take the first button, which closes.
    const first = FIRST.map((place) => dialog?.querySelector<HTMLElement>(place)).find((element) => element != null);
    first?.focus();
  }, [open, dialog]);
  return (
    <dialog
      ref={setDialog}
      aria-label={label}
      aria-labelledby={labelledBy}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      // A press on the scrim has the dialog itself as its target.
      onMouseDown={(event) => event.target === event.currentTarget && onClose()}
      className={classes(
        'rise rounded-lg border border-line bg-surface p-0 shadow-float backdrop:bg-scrim',
        !open && 'hidden',
        className,
      )}
    >
      {open && <LayerContext value={dialog}>{children}</LayerContext>}
    </dialog>
  );
}
