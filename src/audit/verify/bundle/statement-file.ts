/** Reads `statement.sigstore.json`: an in-toto statement in DSSE in a Sigstore bundle v0.3, by a key of the verifier's own. */
import { PAYLOAD_TYPE, PREDICATE_TYPE, SIGSTORE_BUNDLE_MEDIA, STATEMENT_TYPE } from '../../bundle/manifest.ts';
import type { AgentRunPredicate } from '../../bundle/statement.ts';
import { type Bytes, concat, fromBase64, fromUtf8, owned, utf8 } from '../../c2sp/bytes.ts';
import { canonicalJson, isCanonical } from '../../canonical-json.ts';
import { pemBlocks } from './certificates.ts';
import { ecdsaRaw, NotDer } from './der.ts';
import type { Engine } from './engine.ts';

export interface Envelope {
  readonly payload: Bytes;
  /** DER, as it stands in the envelope: what timestamps are over. */
  readonly signature: Bytes;
  /** SHA-256 of the key's SubjectPublicKeyInfo, hex, as the envelope says; a hint until a key has verified. */
  readonly keyId: string;
  /** RFC 3161, DER. */
  readonly timestamps: readonly Bytes[];
}

type WebKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;
type Members = Readonly<Record<string, unknown>>;

const MAX_TIMESTAMPS = 16;

/** The envelope in a bundle file; a text of what is wrong with it. */
export function parseEnvelope(text: string): Envelope | string {
  if (!isCanonical(text)) return 'it is not in canonical JSON';
  const bundle = asMembers(JSON.parse(text)) ?? {};
  const { mediaType, verificationMaterial, dsseEnvelope } = bundle;
  if (mediaType !== SIGSTORE_BUNDLE_MEDIA) return 'it is no Sigstore bundle v0.3';
  // The wrapper is signed by nobody, so it holds what is known and nothing beside it.
  const material = asMembers(verificationMaterial) ?? {};
  const isKnown =
    hasOnly(bundle, ['dsseEnvelope', 'mediaType', 'verificationMaterial']) &&
    hasOnly(material, ['publicKey', 'timestampVerificationData', 'tlogEntries']) &&
    hasOnly(dsseEnvelope, ['payload', 'payloadType', 'signatures']);
  if (!isKnown) return 'it has members that are not those of a bundle of ours';
  const { payload, payloadType, signatures } = asMembers(dsseEnvelope) ?? {};
  if (payloadType !== PAYLOAD_TYPE) return 'what it signs is no in-toto statement';
  if (!Array.isArray(signatures) || signatures.length !== 1) return 'it has not exactly one signature';
  const bytes = base64(payload);
  const { sig, keyid } = asMembers(signatures[0]) ?? {};
  const signature = base64(sig);
  if (bytes === undefined || signature === undefined) return 'its payload or signature is not base64';
  const { publicKey, timestampVerificationData, tlogEntries } = material;
  if (typeof keyid !== 'string' || asMembers(publicKey)?.['hint'] !== keyid) return 'it names two keys, or none';
  if (!Array.isArray(tlogEntries) || tlogEntries.length > 0)
    return "it names entries of a log that is not the gateway's";
  const { rfc3161Timestamps } = asMembers(timestampVerificationData) ?? {};
  if (!Array.isArray(rfc3161Timestamps) || rfc3161Timestamps.length > MAX_TIMESTAMPS)
    return 'its timestamps cannot be read';
  const timestamps = rfc3161Timestamps.map((one) => base64(asMembers(one)?.['signedTimestamp']));
  if (!timestamps.every((one) => one !== undefined)) return 'its timestamps cannot be read';
  return { payload: bytes, signature, keyId: keyid, timestamps };
}

export interface ReadStatement {
  readonly subject: { readonly name: string; readonly sha256: string };
  readonly predicate: AgentRunPredicate;
}

/** What an envelope's payload states; a text of what is wrong with it. Its members are not looked into. */
export function parseStatement(payload: Uint8Array): ReadStatement | string {
  const text = fromUtf8(payload);
  if (text === undefined || !isCanonical(text)) return 'the statement is not in canonical JSON';
  const { _type, subject, predicateType, predicate } = asMembers(JSON.parse(text)) ?? {};
  if (_type !== STATEMENT_TYPE) return 'the statement is no in-toto Statement v1';
  if (predicateType !== PREDICATE_TYPE) return 'the statement is of another kind than of an agent run';
  const [one, ...more] = Array.isArray(subject) ? subject : [];
  const name = asMembers(one)?.['name'];
  const sha256 = asMembers(asMembers(one)?.['digest'])?.['sha256'];
  if (typeof name !== 'string' || typeof sha256 !== 'string' || more.length > 0) {
    return 'the statement is not about exactly one file';
  }
  if (asMembers(predicate) === undefined) return 'the statement says nothing';
  return { subject: { name, sha256 }, predicate: predicate as AgentRunPredicate };
}

export interface StatementKey {
  /** SHA-256 of its SubjectPublicKeyInfo, hex. */
  readonly id: string;
  readonly key: WebKey;
}

/** The keys of a PEM file; a text of what is wrong with it. */
export async function readStatementKeys(engine: Engine, file: Uint8Array): Promise<readonly StatementKey[] | string> {
  try {
    const blocks = pemBlocks(fromUtf8(file) ?? '', 'PUBLIC KEY');
    if (blocks.length === 0) return 'it holds no public key in PEM (-----BEGIN PUBLIC KEY-----)';
    const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
    return await Promise.all(
      blocks.map(async (der) => ({
        id: engine.sha256(der),
        key: await crypto.subtle.importKey('spki', owned(der), algorithm, false, ['verify']),
      })),
    );
  } catch {
    return 'it holds a key that is not ECDSA on P-256';
  }
}

/** True where the one of the keys that the envelope names signed the payload (DSSE, Pre-Authentication Encoding). */
export async function isSignedBy(
  keys: readonly StatementKey[],
  { payload, signature, keyId }: Envelope,
): Promise<boolean> {
  const signed = concat(utf8(`DSSEv1 ${PAYLOAD_TYPE.length} ${PAYLOAD_TYPE} ${payload.length} `), payload);
  const algorithm = { name: 'ECDSA', hash: 'SHA-256' };
  let raw: Bytes;
  try {
    raw = ecdsaRaw(signature, 32);
  } catch (cause) {
    if (cause instanceof NotDer) return false;
    throw cause;
  }
  const named = keys.find(({ id }) => id === keyId);
  return named !== undefined && (await crypto.subtle.verify(algorithm, named.key, raw, signed));
}

function hasOnly(value: unknown, names: readonly string[]): boolean {
  return canonicalJson(Object.keys(asMembers(value) ?? {}).sort()) === canonicalJson([...names]);
}

function base64(value: unknown): Bytes | undefined {
  return typeof value === 'string' ? fromBase64(value) : undefined;
}

function asMembers(value: unknown): Members | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : undefined;
}
