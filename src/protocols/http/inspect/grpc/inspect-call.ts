import { hasNoEffects } from '../../../../grpc/descriptors.ts';
import type { HttpFacts } from '../../../../model/http.ts';
import type { Operation } from '../../../../model/request.ts';
import { operationOf } from '../../head-inspector.ts';
import type { AskedHead, Inspected, ReadBody } from '../../inspector.ts';
import { type GrpcCall, grpcCall, isProtobuf, namedFacts } from './grpc-call.ts';
import { GrpcMessages, hasMessage } from './grpc-messages.ts';

/** True where the target's descriptors tell what the body's messages are. */
export function hasMessages({ target, facts }: AskedHead): boolean {
  return isProtobuf(facts.mediaType) && grpcCall(target, facts.path)?.method !== undefined;
}

/** True of a stream of the client's once its first message is there: the client may wait for an answer to it. */
export function isOneEnough(asked: AskedHead, bytes: Buffer): boolean {
  if (!hasMessages(asked)) return false;
  const kind = grpcCall(asked.target, asked.facts.path)?.method?.methodKind;
  return (kind === 'client_streaming' || kind === 'bidi_streaming') && hasMessage(bytes);
}

/** What a request is called by the target's descriptors, whatever its body is written in; undefined where by none. */
export function callFacts({ target, facts }: AskedHead): HttpFacts | undefined {
  const method = grpcCall(target, facts.path)?.method;
  return method && namedFacts(facts, method);
}

/** A call of a service that the target's descriptors know; undefined where the request is none. */
export function inspectCall(
  asked: AskedHead,
  body: ReadBody | undefined,
  asksForBody: () => boolean,
): Inspected | Promise<Inspected> | undefined {
  const { target, facts, codings } = asked;
  const call = grpcCall(target, facts.path);
  if (call === undefined) return undefined;
  if (call.method === undefined) {
    // What a body of the target's is, nobody can say without its method.
    if (!facts.mediaType.startsWith('application/grpc') || facts.body.kind === 'none') return undefined;
    const unread = { kind: 'unknown', why: 'its method is in no descriptor' } as const;
    return { operations: [operationOf({ ...facts, declared: false, body: unread })] };
  }
  // Some servers take the same call as JSON, which is read as any other.
  if (facts.mediaType === 'application/json') return undefined;
  const named = namedFacts(facts, call.method);
  const isCoded = codings.some((coding) => coding !== 'identity');
  if (facts.body.kind === 'none') return { operations: [callOperation(call, named)] };
  if (!isProtobuf(facts.mediaType) || isCoded) {
    const other = { kind: 'unknown', why: 'its messages are not written as gRPC writes them' } as const;
    return { operations: [callOperation(call, { ...named, body: other })] };
  }
  if (!asksForBody() || body === undefined) return { operations: [callOperation(call, named)] };
  return withMessages(call, named, body);
}

async function withMessages(call: GrpcCall, facts: HttpFacts, body: ReadBody): Promise<Inspected> {
  const messages = new GrpcMessages({ call, facts, operationOf: (one) => callOperation(call, one) });
  const { operations, isRead } = await messages.first(body.bytes, body.complete);
  return isRead && !body.complete ? { operations, later: messages } : { operations };
}

/** What a service says of a method, it must know: one without side effects reads. */
function callOperation({ method }: GrpcCall, facts: HttpFacts): Operation {
  const plain = operationOf(facts);
  const reads = method !== undefined && hasNoEffects(method) && facts.method === 'POST';
  return reads ? { ...plain, access: 'read' } : plain;
}
