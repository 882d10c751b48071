import { Lock } from 'lucide-react';
import type { ReactNode } from 'react';

/** Why there is nothing to press here. */
export function ReadOnlyNote({ children }: { readonly children?: ReactNode }) {
  return (
    <p className="flex items-start gap-2 rounded-md bg-sunken px-3 py-2 text-muted">
      <Lock aria-hidden="true" className="mt-0.5 size-4 shrink-0" />
      <span>
        {children ??
          'You may read this and not change it: that takes the role admin. Whoever has it can give it to you under People.'}
      </span>
    </p>
  );
}
