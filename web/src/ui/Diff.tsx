import { useMemo } from 'react';
import { Visible } from './Code.tsx';
import { classes } from './class-names.ts';
import { type DiffLine, difference } from './difference.ts';

const SIGNS: Readonly<Record<DiffLine['kind'], string>> = { same: ' ', added: '+', removed: '−' };
const NAMES: Readonly<Record<DiffLine['kind'], string>> = { same: '', added: 'added: ', removed: 'removed: ' };

/** What changes between two texts; the sign says it, the colour helps. */
export function Diff({ before, after, label = 'Changes' }: { before: string; after: string; label?: string }) {
  const lines = useMemo(() => difference(before, after), [before, after]);
  return (
    // What scrolls must be reachable by keyboard
    <pre
      tabIndex={0}
      role="group"
      aria-label={label}
      className="max-h-[60dvh] overflow-auto rounded-md border border-line bg-sunken py-2 font-mono text-sm"
    >
      {lines.map((line, index) => (
        <div
          // Lines have no identity but their place
          key={index}
          className={classes(
            'min-w-max px-3',
            line.kind === 'added' && 'bg-permit-soft text-permit',
            line.kind === 'removed' && 'bg-deny-soft text-deny',
          )}
        >
          <span className="sr-only">{NAMES[line.kind]}</span>
          <span aria-hidden="true" className="mr-2 select-none">
            {SIGNS[line.kind]}
          </span>
          <Visible text={line.text} />
        </div>
      ))}
    </pre>
  );
}
