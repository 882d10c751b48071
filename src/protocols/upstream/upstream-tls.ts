/** TLS to a real server, with libpq's `sslmode` semantics for every protocol (PostgreSQL manual, 32.19). */
import { isIP, type Socket } from 'node:net';
import type { SecureContext, TLSSocket } from 'node:tls';
import { checkServerIdentity, connect, createSecureContext, getCACertificates } from 'node:tls';
import { Fault } from '../../model/fault.ts';
import type { Credential, TlsSettings } from '../../model/target.ts';
import { errorText } from './error-text.ts';

export interface TlsFacts {
  /** `TLSv1.3`, … */
  readonly protocol: string;
  /** The cipher suite by its IANA name. */
  readonly cipher: string;
  /** True where the certificate was checked against the trusted authorities; by `verify-full` its name was, too. */
  readonly verified: boolean;
  /** The server's certificate, DER. */
  readonly certificate: Buffer;
  /** What ALPN agreed on (RFC 7301). */
  readonly alpn: string | undefined;
}

export interface UpstreamTls {
  /** The address's own; what is verified where the settings name no other. */
  readonly host: string;
  readonly settings: TlsSettings;
  readonly certificate: Credential['clientCertificate'];
  /** What is offered by ALPN, the best first. */
  readonly alpn: readonly string[];
}

/** Becomes the client of a TLS connection over `socket`, which the server has agreed to. */
export async function startUpstreamTls(
  socket: Socket,
  { host, settings, certificate, alpn }: UpstreamTls,
): Promise<{ readonly socket: TLSSocket; readonly facts: TlsFacts }> {
  const name = settings.serverName ?? host;
  const verified = verifiesChain(settings);
  const secureContext = contextFor(settings, certificate);
  const secure = connect({
    socket,
    secureContext,
    ALPNProtocols: [...alpn],
    rejectUnauthorized: verified,
    ...(isIP(name) === 0 ? { servername: name } : {}),
    checkServerIdentity: (_, peer) => (settings.mode === 'verify-full' ? checkServerIdentity(name, peer) : undefined),
  });
  await handshake(secure, socket);
  const peer = secure.getPeerX509Certificate();
  if (peer === undefined || (verified && !secure.authorized)) {
    secure.destroy();
    throw new Fault('upstream-tls', "the server's certificate was not verified");
  }
  const cipher = secure.getCipher();
  const facts = {
    protocol: secure.getProtocol() ?? 'unknown',
    cipher: cipher.standardName,
    verified,
    certificate: peer.raw,
    alpn: secure.alpnProtocol === false ? undefined : (secure.alpnProtocol ?? undefined),
  };
  return { socket: secure, facts };
}

function handshake(secure: TLSSocket, socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (cause: Error | undefined) => {
      settle();
      secure.destroy();
      reject(new Fault('upstream-tls', `no TLS connection to the server: ${errorText(cause)}`, { cause }));
    };
    const onClose = () => fail(secure.errored ?? socket.errored ?? undefined);
    const settle = () => {
      secure.off('error', fail).off('close', onClose).off('secureConnect', done);
      socket.off('close', onClose);
    };
    const done = () => {
      settle();
      secure.pause();
      resolve();
    };
    secure.once('error', fail).once('close', onClose).once('secureConnect', done);
    socket.once('close', onClose);
    // The socket's owner reads errors off `close` and `errored`; one that comes late must not end the process.
    secure.on('error', () => {});
  });
}

/** As in libpq, `prefer` and `require` check the chain too where authorities are configured. */
function verifiesChain(settings: TlsSettings): boolean {
  return settings.mode.startsWith('verify-') || settings.ca !== undefined;
}

let systemContext: SecureContext | undefined;

/** Reading the system's authorities takes tens of milliseconds, so their context is made once. */
function contextFor(settings: TlsSettings, certificate: Credential['clientCertificate']): SecureContext {
  try {
    const client = certificate && { cert: certificate.certificate, key: certificate.key.reveal() };
    if (settings.ca !== undefined) return createSecureContext({ ...BASE, ...client, ca: settings.ca });
    if (!verifiesChain(settings)) return createSecureContext({ ...BASE, ...client });
    if (client !== undefined) return createSecureContext({ ...BASE, ...client, ca: systemAuthorities() });
    systemContext ??= createSecureContext({ ...BASE, ca: systemAuthorities() });
    return systemContext;
  } catch (cause) {
    // The cause is left out: OpenSSL's complaint about a key may quote it.
    throw new Fault('upstream-tls', `the configured certificates cannot be used: ${errorText(cause)}`);
  }
}

const BASE = { minVersion: 'TLSv1.2' } as const;

function systemAuthorities(): string[] {
  const system = getCACertificates('system');
  return system.length === 0 ? getCACertificates('default') : [...system, ...getCACertificates('extra')];
}
