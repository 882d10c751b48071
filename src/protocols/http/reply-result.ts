import type { ExchangeResult } from '../../model/reply.ts';
import { fieldOf } from './forwarded-head.ts';
import type { Fields, ReplyHead } from './message.ts';
import { trailersTag } from './parts.ts';
import type { Digest } from './secret-fields.ts';

/** An HTTP status, or the status that gRPC puts behind the body; `sent` were the fields behind a request's that streamed. */
export function resultOf(
  { status, fields }: ReplyHead,
  trailers: Fields,
  sent: Fields,
  digest: Digest,
): ExchangeResult {
  const grpc = fieldOf(trailers, 'grpc-status') ?? fieldOf(fields, 'grpc-status');
  const tags = [...trailersTag(trailers, digest), ...trailersTag(sent, digest).map((tag) => `request ${tag}`)];
  return {
    status: status < 400 && (grpc ?? '0') === '0' ? 'ok' : 'error',
    code: grpc === undefined || !/^\d{1,2}$/.test(grpc) ? String(status) : `grpc-${grpc}`,
    rows: 0,
    ...(tags.length === 0 ? {} : { tags }),
  };
}
