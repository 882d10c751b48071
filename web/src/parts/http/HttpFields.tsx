import { EyeOff } from 'lucide-react';
import { Visible } from '../../ui/Code.tsx';
import type { HttpFields as Fields } from './http-message.ts';

interface HttpFieldsProps {
  readonly fields: Fields;
  /** What a reader hears before it. */
  readonly label: string;
  /** Names of fields that were masked. */
  readonly masked?: ReadonlySet<string>;
}

/** Names and values, a row each; what frames a message and who sent it is there with the rest. */
export function HttpFields({ fields, label, masked }: HttpFieldsProps) {
  if (fields.length === 0) return null;
  return (
    <table aria-label={label} className="w-full table-fixed border-collapse font-mono text-sm">
      <tbody className="divide-y divide-line border-y border-line">
        {fields.map(([name, value], index) => (
          // Names of fields may repeat.
          <tr key={index} className="align-top">
            <th scope="row" className="w-2/5 max-w-48 py-1 pr-3 text-left font-normal break-words text-muted sm:w-44">
              <Visible text={name} />
            </th>
            <td className="min-w-0 py-1 break-words">
              <FieldValue value={value} />
              {masked?.has(name) === true && (
                <span className="ml-2 inline-flex text-mask [&_svg]:size-3.5" title="masked">
                  <EyeOff aria-hidden="true" />
                  <span className="sr-only">masked</span>
                </span>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const DIGEST = /^sha-256=:[^:]+:$/;

/** A secret stands on record as its digest, which says nothing to people. */
function FieldValue({ value }: { readonly value: string }) {
  if (value === '') return <span className="text-muted italic">empty</span>;
  if (!DIGEST.test(value)) return <Visible text={value} />;
  return (
    <span className="text-muted" title={value}>
      a secret; its digest begins with {value.slice(9, 17)}
    </span>
  );
}
