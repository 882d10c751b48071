import type { Refusal } from '../../../model/refusal.ts';
import type { Operation } from '../../../model/request.ts';
import type { HttpExchangeParts } from '../../http/exchange.ts';
import type { HttpSession } from '../../http/lanes.ts';
import { SPDY } from '../../http/message.ts';
import { AcceptedRequest } from './accepted-request.ts';
import { type AskedStream, offeredProtocols, offerField } from './agreed-protocol.ts';
import { beginStream } from './begun-stream.ts';
import { ChannelRelay } from './channel-relay.ts';
import { portOperations, STREAMED } from './stream-operations.ts';

/**
 * A request that asks for an upgrade, with what its connection becomes; `unsupported` where that is not carried. Of ports
 * that are forwarded the first is waited for: it rejects as `beginStream` does.
 */
export async function withStream(
  http: HttpExchangeParts,
  { signal }: HttpSession,
  nowMs: () => number,
): Promise<HttpExchangeParts> {
  const { incoming, asked } = http;
  const [operation] = asked.request.operations;
  const { upgrade } = asked.head;
  if (operation === undefined || upgrade === undefined || asked.request.unsupported !== undefined) return http;
  if (incoming.head.fields.some(([name, value]) => name === PROTOCOLS && value.includes(BEARER))) {
    return refused(http, FORGED);
  }
  const stream = askedStream(operation, upgrade);
  if (stream === undefined) return isProxied(operation) && upgrade !== SPDY ? http : refused(http, NO_STREAM);
  if ('code' in stream) return refused(http, stream);
  const [protocol] = offeredProtocols(incoming.head.fields, stream);
  if (protocol === undefined) return refused(http, NO_PROTOCOL);
  const common = {
    incoming,
    asked: stream,
    nowMs,
    isTyped: operation.http?.query['tty']?.some(isTrue) === true,
    portOperations: (port: number) => portOperations(operation, port),
  };
  if (stream.use === 'command') return { ...http, relay: new ChannelRelay(common) };
  if (!protocol.opens) {
    return { ...withPorts(http, operation, stream.ports), relay: new ChannelRelay(common) };
  }
  const begun = await beginStream(incoming, stream, signal);
  const relay = new ChannelRelay({ ...common, begun });
  return { ...withPorts(http, operation, begun.ports), incoming: new AcceptedRequest(incoming, begun), relay };
}

/** What is forwarded is the protocol of somebody else, in which nothing can be masked. */
export function unmaskableStream(http: HttpExchangeParts): Refusal | undefined {
  const isForward = http.asked.request.operations.some(({ kubernetes }) => kubernetes?.subresource === 'portforward');
  return isForward && http.relay !== undefined ? UNMASKABLE : undefined;
}

function askedStream({ kubernetes, http }: Operation, upgrade: string): AskedStream | Refusal | undefined {
  const { subresource = '', verb } = kubernetes ?? {};
  if (!STREAMED.has(subresource) || verb !== 'create') return undefined;
  if (subresource !== 'portforward') return { use: 'command', ports: [], upgrade };
  const said = http?.query['ports']?.flatMap((one) => one.split(',')) ?? [];
  const ports = said.map((one) => (/^[1-9]\d{0,4}$/.test(one) ? Number(one) : 0));
  if (ports.some((port) => port === 0 || port > 65_535) || ports.length > MOST_PORTS) return NO_PORT;
  return { use: 'forward', ports, upgrade };
}

/** A WebSocket of an application behind the API server, which is none of the server's own. */
function isProxied({ kubernetes }: Operation): boolean {
  return kubernetes?.subresource === 'proxy' || kubernetes?.verb === 'proxy';
}

function withPorts(http: HttpExchangeParts, operation: Operation, ports: readonly number[]): HttpExchangeParts {
  const operations = ports.flatMap((port) => portOperations(operation, port));
  if (operations.length === 0) return refused(http, NO_PORT);
  return { ...http, asked: { ...http.asked, request: http.asked.request.with({ operations }) } };
}

function refused(http: HttpExchangeParts, unsupported: Refusal): HttpExchangeParts {
  return { ...http, asked: { ...http.asked, request: http.asked.request.with({ unsupported }) } };
}

/** As strconv.ParseBool has it; what is none of these is false to the server. */
function isTrue(value: string): boolean {
  return ['1', 't', 'T', 'TRUE', 'true', 'True'].includes(value);
}

/** As many channels of one byte as there are, two for each. */
const MOST_PORTS = 100;

const PROTOCOLS = offerField('websocket');
/** How pages of browsers show API servers a token (k8s.io/apiserver, authentication/request/websocket). */
const BEARER = 'bearer.authorization.k8s.io';

const FORGED: Refusal = {
  code: 'claim-invalid',
  message: 'a token among the protocols of a WebSocket says who asks, which the gateway does',
};
const NO_STREAM: Refusal = {
  code: 'protocol-unsupported',
  message: 'this request becomes no stream at the gateway',
  hint: 'Streams are carried for exec, attach and port-forward; watch and follow logs over plain HTTP.',
};
const NO_PROTOCOL: Refusal = {
  code: 'protocol-unsupported',
  message: 'no protocol of streams was offered that the gateway carries',
  hint: 'Carried are channel.k8s.io to v5 (base64 too), portforward.k8s.io, and SPDY/3.1 in WebSockets.',
};
const NO_PORT: Refusal = { code: 'protocol-malformed', message: 'the ports to forward cannot be told' };
const UNMASKABLE: Refusal = {
  code: 'mask-impossible',
  message: 'a rule masks what comes back, and in forwarded connections nothing can be masked',
  hint: 'A rule without masks may permit port-forwards to this pod and port.',
};
