import type { BodyMasker, MessageMasks } from '../../../model/reply.ts';
import type { Operation } from '../../../model/request.ts';
import type { Target } from '../../../model/target.ts';
import { fieldOf, mediaTypeOf } from '../forwarded-head.ts';
import { framingOf, grpcCall } from '../inspect/grpc/grpc-call.ts';
import type { ReplyHead } from '../message.ts';
import { GrpcMask } from './grpc-mask.ts';

/** How the messages of a reply are masked that the target's descriptors tell; undefined where they tell nothing of it. */
export function callMask(
  [operation]: readonly Operation[],
  target: Target,
  { fields }: ReplyHead,
): ((masks: MessageMasks) => BodyMasker) | undefined {
  const call = operation?.http && grpcCall(target, operation.http.path);
  const method = call?.method;
  if (call === undefined || method === undefined) return undefined;
  const framing = framingOf(mediaTypeOf(fieldOf(fields, 'content-type')));
  if (framing === undefined) return undefined;
  const coding = fieldOf(fields, 'grpc-encoding') ?? 'identity';
  return (masks) => new GrpcMask({ services: call.services, method, coding, framing }, masks);
}
