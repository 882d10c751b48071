import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { Fault } from '../../model/fault.ts';
import type { Credential, TlsSettings } from '../../model/target.ts';
import { errorText } from '../upstream/error-text.ts';
import { openSocket, type SocketAddress } from '../upstream/open-socket.ts';
import { startUpstreamTls, type TlsFacts } from '../upstream/upstream-tls.ts';
import { SSL_REQUEST } from './login-messages.ts';
import { LoginReader } from './login-reader.ts';
import type { Progress } from './upstream-deadline.ts';

export interface DialOptions {
  /** A host that starts with `/` is the directory of a Unix socket, where TLS does not apply, as in libpq. */
  readonly address: { readonly host: string; readonly port: number };
  readonly tls: TlsSettings;
  readonly clientCertificate?: Credential['clientCertificate'];
}

export interface Dialled {
  /** Paused; nothing was read from it beyond the TLS handshake. */
  readonly socket: Socket | TLSSocket;
  readonly tls: TlsFacts | undefined;
}

/**
 * Opens a connection to a real server up to where a startup packet may be sent, and destroys it where the
 * signal aborts. Throws a `Fault` of code `upstream-unreachable` or `upstream-tls`.
 */
export async function dialUpstream(options: DialOptions, progress: Progress): Promise<Dialled> {
  const { mode } = options.tls;
  if (mode === 'disable' || isUnixSocket(options.address.host)) return dialPlain(options, progress.signal);
  try {
    return await dialTls(options, progress);
  } catch (cause) {
    // `prefer` means: without TLS rather than not at all.
    if (mode !== 'prefer' || !(cause instanceof Fault) || cause.code !== 'upstream-tls') throw cause;
    progress.step = 'connect';
    return dialPlain(options, progress.signal);
  }
}

export function isUnixSocket(host: string): boolean {
  return host.startsWith('/');
}

async function dialPlain(options: DialOptions, signal: AbortSignal): Promise<Dialled> {
  return { socket: await openSocket(placeOf(options), signal), tls: undefined };
}

async function dialTls(options: DialOptions, progress: Progress): Promise<Dialled> {
  const plain = await openSocket(placeOf(options), progress.signal);
  progress.step = 'negotiate TLS';
  try {
    if (await agreesToTls(plain)) {
      const secure = await startUpstreamTls(plain, {
        host: options.address.host,
        settings: options.tls,
        certificate: options.clientCertificate,
        alpn: ['postgresql'],
      });
      return { socket: secure.socket, tls: secure.facts };
    }
    if (options.tls.mode === 'prefer') return { socket: plain, tls: undefined };
    throw new Fault('upstream-tls', 'the server does not offer TLS');
  } catch (cause) {
    plain.destroy();
    throw cause;
  }
}

/** PostgreSQL manual, 54.2.12. Anything beyond the one byte would be text that somebody slipped in (CVE-2021-23222). */
async function agreesToTls(socket: Socket): Promise<boolean> {
  const reader = new LoginReader(socket, (cause) => {
    return new Fault('upstream-tls', `the server left the TLS request unanswered: ${errorText(cause)}`, { cause });
  });
  try {
    socket.write(SSL_REQUEST);
    const { value, more } = await reader.byte();
    if (more > 0) throw new Fault('upstream-tls', 'the server sent unencrypted bytes after its answer about TLS');
    switch (String.fromCharCode(value)) {
      case 'S':
        return true;
      case 'N':
        return false;
      default:
        // Its text is not read: whoever answers here has proven nothing (CVE-2024-10977).
        throw new Fault('upstream-tls', 'the server answered the TLS request with something else');
    }
  } finally {
    reader.release();
  }
}

function placeOf({ address: { host, port } }: DialOptions): SocketAddress {
  return isUnixSocket(host) ? { path: `${host}/.s.PGSQL.${port}` } : { host, port };
}
