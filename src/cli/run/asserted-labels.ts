import { LIMITS } from '../../model/limits.ts';

const ELLIPSIS = '…';

/**
 * Labels as a gateway takes them: whole characters, no NUL, and no longer than it allows, since what a command wrote must
 * not keep its run from being opened or closed. What is cut ends in an ellipsis.
 */
export function assertable(labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, bounded(name, value)]));
}

function bounded(name: string, value: string): string {
  const plain = value.toWellFormed().replaceAll('\0', '');
  const room = LIMITS.maxAssertedLabelBytes - Buffer.byteLength(name);
  if (Buffer.byteLength(plain) <= room) return plain;
  const bytes = Buffer.from(plain).subarray(0, room - Buffer.byteLength(ELLIPSIS));
  // A character that was cut in two is left out whole.
  return `${new TextDecoder().decode(bytes, { stream: true })}${ELLIPSIS}`;
}
