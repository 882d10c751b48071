import type { TargetName } from '../../../model/ids.ts';
import type { Target } from '../../../model/target.ts';
import { PeerLeft } from '../../../wire/peer-left.ts';
import { type Conversing, relay } from './conversation.ts';
import { isModern, SUBSCRIPTION_META } from './era.ts';
import { type Json, type JsonObject, listIn, objectOf, textOf } from './lossless-json.ts';
import { targetOfUri } from './names.ts';
import { response } from './rpc.ts';
import type { TargetClient } from './target-client.ts';

/** What a client wants to hear of (2026-07-28, subscriptions). */
interface Wanted {
  readonly filter: JsonObject;
  /** Of each target the resources, as it calls them. */
  readonly uris: (target: TargetName) => readonly string[];
}

const ALL: JsonObject = { toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true };
const WHEN: Readonly<Record<string, string>> = {
  'notifications/tools/list_changed': 'toolsListChanged',
  'notifications/prompts/list_changed': 'promptsListChanged',
  'notifications/resources/list_changed': 'resourcesListChanged',
};

/**
 * The stream of a client of an older era: what servers say unasked, those that are met later among them. Ends with its
 * client, or when the session is listened to anew.
 */
export async function listenToAll(parts: Conversing): Promise<void> {
  const { session, reply } = parts;
  reply.open();
  const wanted = { filter: ALL, uris: (target: TargetName) => [...(session.subscribed.get(target) ?? [])] };
  await untilGone(parts, session.met, wanted, (message, client) => relay(message, client, parts));
}

/** The stream that a client of 2026-07-28 asked for with its filter. */
export async function answerListen(message: JsonObject, parts: Conversing): Promise<void> {
  const { session, targets, reply } = parts;
  const id = message['id'] ?? null;
  const filter = objectOf(objectOf(message['params'])?.['notifications']) ?? {};
  const asked = listIn(filter, 'resourceSubscriptions').flatMap((uri) => targetOfUri(textOf(uri) ?? '', targets) ?? []);
  const uris = (target: TargetName) => asked.flatMap((one) => (one.target.name === target ? [one.uri] : []));
  const marked = (told: JsonObject): JsonObject => withSubscription(told, id);
  const acknowledged = {
    jsonrpc: '2.0',
    method: 'notifications/subscriptions/acknowledged',
    params: { notifications: filter },
  };
  await reply.say(marked(acknowledged));
  const clients = targets.map(({ name }: Target) => session.client(name));
  const hear = async (heard: JsonObject, client: TargetClient): Promise<void> => {
    const method = textOf(heard['method']) ?? '';
    const wants =
      WHEN[method] === undefined ? method === 'notifications/resources/updated' : filter[WHEN[method]] === true;
    if (wants) await relay(marked(heard), client, parts);
  };
  await untilGone(parts, clients, { filter, uris }, hear);
  if (!parts.signal.aborted)
    await reply.answer(response(id, { kind: 'result', result: { _meta: { [SUBSCRIPTION_META]: id } } }));
}

async function untilGone(
  parts: Conversing,
  clients: readonly TargetClient[],
  wanted: Wanted,
  hear: (message: JsonObject, client: TargetClient) => Promise<void>,
): Promise<void> {
  const { session, ask, signal, mayStay } = parts;
  const over = new AbortController();
  const listening = AbortSignal.any([signal, over.signal]);
  // Whose grant is over hears nothing any more, and is to know.
  const check = async (): Promise<void> => {
    if (!listening.aborted && !(await mayStay())) over.abort();
  };
  const checking = setInterval(() => void check(), MAY_STAY_MS);
  checking.unref();
  const heard = new Map<TargetClient, { readonly left: AbortController; readonly hearing: Promise<void> }>();
  const add = (client: TargetClient): void => {
    if (heard.has(client) || listening.aborted) return;
    const left = new AbortController();
    const calling = { ask, signal: AbortSignal.any([listening, left.signal]), onMessage: hear };
    // One that is down, or has nothing to say, ends alone; the client lists it or not, and is told then.
    const hearing = listenTo(client, wanted, calling).catch(() => undefined);
    heard.set(client, { left, hearing: hearing.then(check) });
  };
  const again = (client: TargetClient): void => {
    heard.get(client)?.left.abort(new PeerLeft('it is listened to anew'));
    heard.delete(client);
    add(client);
  };
  session.listening?.replaced();
  const mine = { add, again, replaced: () => over.abort() };
  session.listening = mine;
  for (const client of clients) add(client);
  await new Promise<void>((resolve) => {
    if (listening.aborted) resolve();
    else listening.addEventListener('abort', () => resolve(), { once: true });
  });
  clearInterval(checking);
  if (session.listening === mine) session.listening = undefined;
  await Promise.all([...heard.values()].map(({ hearing }) => hearing));
}

/** So often it is asked whether a client that only listens may still be here, in milliseconds. */
const MAY_STAY_MS = 15_000;

async function listenTo(
  client: TargetClient,
  { filter, uris }: Wanted,
  calling: Parameters<TargetClient['listen']>[0],
): Promise<void> {
  const era = await client.era(calling);
  const own = uris(client.target);
  if (isModern(era.version)) {
    const notifications: JsonObject = { ...filter, resourceSubscriptions: own };
    const onMessage = async (message: JsonObject): Promise<void> => {
      if (message['method'] === 'notifications/subscriptions/acknowledged') return;
      await calling.onMessage?.(withoutSubscription(message), client);
    };
    await client.request('subscriptions/listen', { notifications }, { ...calling, onMessage });
    return;
  }
  const { ask, signal } = calling;
  for (const uri of own) await client.request('resources/subscribe', { uri }, { ask, signal });
  try {
    await client.listen(calling);
  } finally {
    // Its session goes on, and would go on telling of them.
    const leaving = { ask, signal: AbortSignal.timeout(LEAVE_MS) };
    for (const uri of own) await client.request('resources/unsubscribe', { uri }, leaving).catch(() => undefined);
  }
}

/** To take back what a listener had subscribed to, in milliseconds. */
const LEAVE_MS = 5_000;

function withSubscription(message: JsonObject, id: Json): JsonObject {
  const params = objectOf(message['params']) ?? {};
  return { ...message, params: { ...params, _meta: { ...objectOf(params['_meta']), [SUBSCRIPTION_META]: id } } };
}

/** The id is that of our own request to the server. */
function withoutSubscription(message: JsonObject): JsonObject {
  const params = objectOf(message['params']);
  const meta = objectOf(params?.['_meta']);
  if (meta === undefined) return message;
  const { [SUBSCRIPTION_META]: _id, ...others } = meta;
  return { ...message, params: { ...params, _meta: others } };
}
