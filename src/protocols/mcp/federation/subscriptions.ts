import type { Conversing } from './conversation.ts';
import { isModern } from './era.ts';
import { type JsonObject, textOf } from './lossless-json.ts';
import { targetOfUri } from './names.ts';
import { failed, type Outcome, RPC } from './rpc.ts';
import { NotReached } from './target-client.ts';

/** Resources of one target that one client may have subscribed to. */
const MOST_SUBSCRIBED = 1_000;

/** Whether a client of an older era asks to hear of a resource, or to hear no more of it. */
export function isSubscription(method: string): boolean {
  return method === 'resources/subscribe' || method === 'resources/unsubscribe';
}

/**
 * Answers it where the resource is of a server of 2026-07-28, which has no such request: what the client listens to has its
 * resources from then on. Undefined where the server is to be asked itself.
 */
export async function subscribed(method: string, params: JsonObject, parts: Conversing): Promise<Outcome | undefined> {
  const { session, targets, ask, signal } = parts;
  const found = targetOfUri(textOf(params['uri']) ?? '', targets);
  if (found === undefined || isModern(session.version)) return undefined;
  const client = session.client(found.target.name);
  try {
    const { kind } = await client.era({ ask, signal });
    if (kind === 'legacy') return undefined;
  } catch (cause) {
    if (cause instanceof NotReached) return { kind: 'error', error: cause.error };
    throw cause;
  }
  const uris = session.subscribed.get(client.target) ?? new Set<string>();
  const isAdded = method === 'resources/subscribe';
  if (isAdded && uris.size >= MOST_SUBSCRIBED) return failed(RPC.invalidParams, 'these are as many as may be heard of');
  const isNew = isAdded ? !uris.has(found.uri) : uris.has(found.uri);
  if (isAdded) uris.add(found.uri);
  else uris.delete(found.uri);
  session.subscribed.set(client.target, uris);
  if (isNew) session.listening?.again(client);
  return { kind: 'result', result: {} };
}
