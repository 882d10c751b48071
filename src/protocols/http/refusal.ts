import type { Refusal, RefusalCode } from '../../model/refusal.ts';
import type { WaitingNotice } from '../protocol.ts';
import { type AwsShape, awsRefusal } from './aws-refusal.ts';
import type { Fields, ReplyHead } from './message.ts';

/** The status for each refusal (RFC 9110, 15); clients branch on it, so it is part of the interface. */
const STATUSES: { readonly [Code in RefusalCode]: number } = {
  'claim-missing': 401,
  'claim-invalid': 401,
  'claim-expired': 401,
  'claim-replayed': 401,
  'issuer-unknown': 401,
  'trust-denied': 403,
  'grant-revoked': 401,
  'target-unknown': 404,
  'target-not-granted': 403,
  'connection-limit': 503,
  'policy-denied': 403,
  'policy-no-match': 403,
  'policy-error': 403,
  'request-unknown': 403,
  'request-unparsable': 403,
  'request-undeclared': 400,
  'obligation-unmet': 403,
  'budget-exceeded': 429,
  'budget-unavailable': 503,
  'approval-unavailable': 403,
  'approval-denied': 403,
  'approval-expired': 403,
  'approval-cancelled': 403,
  'approval-pending': 403,
  'approval-void': 403,
  'approval-unneeded': 403,
  'definition-unaccepted': 403,
  'approval-unknown': 403,
  'approval-over': 403,
  'approval-changed': 403,
  'approval-not-yours': 403,
  'approval-answered': 403,
  'record-unavailable': 503,
  'protocol-unsupported': 501,
  'protocol-malformed': 400,
  'too-large': 413,
  'mask-impossible': 502,
  draining: 503,
  'session-ended': 503,
  'upstream-unavailable': 502,
  'rate-limited': 429,
};

/**
 * After so many seconds the same request may be sent again (RFC 9110, 10.2.3). Clients obey it by themselves and say nothing,
 * so it stands only where nothing was sent to the target: a request whose target was lost may have taken effect.
 */
const RETRY_SECONDS: Partial<Record<RefusalCode, number>> = {
  'approval-pending': 30,
  'approval-unavailable': 30,
  'connection-limit': 1,
  'budget-unavailable': 5,
  'record-unavailable': 5,
  draining: 1,
  'rate-limited': 1,
};

/** gRPC's own codes (its statuscodes.md) for the statuses above. */
const GRPC: Readonly<Record<number, number>> = { 400: 3, 401: 16, 403: 7, 404: 5, 413: 8, 429: 8, 501: 12 };
const GRPC_UNAVAILABLE = 14;

export interface Told {
  readonly head: ReplyHead;
  readonly body: Buffer;
}

export interface Telling {
  /** In place of the code's own. */
  readonly status?: number | undefined;
  /** True on a forward proxy, which asks for its own proof. */
  readonly proxied?: boolean;
  /** True of a call of gRPC, whose clients read no body. */
  readonly grpc?: boolean;
  /** Of a request that is signed for AWS, the shape in which its client reads errors, and AWS's own word for this one. */
  readonly aws?: AwsShape | undefined;
  readonly awsCode?: string | undefined;
  /** The approval that is waited for. */
  readonly waiting?: WaitingNotice | undefined;
  /** Where a client learns how to get a token for here (RFC 9728). */
  readonly metadata?: string | undefined;
}

/** A refusal as a problem document (RFC 9457), or in gRPC's words, or AWS's. */
export function toldRefusal(refusal: Refusal, telling: Telling = {}): Told {
  const { status, proxied = false, grpc = false, aws, awsCode, ...more } = telling;
  const own = status ?? STATUSES[refusal.code];
  if (aws !== undefined) return awsRefusal(refusal, { shape: aws, status: own, awsCode, waiting: more.waiting });
  return grpc ? grpcStatus(refusal, own) : problem(refusal, own === 401 && proxied ? 407 : own, more);
}

function problem(refusal: Refusal, status: number, { waiting, metadata }: Pick<Telling, 'waiting' | 'metadata'>): Told {
  const { code, message, hint, rule } = refusal;
  const retry = RETRY_SECONDS[code];
  const body = Buffer.from(
    JSON.stringify({
      type: `urn:chaperone:refusal:${code}`,
      title: 'Refused by Chaperone',
      status,
      detail: message,
      code,
      ...(rule === undefined ? {} : { rule }),
      ...(hint === undefined ? {} : { hint }),
      ...(waiting === undefined ? {} : { approval: waiting.approval, approvalUrl: waiting.url }),
    }),
  );
  const fields: Fields = [
    ['content-type', 'application/problem+json'],
    ['cache-control', 'no-store'],
    ['chaperone-refusal', code],
    ...(retry === undefined ? [] : [['retry-after', String(retry)] as const]),
    ...challenges(status, metadata),
  ];
  return { head: { status, fields }, body };
}

/** RFC 9110, 11.6.1 and 11.7.1: one line each, because some clients read the first of a line alone. */
function challenges(status: number, metadata: string | undefined): Fields {
  if (status !== 401 && status !== 407) return [];
  const name = status === 401 ? 'www-authenticate' : 'proxy-authenticate';
  const basic = [name, 'Basic realm="chaperone", charset="UTF-8"'] as const;
  if (metadata === undefined) return [basic, [name, 'Bearer realm="chaperone"']];
  // The clients that this is for look at no other than the first.
  return [[name, `Bearer realm="chaperone", resource_metadata="${metadata}"`], basic];
}

/** A reply of trailers alone: gRPC's clients take the status from there, and show the message. */
function grpcStatus({ code, message, rule, hint }: Refusal, status: number): Told {
  const why = rule === undefined ? code : `${code}, by the rule "${rule}"`;
  const fields: Fields = [
    ['content-type', 'application/grpc'],
    ['chaperone-refusal', code],
    ['grpc-status', String(GRPC[status] ?? GRPC_UNAVAILABLE)],
    ['grpc-message', percentEncoded(`chaperone: ${message} (${why})${hint === undefined ? '' : ` ${hint}`}`)],
  ];
  return { head: { status: 200, fields }, body: Buffer.alloc(0) };
}

/** gRPC over HTTP/2, "Percent-Encoded". */
function percentEncoded(text: string): string {
  let encoded = '';
  for (const byte of Buffer.from(text, 'utf8')) {
    encoded +=
      byte >= 0x20 && byte <= 0x7e && byte !== 0x25
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}
