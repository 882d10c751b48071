import { useMemo } from 'react';
import { Visible } from '../../ui/Code.tsx';
import { classes } from '../../ui/class-names.ts';

const NAMES: Readonly<Record<string, string>> = { '+': 'added: ', '-': 'removed: ' };

/** A difference as `diff -u` says it: the sign says what goes and what comes, the colour helps. All of it is shown. */
export function Difference({ text, label }: { readonly text: string; readonly label: string }) {
  const lines = useMemo(() => text.split('\n'), [text]);
  return (
    // What scrolls must be reachable by keyboard
    <pre
      tabIndex={0}
      role="group"
      aria-label={label}
      className="overflow-x-auto rounded-md border border-line bg-sunken py-2 font-mono text-sm"
    >
      {lines.map((line, index) => (
        <div
          // Lines have no identity but their place
          key={index}
          className={classes(
            'min-w-max px-3',
            line.startsWith('+') && 'bg-permit-soft text-permit',
            line.startsWith('-') && 'bg-deny-soft text-deny',
            line.startsWith('@@') && 'text-muted',
          )}
        >
          <span className="sr-only">{NAMES[line.slice(0, 1)] ?? ''}</span>
          <Visible text={line === '' ? ' ' : line} />
        </div>
      ))}
    </pre>
  );
}
