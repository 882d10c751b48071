import { Refused } from '../../model/refusal.ts';

/** A copy's data that is not what its format says cannot be masked, and so does not pass. */
export function copyRefused(what: string): Refused {
  return new Refused({
    code: 'mask-impossible',
    message: `the data of the copy could not be masked, so it was not passed on: ${what}`,
  });
}

/** The one byte of a delimiter, quote or escape. */
export function singleByte(text: string, what: string): number {
  const code = text.charCodeAt(0);
  if (text.length !== 1 || code > 0x7f || code === 0x0a || code === 0x0d)
    throw copyRefused(`its ${what} is not one byte`);
  return code;
}
