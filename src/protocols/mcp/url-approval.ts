import { hash } from 'node:crypto';
import type { WaitingNotice } from '../protocol.ts';
import { canonicalJson, isObject, type JsonObject, objectAt, without } from './canonical-json.ts';
import type { Asked } from './inspect.ts';
import { sameOf } from './inspect.ts';
import type { Message, RpcRequest } from './message.ts';
import type { ToldMessage } from './refusals.ts';
import type { Seals } from './seals.ts';
import { isModern, META } from './versions.ts';

/** How a client that can show a page is sent to the people's (elicitation in mode `url`). */
export interface UrlWay {
  readonly seals: Seals;
  /** What the state of a request is bound to: its run and its target. */
  readonly bound: readonly string[];
}

const STATE = 'approval-state';
const KEY = 'chaperone-approval';

/** True where the client said that it shows pages. */
export function showsUrls(capabilities: JsonObject): boolean {
  return 'url' in objectAt(capabilities, 'elicitation');
}

/** The capabilities that a modern request says its client has. */
export function saidCapabilities({ params }: { readonly params: JsonObject }): JsonObject {
  return objectAt(objectAt(params, '_meta'), META.capabilities);
}

/** The client is shown the place, and asks again: with the state in the new era, as it did in the old (-32042). */
export function elicited(
  asked: Asked,
  { seals, bound }: UrlWay,
  { approval, url, groups }: WaitingNotice,
): ToldMessage | undefined {
  if (asked.kind !== 'message' || asked.message.kind !== 'request') return undefined;
  const { message, version } = asked;
  const words = `People of ${groups.join(', ')} must approve this call (${approval}). Once they did, make it again.`;
  if (isModern(version)) {
    const params = { mode: 'url', url, message: words, elicitationId: approval };
    const requestState = seals.seal({ approval, digest: digestOf(message), rounds: roundsOf(message.params) }, [
      STATE,
      ...bound,
    ]);
    const result = {
      resultType: 'input_required',
      inputRequests: { [KEY]: { method: 'elicitation/create', params } },
      requestState,
    };
    return { status: 200, message: { jsonrpc: '2.0', id: message.id, result } };
  }
  const elicitations = [{ mode: 'url', elicitationId: approval, url, message: words }];
  const error = { code: -32042, message: words, data: { elicitations } };
  return { status: 200, message: { jsonrpc: '2.0', id: message.id, error } };
}

/**
 * A request that comes again with the gateway's own state: without it, as the server shall see it; `changed` where it asks
 * another thing than was shown to people. Undefined where the state is none of the gateway's.
 */
export function resumed(
  message: RpcRequest,
  { seals, bound }: UrlWay,
): { readonly message: RpcRequest } | 'changed' | undefined {
  const state = message.params['requestState'];
  if (typeof state !== 'string') return undefined;
  const opened = seals.open(state, [STATE, ...bound]);
  if (!isObject(opened)) return undefined;
  const params = { ...without(message.params, OF_ROUNDS), ...objectAt(opened, 'rounds') };
  const bare = { ...message, params };
  if (opened['digest'] !== digestOf(bare)) return 'changed';
  return { message: bare };
}

/** What a client sends again that a server has asked for more (2026-07-28, "Multi Round-Trip Requests"). */
const OF_ROUNDS = ['requestState', 'inputResponses'] as const;

function roundsOf(params: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(params).filter(([name]) => OF_ROUNDS.some((one) => one === name)));
}

function digestOf(message: Message): string {
  return hash('sha256', canonicalJson(sameOf(message)), 'hex');
}
