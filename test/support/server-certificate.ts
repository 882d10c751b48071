import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import * as x509 from '@peculiar/x509';
import { dialUpstream } from '../../src/protocols/postgres/upstream-dial.ts';
import type { IssuedCertificate } from './certificates.ts';
import type { PostgresServer } from './postgres-server.ts';

export type SigningAlgorithm =
  | (RsaHashedKeyGenParams & { saltLength?: number })
  | (EcKeyGenParams & { hash: string })
  | { name: 'Ed25519' };

interface RsaHashedKeyGenParams {
  name: 'RSASSA-PKCS1-v1_5' | 'RSA-PSS';
  hash: string;
  modulusLength: number;
  publicExponent: Uint8Array<ArrayBuffer>;
}

interface EcKeyGenParams {
  name: 'ECDSA';
  namedCurve: string;
}

/** A certificate for localhost that signs itself by `algorithm`. */
export async function selfSigned(algorithm: SigningAlgorithm): Promise<IssuedCertificate> {
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=localhost',
    keys,
    signingAlgorithm: algorithm,
    notBefore: new Date(Date.now() - 3_600_000),
    notAfter: new Date(Date.now() + 3_600_000),
    extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }])],
  });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  const label = 'PRIVATE KEY';
  return {
    certificate: certificate.toString('pem'),
    key: `-----BEGIN ${label}-----\n${pkcs8}\n-----END ${label}-----\n`,
  };
}

/** Gives a running server that was started with TLS another certificate; resolves once it shows it. */
export async function useServerCertificate(server: PostgresServer, issued: IssuedCertificate): Promise<void> {
  const data = join(dirname(server.logFile), 'data');
  await writeFile(join(data, 'server.pem'), issued.certificate);
  await writeFile(join(data, 'server.key'), issued.key);
  await server.query('SELECT pg_reload_conf()');
  const expected = new x509.X509Certificate(issued.certificate);
  while (!(await shownCertificate(server)).equals(Buffer.from(expected.rawData))) await delay(5);
}

async function shownCertificate({ host, port }: PostgresServer): Promise<Buffer> {
  const progress = { signal: AbortSignal.timeout(10_000), step: 'connect' as const };
  const { socket, tls } = await dialUpstream({ address: { host, port }, tls: { mode: 'require' } }, progress);
  socket.destroy();
  return tls?.certificate ?? Buffer.alloc(0);
}
