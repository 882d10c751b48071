import { Fault } from '../../model/fault.ts';
import { type Refusal, Refused } from '../../model/refusal.ts';
import { awsShapeOf } from './aws-refusal.ts';
import { AwsRefused } from './credentials/aws/aws-refused.ts';
import { fieldOf } from './forwarded-head.ts';
import { type IncomingRequest, MalformedHttp, type ReplyHead } from './message.ts';
import type { Telling } from './refusal.ts';

/** Answers a request in one go. */
export function answer(
  incoming: IncomingRequest,
  { head, body }: { readonly head: ReplyHead; readonly body: Buffer },
): void {
  const isSlow = [incoming.respond(head, body.length), incoming.write(body), incoming.end()];
  // Whoever does not take it has gone, which the connection tells.
  for (const slow of isSlow) slow?.catch(() => undefined);
}

/** True of a call of gRPC, which is answered in its own words. */
export function isGrpc({ head }: IncomingRequest): boolean {
  return /^application\/grpc(?:$|[+;\s])/i.test(fieldOf(head.fields, 'content-type') ?? '');
}

/** In whose words a client reads errors. */
export function errorShapeOf(incoming: IncomingRequest): Pick<Telling, 'grpc' | 'aws'> {
  return { grpc: isGrpc(incoming), aws: awsShapeOf(incoming.head) };
}

/** What a client is told of what ended its request. */
export function refusalOf(fault: unknown): {
  readonly refusal: Refusal;
  readonly status?: number;
  readonly awsCode?: string;
} {
  if (fault instanceof AwsRefused) return { refusal: fault.refusal, awsCode: fault.awsCode };
  if (fault instanceof Refused) return { refusal: fault.refusal };
  if (fault instanceof MalformedHttp) {
    return { refusal: { code: 'protocol-malformed', message: fault.message }, status: fault.status };
  }
  const isLate = fault instanceof Fault && fault.code === 'deadline';
  return { refusal: isLate ? LATE : LOST, ...(isLate ? { status: 504 } : {}) };
}

// Nothing of the cause is told: it may name the target's address or what its server said of a credential.
const LOST: Refusal = {
  code: 'upstream-unavailable',
  message: 'the connection to the target was lost',
  hint: 'Whether the request took effect is not known; look before you repeat it.',
};
const LATE: Refusal = {
  code: 'upstream-unavailable',
  message: 'the target did not answer in time',
  hint: 'Whether the request took effect is not known; look before you repeat it.',
};
