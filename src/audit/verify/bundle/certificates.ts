/** X.509 certificates (RFC 5280), as far as the chain of a timestamp needs them. */
import { fromBase64, owned, sameBytes, toHex } from '../../c2sp/bytes.ts';
import { bitsOf, childrenOf, contentOf, type Der, ecdsaRaw, NotDer, oidOf, readDer, TAG, timeOf } from './der.ts';

export interface Certificate {
  readonly raw: Uint8Array;
  /** What its issuer signed. */
  readonly tbs: Uint8Array;
  /** Hex. */
  readonly serial: string;
  /** DER names: equal where the bytes are. */
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  readonly notBefore: number;
  readonly notAfter: number;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  readonly signatureAlgorithm: string;
  readonly signature: Uint8Array;
  readonly extensions: ReadonlyMap<string, { readonly critical: boolean; readonly value: Uint8Array }>;
}

const BASIC_CONSTRAINTS = '2.5.29.19';
const KEY_USAGE = '2.5.29.15';
const KEY_CERT_SIGN = 0x04;
const EXTENSIONS_TAG = 0xa3;
const VERSION_TAG = 0xa0;
const MAX_CHAIN = 8;

export function readCertificate(raw: Uint8Array): Certificate {
  const [tbs, algorithm, signature] = childrenOf(readDer(raw), TAG.sequence);
  const fields = childrenOf(tbs, TAG.sequence);
  if (fields[0]?.tag === VERSION_TAG) fields.shift();
  const [serial, inner, issuer, validity, subject, publicKey, ...rest] = fields;
  const [notBefore, notAfter] = childrenOf(validity, TAG.sequence);
  const signatureAlgorithm = algorithmOf(algorithm);
  if (algorithmOf(inner) !== signatureAlgorithm) throw new NotDer('a certificate names two algorithms');
  return {
    raw,
    tbs: (tbs as Der).raw,
    serial: toHex(contentOf(serial, TAG.integer)),
    issuer: rawOf(issuer),
    subject: rawOf(subject),
    notBefore: timeOf(notBefore),
    notAfter: timeOf(notAfter),
    publicKey: rawOf(publicKey),
    signatureAlgorithm,
    signature: bitsOf(signature),
    extensions: readExtensions(rest.find(({ tag }) => tag === EXTENSIONS_TAG)),
  };
}

/** The certificates of a PEM file, or of one in DER; a text of what is wrong with it. */
export function readCertificateFile(file: Uint8Array): Certificate[] | string {
  try {
    if (file[0] === TAG.sequence) return [readCertificate(file)];
    const blocks = pemBlocks(String.fromCharCode(...file.subarray(0, MAX_PEM_BYTES)), 'CERTIFICATE');
    return blocks.length === 0 ? 'it holds no certificate' : blocks.map(readCertificate);
  } catch (cause) {
    if (cause instanceof NotDer) return `a certificate in it cannot be read: ${cause.message}`;
    throw cause;
  }
}

const MAX_PEM_BYTES = 64 * 1024;

/** The contents of the PEM blocks of a kind (RFC 7468). */
export function pemBlocks(text: string, label: string): Uint8Array[] {
  const pattern = new RegExp(`-----BEGIN ${label}-----([A-Za-z0-9+/=\\s]+)-----END ${label}-----`, 'gu');
  return [...text.matchAll(pattern)].map(([, body = '']) => {
    const bytes = fromBase64(body.replaceAll(/\s/gu, ''));
    if (bytes === undefined) throw new NotDer('a PEM block is not base64');
    return bytes;
  });
}

/**
 * Why no chain leads from a certificate to one that the verifier trusts, at a time; undefined where one does. A
 * trusted certificate counts as it is, whoever signed it.
 */
export async function chainProblem(
  leaf: Certificate,
  given: readonly Certificate[],
  trusted: readonly Certificate[],
  atMs: number,
): Promise<string | undefined> {
  let current = leaf;
  for (let depth = 0; depth < MAX_CHAIN; depth++) {
    if (atMs < current.notBefore || atMs > current.notAfter)
      return 'a certificate of its chain was not valid at that time';
    if (trusted.some(({ raw }) => sameBytes(raw, current.raw))) return undefined;
    const issuer = await issuerOf(current, [...trusted, ...given]);
    if (issuer === undefined) return 'its chain leads to no certificate that you trust';
    current = issuer;
  }
  return 'its chain is too long';
}

async function issuerOf(
  certificate: Certificate,
  candidates: readonly Certificate[],
): Promise<Certificate | undefined> {
  for (const one of candidates) {
    if (!sameBytes(one.subject, certificate.issuer) || sameBytes(one.raw, certificate.raw) || !mayIssue(one)) continue;
    const { signatureAlgorithm, signature, tbs } = certificate;
    if (await isSigned(one.publicKey, signatureAlgorithm, undefined, signature, tbs)) return one;
  }
  return undefined;
}

function mayIssue({ extensions }: Certificate): boolean {
  const constraints = extensions.get(BASIC_CONSTRAINTS);
  const [isAuthority] = constraints === undefined ? [] : childrenOf(readDer(constraints.value), TAG.sequence);
  const usage = extensions.get(KEY_USAGE);
  const bits = usage === undefined ? KEY_CERT_SIGN : (contentOf(readDer(usage.value), TAG.bitString)[1] ?? 0);
  return isAuthority?.tag === TAG.boolean && isAuthority.content[0] === 0xff && (bits & KEY_CERT_SIGN) !== 0;
}

/** The hash that goes with an algorithm, by object identifier. */
export const HASHES: Readonly<Record<string, string>> = {
  '2.16.840.1.101.3.4.2.1': 'SHA-256',
  '2.16.840.1.101.3.4.2.2': 'SHA-384',
  '2.16.840.1.101.3.4.2.3': 'SHA-512',
};
const RSA: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.11': 'SHA-256',
  '1.2.840.113549.1.1.12': 'SHA-384',
  '1.2.840.113549.1.1.13': 'SHA-512',
};
const ECDSA: Readonly<Record<string, string>> = {
  '1.2.840.10045.4.3.2': 'SHA-256',
  '1.2.840.10045.4.3.3': 'SHA-384',
  '1.2.840.10045.4.3.4': 'SHA-512',
};
const CURVES: Readonly<Record<string, { readonly name: string; readonly width: number }>> = {
  '1.2.840.10045.3.1.7': { name: 'P-256', width: 32 },
  '1.3.132.0.34': { name: 'P-384', width: 48 },
  '1.3.132.0.35': { name: 'P-521', width: 66 },
};
const RSA_ENCRYPTION = '1.2.840.113549.1.1.1';
const ED25519 = '1.3.101.112';

/**
 * True where the key signed the data. `hash` is what an algorithm goes with that names none (rsaEncryption); an
 * algorithm that is not known (SHA-1 and MD5 among them) signs nothing.
 */
export async function isSigned(
  publicKey: Uint8Array,
  algorithm: string,
  hash: string | undefined,
  signature: Uint8Array,
  data: Uint8Array,
): Promise<boolean> {
  const { subtle } = crypto;
  const rsaHash = algorithm === RSA_ENCRYPTION ? hash : RSA[algorithm];
  if (rsaHash !== undefined) {
    const rsa = { name: 'RSASSA-PKCS1-v1_5', hash: rsaHash };
    const key = await subtle.importKey('spki', owned(publicKey), rsa, false, ['verify']);
    return await subtle.verify(rsa, key, owned(signature), owned(data));
  }
  if (algorithm === ED25519) {
    const key = await subtle.importKey('spki', owned(publicKey), ED_NAME, false, ['verify']);
    return await subtle.verify(ED_NAME, key, owned(signature), owned(data));
  }
  const ecdsaHash = ECDSA[algorithm];
  const curve = CURVES[curveOf(publicKey)];
  if (ecdsaHash === undefined || curve === undefined) return false;
  const ecdsa = { name: 'ECDSA', namedCurve: curve.name };
  const key = await subtle.importKey('spki', owned(publicKey), ecdsa, false, ['verify']);
  return await subtle.verify({ name: 'ECDSA', hash: ecdsaHash }, key, ecdsaRaw(signature, curve.width), owned(data));
}

const ED_NAME = 'Ed25519';

/** The curve of an elliptic key, by object identifier; empty for another kind of key. */
function curveOf(publicKey: Uint8Array): string {
  const [algorithm] = childrenOf(readDer(publicKey), TAG.sequence);
  const [, parameters] = childrenOf(algorithm, TAG.sequence);
  return parameters?.tag === TAG.oid ? oidOf(parameters) : '';
}

/** The object identifier of an AlgorithmIdentifier. */
export function algorithmOf(der: Der | undefined): string {
  return oidOf(childrenOf(der, TAG.sequence)[0]);
}

function readExtensions(tagged: Der | undefined): Certificate['extensions'] {
  const extensions = new Map<string, { critical: boolean; value: Uint8Array }>();
  if (tagged === undefined) return extensions;
  for (const one of childrenOf(readDer(tagged.content), TAG.sequence)) {
    const [id, second, third] = childrenOf(one, TAG.sequence);
    const critical = second?.tag === TAG.boolean && second.content[0] === 0xff;
    const name = oidOf(id);
    if (extensions.has(name)) throw new NotDer('an extension stands twice');
    extensions.set(name, { critical, value: contentOf(second?.tag === TAG.boolean ? third : second, TAG.octetString) });
  }
  return extensions;
}

function rawOf(der: Der | undefined): Uint8Array {
  return childrenOf(der, TAG.sequence) && (der as Der).raw;
}
