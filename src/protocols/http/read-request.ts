import type { HttpFacts } from '../../model/http.ts';
import { LIMITS } from '../../model/limits.ts';
import type { Refusal } from '../../model/refusal.ts';
import type { Target } from '../../model/target.ts';
import { clientScope } from './credentials/aws/client-scope.ts';
import { type ForwardedHead, factsOf, fieldOf, forwardedHead } from './forwarded-head.ts';
import { listOf } from './grammar.ts';
import { operationOf } from './head-inspector.ts';
import type { AskedHead, Inspector, LaterMessages, ReadBody } from './inspector.ts';
import type { Fields, IncomingRequest, MessageBody, RequestHead } from './message.ts';
import { normalTarget } from './path.ts';
import { HttpRequest } from './request.ts';
import { checkedTrailers, withTrailers } from './request-trailers.ts';
import type { Digest } from './secret-fields.ts';

/** A client's request without the ways to answer it. */
export type RequestToRead = Pick<IncomingRequest, 'head' | 'body' | 'expectsContinue'>;

export interface ReadingParts {
  readonly target: Target;
  /** The origin form within the target, as the client sent it. */
  readonly origin: string;
  readonly inspector: Inspector;
  readonly digest: Digest;
  readonly nonce: () => string;
}

/** A request that was read as far as its decision needs it. */
export interface ReadRequest {
  readonly request: HttpRequest;
  readonly head: ForwardedHead;
  readonly read: ReadBody | undefined;
  /** True where more of the body follows. */
  readonly streams: boolean;
  /** The fields behind a body that was read to its end. */
  readonly trailers?: Fields;
  /** Where each message of what follows is to be decided. */
  readonly later?: LaterMessages | undefined;
}

/** Rejects where the body breaks off: with `PeerLeft`, or `MalformedHttp`. */
export async function readRequest(incoming: RequestToRead, parts: ReadingParts): Promise<ReadRequest> {
  const { target, origin, inspector, digest, nonce } = parts;
  const normal = normalTarget(origin);
  const hasBody = incoming.body.length !== 'none' && incoming.body.length !== 0;
  const unsupported = unsupportedMethod(incoming) ?? ('code' in normal ? normal : undefined);
  const place = 'code' in normal ? { forwarded: origin, path: '/', query: undefined } : normal;
  const head = forwardedHead(incoming.head, target, place);
  const facts = factsOf(head, target, place, hasBody);
  const common = { head, digest, nonce };
  if (unsupported !== undefined) {
    const operations = [
      { ...operationOf(facts), kind: 'unknown', access: 'unknown', reason: unsupported.message } as const,
    ];
    const request = new HttpRequest({ ...common, read: undefined, streams: hasBody, operations, unsupported });
    return { request, head, read: undefined, streams: hasBody };
  }
  const said = place.query === undefined ? {} : { query: place.query };
  const asked = { ...askedOf(incoming.head, head, target, facts), ...said };
  const read = hasBody ? await readBody(incoming, asked, inspector) : undefined;
  const streams = hasBody && read?.complete !== true;
  const inspecting = inspector.inspect(asked, read);
  const { later, ...found } = inspecting instanceof Promise ? await inspecting : inspecting;
  const sent = found.forwarded?.(head) ?? head;
  const trailers = read?.complete === true ? checkedTrailers(incoming.body.trailers, sent.fields, target) : [];
  const operations = withTrailers(found.operations, trailers);
  const request = new HttpRequest({ ...common, read, streams, trailers, ...found, operations, head: sent });
  return { request, head: sent, read, streams, trailers, later };
}

function askedOf(client: RequestHead, head: ForwardedHead, target: Target, facts: HttpFacts): AskedHead {
  const signed = target.http?.dialect === 'aws' ? clientScope(client) : undefined;
  return {
    target,
    facts,
    codings: listOf(fieldOf(head.fields, 'content-encoding') ?? ''),
    contentType: fieldOf(head.fields, 'content-type') ?? '',
    ...(head.upgrade === undefined ? {} : { upgrade: head.upgrade }),
    ...(signed === undefined ? {} : { signed }),
  };
}

/**
 * A short body is read whatever its type, so that an approval is of all that will be sent; but not one that its client
 * sends only once it is asked to, which a refusal spares it.
 */
function readBody(incoming: RequestToRead, asked: AskedHead, inspector: Inspector): Promise<ReadBody> | undefined {
  const { length } = incoming.body;
  const { mostBytes: most = LIMITS.maxInspectedBodyBytes } = inspector;
  const wanted = Math.min(inspector.wants(asked), most);
  const isShort = typeof length === 'number' && length <= most && !incoming.expectsContinue;
  if (wanted === 0 && !isShort) return undefined;
  const isEnough = (bytes: Buffer): boolean => inspector.isEnough?.(asked, bytes) ?? false;
  return readUpTo(incoming.body, isShort ? most : wanted, isShort || wanted === 0 ? undefined : isEnough);
}

/** What is read beyond the bound came together with what was wanted. */
async function readUpTo(
  body: MessageBody,
  most: number,
  isEnough: ((bytes: Buffer) => boolean) | undefined,
): Promise<ReadBody> {
  const pieces: Buffer[] = [];
  for (let length = 0; length <= most; ) {
    if (length === body.length) return { bytes: joined(pieces), complete: true };
    const bytes = await body.read();
    if (bytes === null) return { bytes: joined(pieces), complete: true };
    length += bytes.length;
    pieces.push(Buffer.from(bytes));
    if (isEnough?.(joined(pieces))) break;
  }
  return { bytes: joined(pieces), complete: false };
}

function joined(pieces: readonly Buffer[]): Buffer {
  const [first] = pieces;
  return pieces.length === 1 && first !== undefined ? first : Buffer.concat(pieces);
}

function unsupportedMethod({ head: { method, target } }: RequestToRead): Refusal | undefined {
  if (method === 'TRACE' || method === 'TRACK') {
    // It would send back what the gateway put in.
    return { code: 'protocol-unsupported', message: `${method} requests are not forwarded` };
  }
  if (target === '*')
    return { code: 'protocol-unsupported', message: 'requests about a server as a whole are not forwarded' };
  return undefined;
}
