import { hasNoEffects } from '../../../../grpc/descriptors.ts';
import { WebText } from '../../../../grpc/web-text.ts';
import type { HttpFacts } from '../../../../model/http.ts';
import type { Operation } from '../../../../model/request.ts';
import { operationOf } from '../../head-inspector.ts';
import type { AskedHead, Inspected, ReadBody } from '../../inspector.ts';
import { framingOf, type GrpcCall, grpcCall, isClientStream, namedFacts } from './grpc-call.ts';
import { GrpcMessages, hasMessage } from './grpc-messages.ts';

/** True where the target's descriptors tell what the body's messages are. */
export function hasMessages({ target, facts }: AskedHead): boolean {
  return framingOf(facts.mediaType) !== undefined && grpcCall(target, facts.path)?.method !== undefined;
}

/** True of a stream of the client's once its first message is there: the client may wait for an answer to it. */
export function isOneEnough(asked: AskedHead, bytes: Buffer): boolean {
  if (!hasMessages(asked) || framingOf(asked.facts.mediaType) !== 'grpc') return false;
  return isClientStream(grpcCall(asked.target, asked.facts.path)?.method) && hasMessage(bytes);
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
  const framing = framingOf(facts.mediaType);
  const unread = (why: string): Inspected => {
    return { operations: [callOperation(call, { ...named, body: { kind: 'unknown', why } })] };
  };
  if (framing === undefined || isCoded) return unread('its messages are not written as gRPC writes them');
  if (framing !== 'grpc' && isClientStream(call.method)) return unread('gRPC-Web has no streams of clients');
  if (!asksForBody() || body === undefined) return { operations: [callOperation(call, named)] };
  const plain = framing === 'web-text' ? plainBody(body) : body;
  return plain === undefined
    ? unread('its messages are not the base64 that they say')
    : withMessages(call, named, plain);
}

async function withMessages(call: GrpcCall, facts: HttpFacts, body: ReadBody): Promise<Inspected> {
  const messages = new GrpcMessages({ call, facts, operationOf: (one) => callOperation(call, one) });
  const { operations, isRead } = await messages.first(body.bytes, body.complete);
  return isRead && !body.complete ? { operations, later: messages } : { operations };
}

/** Without base64; undefined where it is none. */
function plainBody({ bytes, complete }: ReadBody): ReadBody | undefined {
  const text = new WebText();
  const plain = text.push(bytes);
  return plain === undefined || (complete && text.isCut) ? undefined : { bytes: plain, complete };
}

/** What a service says of a method, it must know: one without side effects reads. */
function callOperation({ method }: GrpcCall, facts: HttpFacts): Operation {
  const plain = operationOf(facts);
  const reads = method !== undefined && hasNoEffects(method) && facts.method === 'POST';
  return reads ? { ...plain, access: 'read' } : plain;
}
