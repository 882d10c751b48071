import { Fault } from '../../model/fault.ts';
import { LIMITS } from '../../model/limits.ts';

/** A message's type and length. */
export const HEADER_BYTES = 5;

/** The length of the message at `at`, its own four bytes included and its type not. Throws a `Fault` where it is none. */
export function lengthAt(bytes: Buffer, at: number): number {
  const size =
    ((bytes[at + 1] as number) << 24) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 8) |
    (bytes[at + 4] as number);
  if (size < 4 || size > LIMITS.maxUpstreamMessageBytes)
    throw new Fault('upstream-protocol', 'the server sent a message of a wrong length');
  return size;
}
