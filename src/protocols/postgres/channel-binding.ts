import { createHash, X509Certificate } from 'node:crypto';

/**
 * The channel binding `tls-server-end-point` of a server's certificate in DER (RFC 5929, section 4.1): its hash by
 * the hash function of its own signature, SHA-256 in place of MD5 and SHA-1. Undefined where the signature has no
 * single hash function (Ed25519), for which the RFC defines no binding.
 */
export function serverEndPoint(certificate: Uint8Array): Buffer | undefined {
  const oid = new X509Certificate(certificate).signatureAlgorithmOid;
  const hash = oid === RSASSA_PSS ? pssHash(certificate) : HASH_OF_SIGNATURE[oid ?? ''];
  return hash === undefined ? undefined : createHash(hash).update(certificate).digest();
}

const RSASSA_PSS = '1.2.840.113549.1.1.10';

const HASH_OF_SIGNATURE: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.4': 'sha256', // md5WithRSAEncryption
  '1.2.840.113549.1.1.5': 'sha256', // sha1WithRSAEncryption
  '1.2.840.113549.1.1.14': 'sha224',
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.10045.4.1': 'sha256', // ecdsa-with-SHA1
  '1.2.840.10045.4.3.1': 'sha224',
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
};

const HASH_BY_OID: Readonly<Record<string, string>> = {
  '2b0e03021a': 'sha256', // SHA-1
  '608648016503040204': 'sha224',
  '608648016503040201': 'sha256',
  '608648016503040202': 'sha384',
  '608648016503040203': 'sha512',
};

/** RFC 4055, section 3.1: the hash stands in the parameters of the algorithm, tagged [0]; SHA-1 where it does not. */
function pssHash(certificate: Uint8Array): string | undefined {
  const [body] = elements(certificate);
  const algorithm = body && elements(body.content)[1];
  const parameters = algorithm && elements(algorithm.content)[1];
  if (parameters === undefined) return undefined;
  const tagged = elements(parameters.content).find((element) => element.tag === 0xa0);
  if (tagged === undefined) return 'sha256';
  const [identifier] = elements(tagged.content);
  const oid = identifier && elements(identifier.content)[0];
  return oid && HASH_BY_OID[Buffer.from(oid.content).toString('hex')];
}

interface Element {
  readonly tag: number;
  readonly content: Uint8Array;
}

/** X.690, section 8.1, definite lengths: the elements of a sequence that OpenSSL has already parsed. */
function elements(der: Uint8Array): readonly Element[] {
  const found: Element[] = [];
  let at = 0;
  while (at + 2 <= der.length) {
    const tag = der[at] ?? 0;
    let length = der[at + 1] ?? 0;
    at += 2;
    if (length >= 0x80) {
      const size = length - 0x80;
      length = 0;
      for (let i = 0; i < size; i++) length = length * 256 + (der[at + i] ?? 0);
      at += size;
    }
    found.push({ tag, content: der.subarray(at, at + length) });
    at += length;
  }
  return found;
}
