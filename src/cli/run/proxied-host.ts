import type { Socket } from 'node:net';

/** A request line names a target of at most this; the gateway's own bound is not looser. */
const MAX_LINE_BYTES = 16 * 1024;
const FIRST_LINE_MS = 10_000;

/**
 * The first line of what a client sends, which stays to be read. Rejects where none comes in time, or it is too long. The
 * socket is paused before and after.
 */
export async function readFirstLine(socket: Socket): Promise<string> {
  const pieces: Buffer[] = [];
  let length = 0;
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const left = (): void => reject(new Error('the client left before it said what it wants'));
  const take = (piece: Buffer): void => {
    pieces.push(piece);
    length += piece.length;
    const end = piece.indexOf(0x0a);
    if (end < 0 && length < MAX_LINE_BYTES) return;
    socket.pause();
    if (end < 0) return reject(new Error('the first line is too long'));
    const all = Buffer.concat(pieces);
    socket.unshift(all);
    resolve(all.toString('latin1', 0, all.indexOf(0x0a)).replace(/\r$/, ''));
  };
  const timer = setTimeout(() => reject(new Error('no request came in time')), FIRST_LINE_MS);
  socket.on('data', take);
  socket.once('end', left);
  socket.once('close', left);
  socket.resume();
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    socket.off('data', take);
    socket.off('end', left);
    socket.off('close', left);
  }
}

/**
 * The host that a request to a forward proxy is for, in lower case: of a CONNECT, or of the absolute form (RFC 9112,
 * 3.2.2 and 3.2.3). Undefined for anything else. It only chooses the way: what is asked is read and judged by the gateway.
 */
export function proxiedHost(line: string): string | undefined {
  const [method, target = '', version = ''] = line.split(' ');
  if (!version.startsWith('HTTP/')) return undefined;
  const authority = method === 'CONNECT' ? target : /^http:\/\/([^/?#]*)/i.exec(target)?.[1];
  const host = authority
    ?.replace(/^[^@]*@/, '')
    .replace(/:\d*$/, '')
    .replace(/\.$/, '')
    .toLowerCase();
  return host === undefined || host === '' ? undefined : host;
}
