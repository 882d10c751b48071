import type { Refusal, RefusalCode } from '../../model/refusal.ts';
import type { WaitingNotice } from '../protocol.ts';
import { S3 } from './credentials/aws/canonical.ts';
import { clientScope, isPresigned } from './credentials/aws/client-scope.ts';
import { fieldOf } from './forwarded-head.ts';
import type { Fields, RequestHead } from './message.ts';
import type { Told } from './refusal.ts';

/** How a service of AWS says no: in S3's XML, that of the query protocol, or JSON. */
export type AwsShape = 's3' | 'query' | 'json';

/** Of a request that is signed for AWS, the shape in which its client reads errors; undefined of any other. */
export function awsShapeOf(head: RequestHead): AwsShape | undefined {
  const scope = clientScope(head);
  if (scope === undefined) return isPresigned(head) ? 's3' : undefined;
  if (S3.has(scope.service)) return 's3';
  const isForm = (fieldOf(head.fields, 'content-type') ?? '').startsWith('application/x-www-form-urlencoded');
  return isForm || /[?&]Action=/.test(head.target) ? 'query' : 'json';
}

/** AWS's words; for all others that are refused, AccessDenied. */
const CODES: Partial<Record<RefusalCode, string>> = {
  'claim-missing': 'MissingAuthenticationToken',
  'claim-invalid': 'InvalidClientTokenId',
  'claim-expired': 'ExpiredToken',
  'grant-revoked': 'ExpiredToken',
  'protocol-malformed': 'InvalidRequest',
  'protocol-unsupported': 'InvalidRequest',
  'too-large': 'EntityTooLarge',
  'connection-limit': 'ServiceUnavailable',
  'budget-unavailable': 'ServiceUnavailable',
  'record-unavailable': 'ServiceUnavailable',
  draining: 'ServiceUnavailable',
  'upstream-unavailable': 'ServiceUnavailable',
  'mask-impossible': 'InternalError',
  'session-ended': 'ServiceUnavailable',
};

export interface AwsTelling {
  readonly shape: AwsShape;
  readonly status: number;
  /** In place of the code that goes with the refusal's. */
  readonly awsCode?: string | undefined;
  readonly waiting?: WaitingNotice | undefined;
}

/** A refusal as the clients of AWS show it. What asks others to log in or to slow down is 403 to them: they would repeat it. */
export function awsRefusal(refusal: Refusal, { shape, status, awsCode, waiting }: AwsTelling): Told {
  const { code, message, hint, rule } = refusal;
  const word = awsCode ?? CODES[code] ?? 'AccessDenied';
  const why = rule === undefined ? code : `${code}, by the rule "${rule}"`;
  const asked = waiting === undefined ? '' : ` ${waiting.url}`;
  const text = `Refused by Chaperone: ${message} (${why})${hint === undefined ? '' : ` ${hint}`}${asked}`;
  const body = Buffer.from(BODIES[shape](word, text));
  const fields: Fields = [
    ['content-type', shape === 'json' ? 'application/json' : 'application/xml'],
    ['cache-control', 'no-store'],
    ['chaperone-refusal', code],
    ['x-amzn-errortype', word],
  ];
  return { head: { status: status === 401 || status === 407 || status === 429 ? 403 : status, fields }, body };
}

const BODIES: Readonly<Record<AwsShape, (word: string, text: string) => string>> = {
  s3: (word, text) =>
    `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${word}</Code><Message>${escaped(text)}</Message><RequestId>chaperone</RequestId></Error>`,
  query: (word, text) =>
    `<ErrorResponse><Error><Type>Sender</Type><Code>${word}</Code><Message>${escaped(text)}</Message></Error><RequestId>chaperone</RequestId></ErrorResponse>`,
  json: (word, text) => JSON.stringify({ __type: word, message: text }),
};

/** XML 1.0, 2.2 and 2.4: what no document may have is a question mark. */
function escaped(text: string): string {
  return text
    .replaceAll(/[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '?')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}
