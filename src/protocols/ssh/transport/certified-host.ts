import { readCertificate } from '../keys/certificate.ts';
import { PacketReader } from './packets.ts';
import type { Ssh2KeyExchange } from './ssh2.ts';

/**
 * Lets the library verify the signature of a host that showed a certificate, which it knows nothing of: what is hashed is
 * the certificate (PROTOCOL.certkeys), what signs is the key in it. The library asks for the host's key three times, first
 * in order to hash it. Nothing is done for a plain key.
 */
export function certifiedKeyExchange(kex: Ssh2KeyExchange | undefined, shown: Buffer): void {
  const type = new PacketReader(shown, 0).text();
  if (kex === undefined || !type.endsWith(CERTIFICATE)) return;
  const { key } = readCertificate(shown);
  kex.negotiated.serverHostKey = type.slice(0, -CERTIFICATE.length);
  let asked = 0;
  Object.defineProperty(kex, '_hostKey', {
    get: () => (asked++ === 0 ? shown : key),
    set: () => {
      // It lets go of it at the end of the exchange.
      asked = 0;
    },
    configurable: true,
  });
}

const CERTIFICATE = '-cert-v01@openssh.com';
