import type { Target } from '../../../model/target.ts';
import type { Fields } from '../../http/message.ts';
import { TASKS_EXTENSION } from '../tasks/offer.ts';
import type { ClientReply } from './client-reply.ts';
import { isModern, LEGACY, MODERN, NEWEST_LEGACY } from './era.ts';
import { type FederatedSession, keyOfId } from './federated-session.ts';
import { type Json, type JsonObject, listIn, objectOf, textOf } from './lossless-json.ts';
import { LISTS, leadsOn, mergedList, noticeOf, pageOf } from './merged-list.ts';
import { notificationWithin, resultWithin } from './rewrite.ts';
import { inputsOf, withAnswers } from './round-trips.ts';
import { isRouted, routed } from './routed.ts';
import { failed, type Outcome, RPC, response } from './rpc.ts';
import { isSubscription, subscribed } from './subscriptions.ts';
import type { Ask, TargetClient } from './target-client.ts';

export interface Conversing {
  readonly session: FederatedSession;
  /** The MCP targets that the client may enter now. */
  readonly targets: readonly Target[];
  readonly ask: Ask;
  readonly reply: ClientReply;
  /** Aborted where the client has gone. */
  readonly signal: AbortSignal;
  /** Whether the client may still be here: false once its grant has ended. Never rejects. */
  readonly mayStay: () => Promise<boolean>;
  /** Of the client's request, those that its server is to have. */
  readonly fields: Fields;
}

/** Answers one request of a client. */
export async function answerRequest(message: JsonObject, parts: Conversing): Promise<void> {
  const { session, reply } = parts;
  const method = textOf(message['method']) ?? '';
  const outcome = await outcomeOf(method, objectOf(message['params']) ?? {}, message['id'] ?? null, parts);
  const told = isModern(session.version) ? modernOutcome(method, outcome) : outcome;
  const isUnknown = outcome.kind === 'error' && outcome.error['code'] === RPC.unknownMethod;
  const answer = response(message['id'] ?? null, told);
  await reply.answer(answer, isUnknown && isModern(session.version) ? 404 : 200);
}

async function outcomeOf(method: string, params: JsonObject, id: Json, parts: Conversing): Promise<Outcome> {
  if (LISTS[method] !== undefined) return listOutcome(method, params, parts);
  const told = isSubscription(method) ? await subscribed(method, params, parts) : undefined;
  if (told !== undefined) return told;
  if (isRouted(method)) return routedOutcome(method, params, id, parts);
  switch (method) {
    case 'initialize':
      return { kind: 'result', result: initialized(params, parts) };
    case 'server/discover':
      return { kind: 'result', result: { ...aboutOf(parts), supportedVersions: [MODERN, ...LEGACY] } };
    case 'ping':
      return { kind: 'result', result: {} };
    case 'logging/setLevel':
      await everywhere(method, params, 'logging', parts);
      return { kind: 'result', result: {} };
    case 'tasks/list':
      return isModern(parts.session.version) ? unknown(method) : tasksOfAll(parts);
    default:
      return unknown(method);
  }
}

function unknown(method: string): Outcome {
  return failed(RPC.unknownMethod, `there is no method ${method.slice(0, 100)} here`);
}

/** Those of all servers of older eras, as one page. */
async function tasksOfAll(parts: Conversing): Promise<Outcome> {
  const outcomes = await everywhere('tasks/list', {}, 'tasks', parts);
  const tasks = outcomes.flatMap(({ client, outcome }) =>
    outcome.kind === 'error' ? [] : listIn(resultWithin(client.target, 'tasks/list', outcome.result), 'tasks'),
  );
  return { kind: 'result', result: { tasks } };
}

/** The result of `initialize`: in the newest revision that the client and the endpoint both know. */
function initialized(params: JsonObject, parts: Conversing): JsonObject {
  const asked = textOf(params['protocolVersion']) ?? '';
  const protocolVersion = LEGACY.find((version) => version === asked) ?? NEWEST_LEGACY;
  return { protocolVersion, ...aboutOf(parts) };
}

function aboutOf({ targets, session }: Conversing): JsonObject {
  const names = targets.map(({ name }) => name).join(', ');
  return {
    capabilities: {
      tools: { listChanged: true },
      prompts: { listChanged: true },
      resources: { listChanged: true, subscribe: true },
      completions: {},
      logging: {},
      // Which tools may be called so, each of them says.
      ...(isModern(session.version)
        ? { extensions: { [TASKS_EXTENSION]: {} } }
        : { tasks: { list: {}, cancel: {}, requests: { tools: { call: {} } } } }),
    },
    serverInfo: { name: 'chaperone', title: 'Chaperone', version: '1' },
    instructions: `These are the MCP servers of this run as one: ${names || 'none'}. A tool is called SERVER__TOOL.`,
  };
}

async function listOutcome(method: string, params: JsonObject, parts: Conversing): Promise<Outcome> {
  const { session, targets } = parts;
  const { list } = LISTS[method] ?? { list: 'tools' };
  const clients = targets.map(({ name }) => session.client(name));
  const { items, leftOut } = await mergedList(method, clients, { ask: parts.ask, signal: parts.signal });
  session.remember(list, items);
  const cursor = textOf(params['cursor']);
  if (!leadsOn(items, cursor)) return failed(RPC.invalidParams, 'the cursor leads nowhere any more: list anew');
  return { kind: 'result', result: { ...pageOf(items, list, cursor), ...noticeOf(leftOut) } };
}

async function routedOutcome(method: string, params: JsonObject, id: Json, parts: Conversing): Promise<Outcome> {
  const { session, targets, ask, signal, fields } = parts;
  const onMessage = (message: JsonObject, client: TargetClient) => relay(message, client, parts);
  const calling = { ask, signal, fields, onMessage };
  const once = (asked: JsonObject): Promise<Outcome> => routed(method, asked, { session, targets, calling, id });
  const outcome = await once(params);
  // A client of 2026-07-28 is told what is wanted of it, and asks again by itself.
  if (isModern(session.version) || inputsOf(outcome) === undefined) return outcome;
  return withAnswers(outcome, params, once, (request) => askClient(request, parts));
}

/** Hands on what one server says: a notification with our names in it, or a request under an id of ours. */
export async function relay(
  message: JsonObject,
  client: TargetClient,
  { session, reply, ask, signal }: Pick<Conversing, 'session' | 'reply' | 'ask' | 'signal'>,
): Promise<void> {
  const { id } = message;
  if (id === undefined) {
    await reply.say(notificationWithin(client.target, message));
    return;
  }
  const own = session.wait({ kind: 'relayed', client, id });
  if (!isModern(session.version) && (await reply.say({ ...message, id: own }))) return;
  session.waiting.delete(own);
  const refusal = failed(RPC.unknownMethod, 'the client cannot be asked anything in the middle of a request');
  await client.tell(response(id, refusal), { ask, signal });
}

/** Asks the client itself, in place of a server. */
function askClient(request: JsonObject, { session, reply, signal }: Conversing): Promise<Outcome> {
  const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
  const id = session.wait({ kind: 'own', answered: resolve });
  signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  reply.say({ jsonrpc: '2.0', ...request, id }).then((isSaid) => {
    if (!isSaid) resolve(failed(RPC.unknownMethod, 'the client takes no stream, so it cannot be asked'));
  }, reject);
  return promise;
}

/** What all servers of older eras that have such a thing say; those that are down are left out: the client hears of them by lists. */
async function everywhere(method: string, params: JsonObject, capability: string, parts: Conversing) {
  const { session, targets, ask, signal } = parts;
  const asked = targets.map(async ({ name }) => {
    const client = session.client(name);
    const { capabilities, kind } = await client.era({ ask, signal });
    if (kind !== 'legacy' || capabilities[capability] === undefined) return [];
    return [{ client, outcome: await client.request(method, params, { ask, signal }) }];
  });
  const settled = await Promise.allSettled(asked);
  signal.throwIfAborted();
  return settled.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
}

/** What has no answer: a notification of the client's, or what it answers to a server. */
export async function takeMessage(message: JsonObject, parts: Conversing): Promise<void> {
  const { session, ask, signal } = parts;
  const method = textOf(message['method']);
  if (method === 'notifications/cancelled') {
    const found = session.underWay.get(keyOfId(objectOf(message['params'])?.['requestId']));
    if (found === undefined) return;
    const params = { ...objectOf(message['params']), requestId: found.id };
    await found.client.tell({ jsonrpc: '2.0', method, params }, { ask, signal });
    found.cancel();
    return;
  }
  if (method !== 'notifications/roots/list_changed') return;
  await Promise.allSettled(session.met.map((client) => client.tell(message, { ask, signal })));
}

/** What a client answers; false where nobody has asked. */
export async function takeAnswer(
  message: JsonObject,
  { session, ask, signal }: Pick<Conversing, 'session' | 'ask' | 'signal'>,
): Promise<boolean> {
  const key = textOf(message['id']) ?? '';
  const found = session.waiting.get(key);
  if (found === undefined) return false;
  session.waiting.delete(key);
  const error = objectOf(message['error']);
  const outcome: Outcome =
    error === undefined ? { kind: 'result', result: objectOf(message['result']) ?? {} } : { kind: 'error', error };
  if (found.kind === 'own') found.answered(outcome);
  else await found.client.tell(response(found.id, outcome), { ask, signal });
  return true;
}

/** What results of 2026-07-28 have beside what older ones have; every list is this grant's own. */
function modernOutcome(method: string, outcome: Outcome): Outcome {
  if (outcome.kind === 'error') return outcome;
  const { result } = outcome;
  const isKept = LISTS[method] !== undefined || method === 'resources/read' || method === 'server/discover';
  const kept = isKept ? { ttlMs: result['ttlMs'] ?? 0, cacheScope: 'private' } : {};
  return { kind: 'result', result: { ...result, resultType: result['resultType'] ?? 'complete', ...kept } };
}
