import { type ReactNode, useEffect } from 'react';
import { Mark } from '../../ui/Mark.tsx';

/** A page for somebody who is not logged in: one column, one thing to do. */
export function OutsidePage({ title, note, children }: { title: string; note?: ReactNode; children: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · Chaperone`;
  }, [title]);
  return (
    <main id="main" className="mx-auto grid min-h-dvh w-full max-w-sm content-center gap-6 px-5 py-10">
      <header className="grid gap-4">
        <span className="flex items-center gap-2.5 text-lg font-semibold">
          <Mark /> Chaperone
        </span>
        <h1 tabIndex={-1} className="text-xl font-semibold">
          {title}
        </h1>
      </header>
      {children}
      <footer className="min-h-5 text-sm text-muted">{note}</footer>
    </main>
  );
}
