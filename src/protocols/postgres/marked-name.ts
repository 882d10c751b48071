/** What a name may have, NAMEDATALEN less its end (PostgreSQL manual, application_name). */
const MAX_BYTES = 63;

/** A client's application name with the mark of its run behind it; the client's own part is cut where both are too long. */
export function markedName(own: string, mark: string): string {
  // The server itself shows anything but printable ASCII otherwise, byte by byte; so that nothing is cut within one.
  const printable = own.replaceAll(/[^ -~]/gu, '?');
  const kept = printable.slice(0, Math.max(0, MAX_BYTES - mark.length - 1)).trimEnd();
  return kept === '' ? mark.slice(0, MAX_BYTES) : `${kept} ${mark}`;
}
