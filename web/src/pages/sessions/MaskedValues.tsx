import { useMemo } from 'react';
import type { RecordedEvent } from '../../api/types.ts';
import { bodyText } from '../../parts/http/body-text.ts';
import type { HttpMessage } from '../../parts/http/http-message.ts';
import { jsonNodes } from '../../parts/http/json-nodes.ts';
import { maskedFields, maskedNodes, maskedValues } from '../../parts/http/masked-values.ts';
import { Visible } from '../../ui/Code.tsx';

/** Shown of them. */
const MOST = 50;

interface MaskedValuesProps {
  readonly message: HttpMessage;
  readonly masked: NonNullable<RecordedEvent['masked']>;
}

/** Where the client saw a mask: the target's value, which is on no record, and what stood in its place. */
export function MaskedValues({ message: { fields, body }, masked }: MaskedValuesProps) {
  const values = useMemo(() => {
    const text = bodyText(body, fields);
    const nodes = text.kind === 'text' && text.json && masked.length > 0 ? (jsonNodes(text.text)?.nodes ?? []) : [];
    return [...maskedFields(fields, masked), ...maskedValues(nodes, maskedNodes(nodes, masked, fields))];
  }, [fields, body, masked]);
  if (values.length === 0) return null;
  return (
    <details className="text-sm" open={values.length <= OPEN}>
      <summary className="cursor-pointer text-muted">
        Masked: {values.length.toLocaleString('en')} {values.length === 1 ? 'place' : 'places'}
      </summary>
      <ul aria-label="Masked places" className="mt-1.5 divide-y divide-line border-y border-line font-mono">
        {values.slice(0, MOST).map(({ place, by, shown }, index) => (
          // Places may repeat where names do.
          <li key={index} className="grid gap-x-3 py-1 sm:grid-cols-[minmax(0,1fr)_minmax(0,1fr)]">
            <span className="min-w-0 break-words">
              <Visible text={place} />
            </span>
            <span className="min-w-0 break-words">
              <span className="rounded-sm bg-mask-soft px-0.5 text-mask">
                <Visible text={shown} />
              </span>{' '}
              <span className="font-sans text-muted">
                by <Visible text={by} />
              </span>
            </span>
          </li>
        ))}
      </ul>
      {values.length > MOST && <p className="pt-1 text-muted">and {values.length - MOST} more</p>}
    </details>
  );
}

/** So many need no press to be seen. */
const OPEN = 6;
