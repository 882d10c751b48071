import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

/** A throw-away certificate authority for tests: ECDSA P-256, valid from an hour ago until tomorrow. */
export interface TestAuthority {
  /** PEM. */
  readonly certificate: string;
  issue(leaf: LeafOptions): Promise<IssuedCertificate>;
}

export interface LeafOptions {
  readonly commonName: string;
  /** DNS names and IP addresses for the subjectAltName. */
  readonly names?: readonly string[];
  readonly validFromMs?: number;
  readonly validUntilMs?: number;
}

export interface IssuedCertificate {
  /** PEM. */
  readonly certificate: string;
  /** PEM, PKCS #8. */
  readonly key: string;
}

const HOUR_MS = 3_600_000;
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

export async function makeAuthority(commonName = 'Chaperone test authority'): Promise<TestAuthority> {
  const keys = await generateKeys();
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: `CN=${commonName}`,
    keys,
    signingAlgorithm: ALGORITHM,
    notBefore: new Date(Date.now() - HOUR_MS),
    notAfter: new Date(Date.now() + 24 * HOUR_MS),
    extensions: [
      new x509.BasicConstraintsExtension(true, 1, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return {
    certificate: root.toString('pem'),
    issue: (leaf) => issue(root, keys.privateKey, leaf),
  };
}

async function issue(
  root: x509.X509Certificate,
  rootKey: webcrypto.CryptoKey,
  leaf: LeafOptions,
): Promise<IssuedCertificate> {
  const keys = await generateKeys();
  const names = (leaf.names ?? []).map((value) => ({ type: isAddress(value) ? 'ip' : 'dns', value }) as const);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: `CN=${leaf.commonName}`,
    issuer: root.subject,
    publicKey: keys.publicKey,
    signingKey: rootKey,
    signingAlgorithm: ALGORITHM,
    notBefore: new Date(leaf.validFromMs ?? Date.now() - HOUR_MS),
    notAfter: new Date(leaf.validUntilMs ?? Date.now() + 24 * HOUR_MS),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
      await x509.AuthorityKeyIdentifierExtension.create(root),
      ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
    ],
  });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  const base64 = pkcs8.toString('base64').replaceAll(/(.{64})/g, '$1\n');
  return {
    certificate: certificate.toString('pem'),
    key: `-----BEGIN PRIVATE KEY-----\n${base64}\n-----END PRIVATE KEY-----\n`,
  };
}

function generateKeys() {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

/** Positive and never shorter than its first byte: a leading zero bit and a leading non-zero byte. */
function serial(): string {
  const bytes = randomBytes(12);
  bytes[0] = 0x40;
  return bytes.toString('hex');
}

function isAddress(name: string): boolean {
  return /^[0-9.]+$/.test(name) || name.includes(':');
}
