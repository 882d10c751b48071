import { type KeyedProof, provesKey } from '../../../../model/signing-key.ts';
import type { BodyLength, Fields, RequestHead } from '../../message.ts';
import { AwsRefused } from './aws-refused.ts';
import { type Scope, signingKey, stringToSign } from './canonical.ts';
import type { ChunkSigning } from './chunks.ts';
import { SKEW_MS, timeOf } from './client-scope.ts';

/** A client's own signature (Signature Version 4), in its `Authorization`. */
export interface ClientSignature {
  readonly accessKeyId: string;
  /** `YYYYMMDD`. */
  readonly day: string;
  readonly region: string;
  readonly service: string;
  /** The names of the fields that are signed, lower case, in their order. */
  readonly names: readonly string[];
  /** Hexadecimal. */
  readonly mac: string;
}

const SHOWN =
  /^AWS4-HMAC-SHA256 +Credential=([^/,\s]{1,128})\/(\d{8})\/([a-z0-9-]{1,64})\/([a-z0-9-]{1,64})\/aws4_request, *SignedHeaders=([a-z0-9;_.-]{1,2000}), *Signature=([0-9a-f]{64})$/;

/** Undefined where there is none of this kind. */
export function signatureIn(fields: Fields): ClientSignature | undefined {
  const shown = fields.filter(([name]) => name === 'authorization');
  const [all, accessKeyId, day, region, service, names, mac] = SHOWN.exec(shown[0]?.[1] ?? '') ?? [];
  if (all === undefined || shown.length > 1) return undefined;
  if (accessKeyId === undefined || day === undefined || region === undefined || service === undefined) return undefined;
  return { accessKeyId, day, region, service, names: names?.split(';') ?? [], mac: mac ?? '' };
}

export interface SignedRequest {
  readonly head: RequestHead;
  readonly length: BodyLength;
  /** The digest of the body, or what stands for it in `x-amz-content-sha256`. */
  readonly payload: string;
}

export interface CheckedSignature {
  readonly proof: KeyedProof;
  /** By which the chunks of its body are signed. */
  readonly chunks: ChunkSigning;
}

/**
 * Checks a signature against the secret key of whom it names, as AWS does: the host and every `x-amz-*` field must be signed,
 * and not long ago. Throws `Refused`.
 */
export function checkSignature(
  signature: ClientSignature,
  request: SignedRequest,
  { secret, nowMs }: { readonly secret: string; readonly nowMs: number },
): CheckedSignature {
  const { day, region, service, names, mac } = signature;
  const { fields, authority, method, target } = request.head;
  const at = fields.find(([name]) => name === 'x-amz-date')?.[1] ?? '';
  if (!(Math.abs(timeOf(at) - nowMs) <= SKEW_MS)) {
    const message = 'the signature is not of now, by the clock of the gateway';
    throw new AwsRefused('RequestTimeTooSkewed', { code: 'claim-expired', message, hint: 'Look at the clocks.' });
  }
  const unsigned = fields.find(([name]) => name.startsWith('x-amz-') && !names.includes(name))?.[0];
  if (unsigned !== undefined || !names.includes('host')) {
    throw wrong(`the signature leaves ${unsigned ?? 'host'} out`);
  }
  const signed = names.flatMap((name) => valuesOf(name, request, fields, authority));
  const mark = target.indexOf('?');
  const scope: Scope = { at, region, service };
  const { text } = stringToSign(
    {
      method,
      path: mark < 0 ? target : target.slice(0, mark),
      query: mark < 0 ? '' : target.slice(mark + 1),
      fields: signed,
      payload: request.payload,
    },
    scope,
  );
  const messages = [day, region, service, 'aws4_request'];
  const proof: KeyedProof = { prefix: 'AWS4', messages: [...messages, text], mac: Buffer.from(mac, 'hex') };
  if (!at.startsWith(day) || !provesKey(proof, secret)) {
    throw wrong('the signature is wrong: it is of another key, or of another request');
  }
  return { proof, chunks: { key: signingKey(secret, scope), scope, seed: mac } };
}

/** `Host` and the length frame a message, and are no fields here. */
function valuesOf(name: string, { length }: SignedRequest, fields: Fields, authority: string): Fields {
  if (name === 'host') return [['host', authority]];
  const values = fields.filter(([other]) => other === name);
  if (values.length > 0) return values;
  if (name === 'content-length' && typeof length === 'number') return [[name, String(length)]];
  throw wrong(`the signature is of a header that is not there: ${name}`);
}

function wrong(message: string): AwsRefused {
  const hint = 'Use the keys that the run got, and send the request as it was signed.';
  return new AwsRefused('SignatureDoesNotMatch', { code: 'claim-invalid', message, hint });
}
