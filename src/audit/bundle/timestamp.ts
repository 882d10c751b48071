/** RFC 3161: asks a timestamp authority when it saw a signature. */
import { createHash } from 'node:crypto';
import { ContentInfo, SignedData } from '@peculiar/asn1-cms';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import {
  MessageImprint,
  PKIStatus,
  TimeStampReq,
  TimeStampReqVersion,
  TimeStampResp,
  TSTInfo,
} from '@peculiar/asn1-tsp';
import { AlgorithmIdentifier } from '@peculiar/asn1-x509';
import { LIMITS } from '../../model/limits.ts';

export interface TimestampAuthority {
  readonly url: string;
  /** PEM: what the authority's tokens are to be held against, given along in bundles. */
  readonly certificates: string;
}

export interface Timestamp {
  /** The whole `TimeStampResp`, DER. */
  readonly response: Uint8Array;
  /** When the authority says it saw the signature, RFC 3339. */
  readonly at: string;
}

export interface TimestampRequest {
  readonly url: string;
  readonly signature: Uint8Array;
  readonly random: (bytes: number) => Uint8Array;
  readonly signal: AbortSignal;
}

/** Throws where the authority cannot be reached, says no, or answers about something else. */
export async function fetchTimestamp({ url, signature, random, signal }: TimestampRequest): Promise<Timestamp> {
  const nonce = positive(random(16));
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/timestamp-query', accept: 'application/timestamp-reply' },
    body: Buffer.from(timestampQuery(signature, nonce)),
    redirect: 'error',
    signal,
  });
  if (!answer.ok) throw new Error(`the timestamp authority answers ${answer.status}`);
  const response = await readBounded(answer);
  return { response, at: readResponse(response, signature, nonce).toISOString() };
}

/** When the response says it saw the signature. Throws where it says no, or is about another signature or question. */
export function readResponse(response: Uint8Array, signature: Uint8Array, nonce: Uint8Array): Date {
  const { status, timeStampToken } = AsnConvert.parse(response, TimeStampResp);
  const granted = status.status === PKIStatus.granted || status.status === PKIStatus.grantedWithMods;
  if (!granted || timeStampToken === undefined) {
    throw new Error(`the timestamp authority says no: status ${status.status}`);
  }
  const { content } = AsnConvert.parse(AsnConvert.serialize(timeStampToken), ContentInfo);
  const { encapContentInfo } = AsnConvert.parse(content, SignedData);
  const info = encapContentInfo.eContent?.single;
  if (info === undefined) throw new Error('the timestamp authority answers without a token');
  const token = AsnConvert.parse(info, TSTInfo);
  const { hashAlgorithm, hashedMessage } = token.messageImprint;
  const imprinted = hashAlgorithm.algorithm === SHA_256 && same(hashedMessage.buffer, sha256(signature));
  if (!imprinted) throw new Error('the timestamp authority answers about other bytes');
  if (token.nonce === undefined || !same(token.nonce, nonce)) throw new Error('the timestamp is of another request');
  return token.genTime;
}

const SHA_256 = '2.16.840.1.101.3.4.2.1';

function timestampQuery(signature: Uint8Array, nonce: Uint8Array): ArrayBuffer {
  const query = new TimeStampReq({
    version: TimeStampReqVersion.v1,
    messageImprint: new MessageImprint({
      hashAlgorithm: new AlgorithmIdentifier({ algorithm: SHA_256, parameters: null }),
      hashedMessage: new OctetString(sha256(signature)),
    }),
    nonce: Uint8Array.from(nonce).buffer,
    certReq: true,
  });
  return AsnConvert.serialize(query);
}

/** An INTEGER of DER as short as it can be: its first byte neither negative nor zero. */
function positive(bytes: Uint8Array): Uint8Array {
  const nonce = Uint8Array.from(bytes);
  nonce[0] = ((nonce[0] ?? 0) & 0x3f) | 0x40;
  return nonce;
}

async function readBounded(answer: Response): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of answer.body ?? []) {
    bytes += piece.length;
    if (bytes > LIMITS.timestampBytes) throw new Error('the timestamp authority answers with too much');
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

function same(one: ArrayBuffer | Uint8Array, other: Uint8Array): boolean {
  return Buffer.from(one instanceof Uint8Array ? one : new Uint8Array(one)).equals(other);
}
