/** RFC 3161 timestamps over a signature: that it existed when an authority, which the verifier trusts, says so. */
import { owned, sameBytes, toHex } from '../../c2sp/bytes.ts';
import { algorithmOf, type Certificate, chainProblem, HASHES, isSigned, readCertificate } from './certificates.ts';
import { childrenOf, contentOf, type Der, NotDer, oidOf, readDer, TAG, timeOf } from './der.ts';

export interface TimestampTime {
  /** Milliseconds since 1970. */
  readonly ms: number;
}

const SIGNED_DATA = '1.2.840.113549.1.7.2';
const TST_INFO = '1.2.840.113549.1.9.16.1.4';
const CONTENT_TYPE = '1.2.840.113549.1.9.3';
const MESSAGE_DIGEST = '1.2.840.113549.1.9.4';
const SIGNING_CERTIFICATE = '1.2.840.113549.1.9.16.2.12';
const SIGNING_CERTIFICATE_V2 = '1.2.840.113549.1.9.16.2.47';
const EXTENDED_KEY_USAGE = '2.5.29.37';
const TIME_STAMPING = '1.3.6.1.5.5.7.3.8';
const CONTEXT_0 = 0xa0;

/**
 * The time that a timestamp gives `signed`; a text of why it is not to be believed. Without certificates of the verifier
 * it only shows that the timestamp is whole, and of this signature.
 */
export async function verifyTimestamp(
  response: Uint8Array,
  signed: Uint8Array,
  trusted: readonly Certificate[] | undefined,
): Promise<TimestampTime | string> {
  try {
    return await verify(readToken(response), signed, trusted);
  } catch (cause) {
    if (cause instanceof NotDer) return `it is no RFC 3161 timestamp in DER: ${cause.message}`;
    throw cause;
  }
}

interface Token {
  readonly info: Uint8Array;
  readonly certificates: readonly Certificate[];
  readonly signer: readonly Der[];
}

/** Takes a TimeStampResp as well as the bare token in it. */
function readToken(response: Uint8Array): Token {
  const outer = readDer(response);
  const [first, second] = childrenOf(outer, TAG.sequence);
  if (first?.tag === TAG.oid) return readSignedData(outer);
  const [status] = childrenOf(first, TAG.sequence);
  if ((contentOf(status, TAG.integer)[0] ?? 9) > 1) throw new NotDer('the authority did not grant it');
  return readSignedData(second);
}

function readSignedData(contentInfo: Der | undefined): Token {
  const [type, wrapped] = childrenOf(contentInfo, TAG.sequence);
  if (oidOf(type) !== SIGNED_DATA) throw new NotDer('it is no signed data');
  const fields = childrenOf(readDer(contentOf(wrapped, CONTEXT_0)), TAG.sequence);
  const [, , content, ...rest] = fields;
  const [contentType, inner] = childrenOf(content, TAG.sequence);
  if (oidOf(contentType) !== TST_INFO) throw new NotDer('it signs no time');
  const certificates = rest.find(({ tag }) => tag === CONTEXT_0);
  const signers = childrenOf(rest.at(-1), TAG.set);
  if (signers.length !== 1) throw new NotDer('it has not one signer');
  return {
    info: contentOf(readDer(contentOf(inner, CONTEXT_0)), TAG.octetString),
    certificates:
      certificates === undefined ? [] : childrenOf(certificates, CONTEXT_0).map(({ raw }) => readCertificate(raw)),
    signer: childrenOf(signers[0], TAG.sequence),
  };
}

async function verify(
  token: Token,
  signed: Uint8Array,
  trusted: readonly Certificate[] | undefined,
): Promise<TimestampTime | string> {
  const [, , imprint, , time] = childrenOf(readDer(token.info), TAG.sequence);
  const [hashAlgorithm, hashed] = childrenOf(imprint, TAG.sequence);
  const hash = HASHES[algorithmOf(hashAlgorithm)];
  if (hash === undefined) return 'it is over a digest of an algorithm that is not accepted';
  if (!sameBytes(await digest(hash, signed), contentOf(hashed, TAG.octetString))) {
    return 'it is over something else than the signature of this statement';
  }
  const ms = timeOf(time);
  const certificate = signerOf(token, [...token.certificates, ...(trusted ?? [])]);
  if (certificate === undefined) {
    return trusted === undefined ? { ms } : 'the certificate of its signer is neither in it nor among yours';
  }
  const problem =
    (await signatureProblem(token, certificate)) ??
    usageProblem(certificate) ??
    (trusted && (await chainProblem(certificate, token.certificates, trusted, ms)));
  return problem ?? { ms };
}

function signerOf({ signer }: Token, certificates: readonly Certificate[]): Certificate | undefined {
  const [issuer, serial] = childrenOf(signer[1], TAG.sequence);
  const number = toHex(contentOf(serial, TAG.integer));
  return certificates.find((one) => one.serial === number && sameBytes(one.issuer, issuer?.raw ?? new Uint8Array()));
}

async function signatureProblem(token: Token, certificate: Certificate): Promise<string | undefined> {
  const [, , digestAlgorithm, attributes, signatureAlgorithm, signature] = token.signer;
  const hash = HASHES[algorithmOf(digestAlgorithm)];
  if (hash === undefined) return 'it is signed over a digest of an algorithm that is not accepted';
  const attribute = readAttributes(attributes);
  const contentType = attribute(CONTENT_TYPE);
  const said = attribute(MESSAGE_DIGEST);
  if (contentType === undefined || oidOf(contentType) !== TST_INFO || said === undefined) {
    return 'its signature does not say what it is over';
  }
  if (!sameBytes(await digest(hash, token.info), contentOf(said, TAG.octetString))) return 'its time was changed';
  if (!(await namesCertificate(attribute, certificate))) return 'its signature names another certificate';
  // What is signed is the set itself (RFC 5652, section 5.4), which stands in the token under another tag.
  const set = owned((attributes as Der).raw);
  set[0] = TAG.set;
  const algorithm = algorithmOf(signatureAlgorithm);
  const bytes = contentOf(signature, TAG.octetString);
  return (await isSigned(certificate.publicKey, algorithm, hash, bytes, set)) ? undefined : 'its signature is wrong';
}

type AttributeReader = (type: string) => Der | undefined;

function readAttributes(attributes: Der | undefined): AttributeReader {
  const values = new Map<string, Der>();
  for (const one of childrenOf(attributes, CONTEXT_0)) {
    const [type, set] = childrenOf(one, TAG.sequence);
    const [value, ...more] = childrenOf(set, TAG.set);
    const name = oidOf(type);
    if (value === undefined || more.length > 0 || values.has(name)) throw new NotDer('an attribute has not one value');
    values.set(name, value);
  }
  return (type) => values.get(type);
}

/** The signature must name its certificate (RFC 3161, section 2.4.2; RFC 5816), or another one of the same key would do. */
async function namesCertificate(attribute: AttributeReader, { raw }: Certificate): Promise<boolean> {
  const newer = attribute(SIGNING_CERTIFICATE_V2);
  const named = newer ?? attribute(SIGNING_CERTIFICATE);
  const [list] = childrenOf(named, TAG.sequence);
  const [first] = childrenOf(list, TAG.sequence);
  const [one, two] = childrenOf(first, TAG.sequence);
  // Without an algorithm: SHA-256 in the newer attribute, SHA-1 in the older.
  const explicit = one?.tag === TAG.sequence;
  const hash = newer === undefined ? 'SHA-1' : explicit ? HASHES[algorithmOf(one)] : 'SHA-256';
  if (hash === undefined) return false;
  return sameBytes(await digest(hash, raw), contentOf(explicit ? two : one, TAG.octetString));
}

function usageProblem({ extensions }: Certificate): string | undefined {
  const usage = extensions.get(EXTENDED_KEY_USAGE);
  const purposes = usage === undefined ? [] : childrenOf(readDer(usage.value), TAG.sequence).map(oidOf);
  const good = usage?.critical === true && purposes.length === 1 && purposes[0] === TIME_STAMPING;
  return good ? undefined : 'its certificate is not one for timestamps alone';
}

async function digest(hash: string, bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest(hash, owned(bytes)));
}
