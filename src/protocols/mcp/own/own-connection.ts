import type { ClientConnection, IncomingReply, MessageBody, OutgoingRequest, ReplyHead } from '../../http/message.ts';
import { isModern, LEGACY, MODERN, NEWEST_LEGACY, VERSION_META } from '../federation/era.ts';
import { type Json, type JsonObject, objectOf, parseObject, textOf } from '../federation/lossless-json.ts';
import { failed, type Outcome, RPC, response } from '../federation/rpc.ts';
import { type Answered, type Asker, callOwn, OWN_TOOLS, type OwnServices } from './own-tools.ts';

/** The gateway's own MCP server, as the connection to a target's: in the process, stateless, of both eras. */
export class OwnConnection implements ClientConnection {
  readonly version = '1.1';
  readonly reusable = true;
  readonly #services: OwnServices;
  readonly #asker: Asker;

  constructor(services: OwnServices, asker: Asker) {
    this.#services = services;
    this.#asker = asker;
  }

  async send(request: OutgoingRequest, signal: AbortSignal): Promise<IncomingReply> {
    const text = await textOfBody(request);
    if (request.method !== 'POST') return reply(405, undefined, [['allow', 'POST']]);
    const message = parseObject(text);
    if (message === undefined) return reply(400, response(null, failed(RPC.parse, 'this is no message')));
    const { id } = message;
    // What the client only says, and what it answers to nobody's question, is heard.
    if (id === undefined || textOf(message['method']) === undefined) return reply(202);
    signal.throwIfAborted();
    return this.#answer(message, id, signal);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  async #answer(message: JsonObject, id: Json, signal: AbortSignal): Promise<IncomingReply> {
    const params = objectOf(message['params']) ?? {};
    const version = textOf(objectOf(params['_meta'])?.[VERSION_META]) ?? '';
    const outcome = await this.#outcome(textOf(message['method']) ?? '', params, signal);
    const isUnknown = outcome.kind === 'error' && outcome.error['code'] === RPC.unknownMethod;
    if (!isModern(version)) return reply(200, response(id, outcome));
    return reply(isUnknown ? 404 : 200, response(id, modern(outcome)));
  }

  async #outcome(method: string, params: JsonObject, signal: AbortSignal): Promise<Outcome> {
    switch (method) {
      case 'initialize': {
        const asked = LEGACY.find((one) => one === params['protocolVersion']);
        return { kind: 'result', result: { protocolVersion: asked ?? NEWEST_LEGACY, ...ABOUT } };
      }
      case 'server/discover':
        return { kind: 'result', result: { supportedVersions: [MODERN, ...LEGACY], ...ABOUT } };
      case 'ping':
        return { kind: 'result', result: {} };
      case 'tools/list':
        return { kind: 'result', result: { tools: OWN_TOOLS.map((tool) => ({ ...tool })) } };
      case 'tools/call':
        return this.#call(params, signal);
      default:
        return failed(RPC.unknownMethod, 'there is no such method here');
    }
  }

  async #call(params: JsonObject, signal: AbortSignal): Promise<Outcome> {
    const given = objectOf(params['arguments']) ?? {};
    const called = callOwn(textOf(params['name']) ?? '', this.#services, this.#asker, given, signal);
    if (called === undefined) return failed(RPC.invalidParams, 'there is no tool of this name');
    return { kind: 'result', result: resultOf(await called) };
  }
}

function resultOf(answered: Answered): JsonObject {
  if (answered.kind === 'data') {
    const text = JSON.stringify(answered.data, undefined, 1);
    return { content: [{ type: 'text', text }], structuredContent: answered.data };
  }
  const { why, data } = answered;
  return {
    content: [{ type: 'text', text: why }],
    ...(data === undefined ? {} : { structuredContent: data }),
    isError: true,
  };
}

const ABOUT: JsonObject = {
  capabilities: { tools: {} },
  serverInfo: { name: 'chaperone', title: 'Chaperone', version: '1' },
  instructions:
    'What this run may do, and what became of it. Ask `explain` why a request was refused before you try it another way.',
};

function modern(outcome: Outcome): Outcome {
  if (outcome.kind === 'error') return outcome;
  return { kind: 'result', result: { ...outcome.result, resultType: 'complete', ttlMs: 0, cacheScope: 'private' } };
}

async function textOfBody({ body }: OutgoingRequest): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of body ?? []) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces).toString('utf8');
}

function reply(status: number, message?: JsonObject, fields: ReplyHead['fields'] = []): IncomingReply {
  const bytes = message === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(message), 'utf8');
  const type = message === undefined ? [] : [['content-type', 'application/json'] as const];
  let isRead = bytes.length === 0;
  const body: MessageBody = {
    length: bytes.length,
    trailers: [],
    read: () => {
      const next = isRead ? null : bytes;
      isRead = true;
      return Promise.resolve(next);
    },
  };
  return { head: { status, fields: [...fields, ...type] }, body };
}
