import { hash, randomUUID } from 'node:crypto';
import type { TargetName } from '../../../model/ids.ts';
import type { Principal } from '../../../model/principal.ts';
import { Refused } from '../../../model/refusal.ts';
import type { Target } from '../../../model/target.ts';
import { PeerLeft } from '../../../wire/peer-left.ts';
import type { HttpPlace, PlaceRequest } from '../../http/layer.ts';
import type { Fields } from '../../http/message.ts';
import { readAsked } from './asked-message.ts';
import { ClientReply } from './client-reply.ts';
import { answerRequest, type Conversing, takeAnswer, takeMessage } from './conversation.ts';
import { CAPABILITIES_META, CLIENT_META, type EraName, isModern, MODERN, NEWEST_LEGACY, VERSION_META } from './era.ts';
import { FederatedSession, isRequest } from './federated-session.ts';
import { KeptSessions } from './kept-sessions.ts';
import { answerListen, listenToAll } from './listen.ts';
import { type JsonObject, objectOf, textOf } from './lossless-json.ts';
import { failed, RPC, response } from './rpc.ts';
import type { Ask } from './target-client.ts';

export const FEDERATION_PATH = '/mcp';

/**
 * All MCP targets of a grant as one server, in both eras: each request that is about a target is asked there as the client
 * would ask it, so that target's own rules, record, masks and approvals are what counts. docs/protocols/mcp.md.
 */
export class Federation implements HttpPlace {
  readonly resource = FEDERATION_PATH;
  readonly #sessions: KeptSessions;
  readonly #nowMs: () => number;
  /** Which era a target's server was last found to speak. */
  readonly #eras = new Map<TargetName, EraName>();

  constructor({ nowMs }: { readonly nowMs: () => number }) {
    this.#nowMs = nowMs;
    this.#sessions = new KeptSessions(nowMs);
  }

  has(path: string): boolean {
    return path === FEDERATION_PATH || path === `${FEDERATION_PATH}/`;
  }

  async serve(asked: PlaceRequest): Promise<void> {
    const { incoming, proof, admission } = asked;
    const { method } = incoming.head;
    if (proof === undefined) throw new Refused(NO_PROOF);
    const { principal, targets } = await admission.targets(proof.claim);
    const servers = targets.filter(({ protocol }) => protocol === 'mcp');
    const foreign = foreignOrigin(asked);
    if (foreign !== undefined) return plain(asked, 403, `pages of ${foreign} may not ask here`);
    const asking = new Set<Promise<void>>();
    const ask: Ask = (target, call) => {
      const one = asked.ask(target, call).finally(() => asking.delete(one));
      asking.add(one);
      return one;
    };
    try {
      switch (method) {
        case 'POST':
          return await this.#post(asked, principal, servers, ask);
        case 'GET':
          return await this.#get(asked, principal, servers, ask);
        case 'DELETE':
          return await this.#delete(asked, principal, ask);
        default:
          return await plain(asked, 405, 'POST, GET and DELETE are what this is for', [['allow', 'POST, GET, DELETE']]);
      }
    } catch (cause) {
      if (!(cause instanceof PeerLeft)) throw cause;
      // Whoever asked has gone, or was told a part already: there is no other way to tell.
      incoming.abort();
    } finally {
      await Promise.all(asking);
    }
  }

  async #post(asked: PlaceRequest, principal: Principal, targets: readonly Target[], ask: Ask): Promise<void> {
    const { incoming } = asked;
    const { fields } = incoming.head;
    const read = await readAsked(incoming);
    const mayStream = (valueOf(fields, 'accept') ?? '*/*').includes('text/event-stream');
    if ('refused' in read) {
      const answer = response(read.id, { kind: 'error', error: read.refused });
      return new ClientReply(incoming, false).answer(answer, read.status);
    }
    const { message } = read;
    const opened = await this.#session(asked, principal, message);
    if (opened === undefined) {
      const lost = failed(-32_001, 'the session is not known any more: begin anew with initialize');
      return new ClientReply(incoming, false).answer(response(message['id'] ?? null, lost), 404);
    }
    const { session, id } = opened;
    const own: Fields = id === undefined ? [] : [['mcp-session-id', id]];
    const reply = new ClientReply(incoming, mayStream, own);
    const handed = fields.filter(([name]) => name.startsWith('mcp-param-') || HANDED_ON.has(name));
    const mayStay = stayOf(asked);
    const parts: Conversing = { session, targets, ask, reply, mayStay, signal: incoming.signal, fields: handed };
    if (message['method'] === undefined) {
      if (await takeAnswer(message, parts)) return reply.end(202);
      return reply.answer(response(null, failed(RPC.invalid, 'this answers nothing that was asked')), 400);
    }
    if (!isRequest(message)) {
      await takeMessage(message, parts);
      return reply.end(202);
    }
    if (message['method'] === 'subscriptions/listen' && isModern(session.version)) return answerListen(message, parts);
    return answerRequest(message, parts);
  }

  /** The session that a message belongs to; undefined where it names one that is not the client's. */
  async #session(
    { incoming, proof }: PlaceRequest,
    principal: Principal,
    message: JsonObject,
  ): Promise<{ readonly session: FederatedSession; readonly id?: string } | undefined> {
    const grant = principal.grant.id;
    const { authority, fields } = incoming.head;
    const meta = objectOf(objectOf(message['params'])?.['_meta']) ?? {};
    const version = textOf(meta[VERSION_META]);
    const made = (capabilities: JsonObject, info: JsonObject, spoken: string): FederatedSession => {
      // A client of the new era is asked by the answer to its request alone, which a server of an older one cannot do.
      const askable = isModern(spoken) ? without(capabilities, ASKED_MIDWAY) : capabilities;
      const facts = { authority, capabilities, askable, info };
      return new FederatedSession({ grant, facts, version: spoken, nowMs: this.#nowMs() }, this.#eras);
    };
    if (version !== undefined && isModern(version)) {
      const capabilities = objectOf(meta[CAPABILITIES_META]) ?? {};
      // One that says the same of itself is the same, as far as its servers can tell.
      const key = hash('sha256', `${proof?.digest}\0${JSON.stringify([capabilities, meta[CLIENT_META] ?? null])}`);
      const make = (): FederatedSession => made(capabilities, objectOf(meta[CLIENT_META]) ?? ANONYMOUS, MODERN);
      return { session: this.#sessions.findOrAdd(key, grant, make) };
    }
    if (message['method'] === 'initialize') {
      const { capabilities, clientInfo } = objectOf(message['params']) ?? {};
      const session = made(objectOf(capabilities) ?? {}, objectOf(clientInfo) ?? ANONYMOUS, NEWEST_LEGACY);
      const id = randomUUID();
      this.#sessions.add(id, session);
      return { session, id };
    }
    const session = this.#sessions.find(valueOf(fields, 'mcp-session-id'), grant);
    return session && { session };
  }

  async #get(asked: PlaceRequest, principal: Principal, targets: readonly Target[], ask: Ask): Promise<void> {
    const { incoming } = asked;
    const { fields } = incoming.head;
    const session = this.#sessions.find(valueOf(fields, 'mcp-session-id'), principal.grant.id);
    if (session === undefined) return plain(asked, 404, 'there is no such session');
    if (!(valueOf(fields, 'accept') ?? '').includes('text/event-stream')) {
      return plain(asked, 406, 'what comes here is text/event-stream');
    }
    const reply = new ClientReply(incoming, true);
    const mayStay = stayOf(asked);
    await listenToAll({ session, targets, ask, reply, mayStay, signal: incoming.signal, fields: [] });
    await reply.end();
  }

  async #delete(asked: PlaceRequest, principal: Principal, ask: Ask): Promise<void> {
    const { incoming } = asked;
    const id = valueOf(incoming.head.fields, 'mcp-session-id');
    const session = this.#sessions.find(id, principal.grant.id);
    if (session === undefined) return plain(asked, 404, 'there is no such session');
    this.#sessions.remove(id);
    session.listening?.replaced();
    await Promise.allSettled(session.met.map((client) => client.end({ ask, signal: incoming.signal })));
    await new ClientReply(incoming, false).end(204);
  }
}

const NO_PROOF = {
  code: 'claim-missing',
  message: 'this needs a grant: its id and its secret, as Bearer GRANT.SECRET',
  hint: 'A token for this place is had with a CI token at the token endpoint that its metadata names.',
} as const;
const ANONYMOUS: JsonObject = { name: 'unnamed client', version: '0' };
/** What a client asks of the gateway itself, and what ties its request to a trace. */
const HANDED_ON: ReadonlySet<string> = new Set(['prefer', 'traceparent', 'tracestate', 'user-agent']);

/** What a server of an older era asks its client in the middle of a request, by the capability that lets it. */
const ASKED_MIDWAY: ReadonlySet<string> = new Set(['sampling', 'elicitation', 'roots', 'tasks']);

function without(value: JsonObject, names: ReadonlySet<string>): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !names.has(name)));
}

/** Whoever cannot be told any more by what is refused is asked for again. */
function stayOf({ admission, proof }: PlaceRequest): () => Promise<boolean> {
  return async () => {
    if (proof === undefined) return false;
    try {
      await admission.targets(proof.claim);
      return true;
    } catch (cause) {
      if (!(cause instanceof Refused)) admission.report(cause);
      return false;
    }
  };
}

/** A page of another place asks with the person's browser, which is no client of ours (DNS rebinding). */
function foreignOrigin({ incoming, scheme }: PlaceRequest): string | undefined {
  const origin = valueOf(incoming.head.fields, 'origin');
  const own = `${scheme}://${incoming.head.authority.toLowerCase()}`;
  return origin === undefined || origin.toLowerCase() === own ? undefined : origin;
}

function valueOf(fields: Fields, wanted: string): string | undefined {
  return fields.find(([name]) => name === wanted)?.[1];
}

async function plain({ incoming }: PlaceRequest, status: number, why: string, fields: Fields = []): Promise<void> {
  const error = { code: RPC.invalid, message: why };
  await new ClientReply(incoming, false, fields).answer(response(null, { kind: 'error', error }), status);
}
