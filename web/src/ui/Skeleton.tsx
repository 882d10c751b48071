import { classes } from './class-names.ts';

const WIDTHS = ['w-11/12', 'w-3/5', 'w-4/5', 'w-2/5', 'w-9/12'];

/** Lines where text will be. Hidden from readers: what loads says so once, by `aria-busy` of what holds it. */
export function Skeleton({ lines = 3, className }: { readonly lines?: number; readonly className?: string }) {
  return (
    <div aria-hidden="true" className={classes('grid gap-2', className)}>
      {Array.from({ length: lines }, (_, index) => (
        // Lines of nothing
        <div key={index} className={classes('skeleton h-4', WIDTHS[index % WIDTHS.length])} />
      ))}
    </div>
  );
}

/** Rows where a list will be. */
export function SkeletonRows({ rows = 8 }: { readonly rows?: number }) {
  return (
    <div aria-hidden="true" className="divide-y divide-line border-y border-line">
      {Array.from({ length: rows }, (_, index) => (
        // Rows of nothing
        <div key={index} className="flex h-10 items-center gap-6 px-2">
          <div className="skeleton h-3.5 w-1/4" />
          <div className={classes('skeleton h-3.5', WIDTHS[index % WIDTHS.length], 'max-w-2/5')} />
          <div className="skeleton ml-auto h-3.5 w-14" />
        </div>
      ))}
    </div>
  );
}
