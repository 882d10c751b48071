import { type ReactNode, useEffect, useId } from 'react';
import { classes } from './class-names.ts';

interface PageProps {
  readonly title: string;
  /** In the window's title and in history, where the heading is no plain text. */
  readonly windowTitle?: string;
  readonly heading?: ReactNode;
  /** Where it belongs, above the heading: a link to its list. */
  readonly above?: ReactNode;
  readonly description?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
  /** Text pages read better narrow. */
  readonly narrow?: boolean;
}

/** The frame of every page: its one `h1`, which navigation focuses, and the window's title. */
export function Page({ title, windowTitle, heading, above, description, actions, children, narrow }: PageProps) {
  const full = windowTitle ?? title;
  useEffect(() => {
    document.title = `${full} · Chaperone`;
  }, [full]);
  return (
    <div className="mx-auto w-full max-w-7xl min-w-0 px-4 py-5 md:px-8 md:py-6">
      <div className={classes('grid min-w-0 content-start gap-5', narrow && 'max-w-3xl')}>
        <header className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
          <div className="grid min-w-0 gap-1">
            {above !== undefined && <div className="text-sm text-muted">{above}</div>}
            <h1 tabIndex={-1} className="min-w-0 text-xl font-semibold [overflow-wrap:anywhere]">
              {heading ?? title}
            </h1>
            {description !== undefined && <div className="max-w-prose text-muted">{description}</div>}
          </div>
          {actions !== undefined && <div className="flex flex-wrap gap-2">{actions}</div>}
        </header>
        {children}
      </div>
    </div>
  );
}

interface SectionProps {
  readonly title: string;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
  readonly className?: string;
}

/** A part of a page, with a heading of its own and no frame. */
export function Section({ title, actions, children, className }: SectionProps) {
  const id = useId();
  return (
    <section aria-labelledby={id} className={classes('grid min-w-0 content-start gap-2.5', className)}>
      <div className="flex min-h-7 items-center justify-between gap-4">
        <h2 id={id} className="font-semibold">
          {title}
        </h2>
        {actions}
      </div>
      {children}
    </section>
  );
}

/** Names and values, in two columns; what has no value is left out. */
export function Facts({ items }: { readonly items: readonly (readonly [name: string, value: ReactNode])[] }) {
  const there = items.filter(([, value]) => value !== undefined && value !== null && value !== '');
  return (
    <dl className="grid grid-cols-[minmax(6rem,auto)_minmax(0,1fr)] gap-x-4 gap-y-1.5">
      {there.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-muted">{name}</dt>
          <dd className="min-w-0 break-words">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
