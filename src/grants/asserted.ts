import { LIMITS } from '../model/limits.ts';
import { Refused } from '../model/refusal.ts';

/** Labels that a client says of itself are bounded, because they are kept. Throws `Refused`. */
export function checkAsserted(asserted: Readonly<Record<string, string>>): void {
  const entries = Object.entries(asserted);
  if (entries.length > LIMITS.maxAssertedLabels) {
    throw new Refused({ code: 'too-large', message: `More than ${LIMITS.maxAssertedLabels} labels.` });
  }
  for (const [name, value] of entries) {
    if (Buffer.byteLength(name) + Buffer.byteLength(value) > LIMITS.maxAssertedLabelBytes) {
      throw new Refused({
        code: 'too-large',
        message: `A label is longer than ${LIMITS.maxAssertedLabelBytes} bytes.`,
      });
    }
    if (!isPlain(name) || !isPlain(value)) {
      throw new Refused({ code: 'protocol-malformed', message: 'A label is not plain text.' });
    }
  }
}

/** PostgreSQL's text cannot hold NUL, nor UTF-8 half a surrogate pair. */
function isPlain(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}
