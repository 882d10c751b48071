import { EyeOff } from 'lucide-react';
import type { RecordedEvent } from '../../api/types.ts';
import { Visible } from '../../ui/Code.tsx';

/** What the client did not see: which columns, what detectors found, how many values. Never a value. */
export function MaskedPart({ masked }: { readonly masked: NonNullable<RecordedEvent['masked']> }) {
  if (masked.length === 0) return null;
  return (
    <ul aria-label="Masked" className="flex flex-wrap items-center gap-x-4 gap-y-1 text-sm text-mask">
      {masked.map(({ by, name, count }) => (
        <li key={`${by} ${name}`} className="inline-flex items-center gap-1.5">
          <EyeOff className="size-3.5" aria-hidden="true" />
          <span>
            <span className="font-mono">
              <Visible text={name} />
            </span>{' '}
            masked in {count.toLocaleString('en')} {count === 1 ? 'value' : 'values'}
            {by === 'detector' && ', found in the text'}
          </span>
        </li>
      ))}
    </ul>
  );
}
