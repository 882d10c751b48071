import type { ReactNode } from 'react';

/** One line of a fixed height, so that nothing moves when the answer comes. */
export function CheckLine({ children }: { readonly children?: ReactNode }) {
  return (
    <div role="status" className="flex min-h-5 items-center gap-1.5 text-sm text-muted">
      {children}
    </div>
  );
}
