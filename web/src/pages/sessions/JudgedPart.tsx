import { useMemo } from 'react';
import type { RecordedEvent } from '../../api/types.ts';
import { Mono, Visible } from '../../ui/Code.tsx';
import { judgedFacts } from './judged-facts.ts';

/** What policy judged of a request beside its text: the columns that it touches, and how it locks. */
export function JudgedPart({ event }: { readonly event: RecordedEvent }) {
  const operations = useMemo(() => judgedFacts(event.op ?? []), [event]);
  if (operations.length === 0) return null;
  return (
    <details className="text-sm">
      <summary className="cursor-pointer text-muted">What it does with columns</summary>
      <ul className="mt-1.5 grid gap-2">
        {operations.map(({ kind, facts }, index) => (
          // Operations have no identity but their place
          <li key={index} className="grid grid-cols-[minmax(5rem,auto)_minmax(0,1fr)] gap-x-3 gap-y-0.5">
            <span className="col-span-2 font-medium uppercase">
              <Visible text={kind} />
            </span>
            {facts.map(([name, value]) => (
              <div key={name + value} className="contents">
                <span className="text-muted">{name}</span>
                <span className="min-w-0 break-words">
                  <Mono text={value} />
                </span>
              </div>
            ))}
          </li>
        ))}
      </ul>
    </details>
  );
}
