import { Fault } from '../../model/fault.ts';
import type { HttpTarget } from '../../model/http.ts';
import { LIMITS } from '../../model/limits.ts';
import type { Credential, Target } from '../../model/target.ts';
import { ReadBuffers } from '../../wire/read-buffers.ts';
import { SocketStream } from '../../wire/socket-stream.ts';
import { openSocket } from '../upstream/open-socket.ts';
import { startUpstreamTls } from '../upstream/upstream-tls.ts';
import { H1ClientConnection } from './h1/client-connection.ts';
import { openH2Client } from './h2/client-connection.ts';
import type { ClientConnection } from './message.ts';

export type HttpDialled = Pick<Target, 'address' | 'tls' | 'http'>;

/**
 * Opens a connection to a target, over TLS unless its mode is `disable`: HTTP has no way to ask whether a server has it,
 * so `prefer` is never without. A host that starts with `/` is a Unix socket, which has none. The signal counts until it
 * is open. Throws a `Fault` of code `upstream-unreachable`, `upstream-tls` or `upstream-protocol`.
 */
export async function dialHttp(
  { address: { host, port }, tls, http }: HttpDialled,
  certificate: Credential['clientCertificate'],
  signal: AbortSignal,
): Promise<ClientConnection> {
  const version = http?.version ?? 'auto';
  const isUnixSocket = host.startsWith('/');
  const plain = await openSocket(isUnixSocket ? { path: host } : { host, port }, signal);
  if (isUnixSocket || tls.mode === 'disable') return over(plain, version === '2' ? 'h2' : 'http/1.1', signal);
  try {
    const alpn = OFFERED[version];
    const { socket, facts } = await startUpstreamTls(plain, { host, settings: tls, certificate, alpn });
    const agreed = facts.alpn ?? 'http/1.1';
    if (alpn.includes(agreed)) return await over(socket, agreed, signal);
    throw new Fault('upstream-protocol', `the server does not speak HTTP/${version} as the target says`);
  } catch (fault) {
    plain.destroy();
    throw fault;
  }
}

/** RFC 7301, by the names that RFC 9113, 3.2 and RFC 9112 registered. */
const OFFERED: Readonly<Record<HttpTarget['version'], readonly string[]>> = {
  auto: ['h2', 'http/1.1'],
  '1.1': ['http/1.1'],
  '2': ['h2'],
};

const BUFFERS = new ReadBuffers(LIMITS.readBufferBytes);

async function over(
  socket: Parameters<typeof SocketStream.over>[0],
  protocol: string,
  signal: AbortSignal,
): Promise<ClientConnection> {
  const stream = SocketStream.over(socket, {
    maxAheadBytes: LIMITS.maxClientAheadBytes,
    bulkViews: protocol !== 'h2',
    buffers: BUFFERS,
  });
  return protocol === 'h2' ? await openH2Client(stream, LIMITS, signal) : new H1ClientConnection(stream, LIMITS);
}
