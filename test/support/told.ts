import type { BackendMessage } from './raw-postgres.ts';

/** The values of rows and the codes of errors, in order. */
export function told(messages: readonly BackendMessage[]): readonly string[] {
  return messages.flatMap(({ type, body }) => {
    if (type === 'D') return values(body);
    return type === 'E' ? (/\0C(.{5})\0/s.exec(body.toString('latin1'))?.[1] ?? '?') : [];
  });
}

function values(row: Buffer): readonly string[] {
  let at = 2;
  return Array.from({ length: row.readInt16BE(0) }, () => {
    const length = row.readInt32BE(at);
    const start = at + 4;
    at = start + Math.max(length, 0);
    return row.toString('utf8', start, at);
  });
}

/** The codes of errors alone. */
export function codes(messages: readonly BackendMessage[]): readonly string[] {
  return told(messages.filter(({ type }) => type === 'E'));
}
