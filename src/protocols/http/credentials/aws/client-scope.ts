import { Refused } from '../../../../model/refusal.ts';
import type { HttpCredential } from '../../../../model/target.ts';
import { fieldOf } from '../../forwarded-head.ts';
import type { RequestHead } from '../../message.ts';
import type { Scope } from './canonical.ts';

type Aws = Extract<HttpCredential, { readonly kind: 'aws' }>;

/** How far clocks may differ. Milliseconds. */
export const SKEW_MS = 5 * 60_000;

/**
 * The region and the service to sign for: the credential's own, or those that the client signed for with its placeholders.
 * Throws `Refused` where nobody says, and where the client's signature has expired.
 */
export function scopeOf(
  client: RequestHead,
  { region, service }: Aws,
  nowMs: number,
): Pick<Scope, 'region' | 'service'> {
  checkExpiry(client, nowMs);
  const asked = clientScope(client);
  const found = { region: region ?? asked?.region, service: service ?? asked?.service };
  if (found.region !== undefined && found.service !== undefined) {
    return { region: found.region, service: found.service };
  }
  throw new Refused({
    code: 'protocol-unsupported',
    message: 'nobody says for which region and service this request is to be signed',
    hint: 'Sign it with any keys (Signature Version 4), or give the target `region` and `service`.',
  });
}

/** What the client signed for: in its header, or else in a presigned URL. */
export function clientScope(client: RequestHead): Pick<Scope, 'region' | 'service'> | undefined {
  return ofHeader(client) ?? scopeIn(`Credential=${presignedQuery(client)?.get('X-Amz-Credential') ?? ''}`);
}

const CREDENTIAL = /Credential=[^/,\s]+\/\d{8}\/([a-z0-9-]{1,64})\/([a-z0-9-]{1,64})\/aws4_request(?:$|[,\s])/;

function ofHeader({ fields }: RequestHead): Pick<Scope, 'region' | 'service'> | undefined {
  return scopeIn(fieldOf(fields, 'authorization') ?? '');
}

function scopeIn(shown: string): Pick<Scope, 'region' | 'service'> | undefined {
  const [, region, service] = CREDENTIAL.exec(shown) ?? [];
  return region === undefined || service === undefined ? undefined : { region, service };
}

/** The parameters of a presigned URL (the same, "Add the signature to a request", in the query); undefined of any other. */
function presignedQuery({ target }: RequestHead): URLSearchParams | undefined {
  const mark = target.indexOf('?');
  if (mark < 0 || !/x-amz-(?:credential|signature)/i.test(target)) return undefined;
  const query = new URLSearchParams(target.slice(mark + 1));
  return query.has('X-Amz-Credential') ? query : undefined;
}

/** Of version 2 as well, which names the key alone. */
export function isPresigned(head: RequestHead): boolean {
  return presignedQuery(head) !== undefined || /[?&]AWSAccessKeyId=/.test(head.target);
}

function checkExpiry(client: RequestHead, nowMs: number): void {
  const query = ofHeader(client) === undefined ? presignedQuery(client) : undefined;
  if (query === undefined) return;
  const from = timeOf(query.get('X-Amz-Date') ?? '');
  const until = from + Number(query.get('X-Amz-Expires') ?? Number.NaN) * 1_000;
  if (!(from - SKEW_MS <= nowMs && nowMs <= until)) {
    throw new Refused({ code: 'claim-expired', message: 'the presigned URL has expired, or is not good yet' });
  }
}

/** Of `YYYYMMDDTHHMMSSZ`, in milliseconds since 1970; NaN of what is none. */
export function timeOf(text: string): number {
  const [, year, month, day, hour, minute, second] = TIME.exec(text) ?? [];
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

const TIME = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;
