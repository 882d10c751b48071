import type { ReactNode } from 'react';
import { AppLink } from './routing.tsx';

interface RowLinkProps {
  readonly index: number;
  readonly href: string | undefined;
  readonly onOpen: (() => void) | undefined;
  readonly onFocus: () => void;
  readonly label: string | undefined;
  readonly children: ReactNode;
}

const STRETCHED =
  'text-left text-inherit no-underline after:absolute after:inset-0 focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent';

/** What makes a whole row one link (or button): it lies over the row, and the keyboard finds it by its index. */
export function RowLink({ index, href, onOpen, onFocus, label, children }: RowLinkProps) {
  if (href !== undefined) {
    return (
      <AppLink href={href} data-row={index} onFocus={onFocus} aria-label={label} className={STRETCHED}>
        {children}
      </AppLink>
    );
  }
  return (
    <button type="button" data-row={index} onClick={onOpen} onFocus={onFocus} aria-label={label} className={STRETCHED}>
      {children}
    </button>
  );
}
