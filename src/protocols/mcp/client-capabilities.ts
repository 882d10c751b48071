import type { HttpSession } from '../http/lanes.ts';
import { isObject, type JsonObject, objectAt, without } from './canonical-json.ts';
import { operationOf } from './inspect.ts';
import type { RpcRequest } from './message.ts';
import { isModern, META } from './versions.ts';

/** What a client says it can be asked, and the method by which a server asks for it. */
const ASKED_BY: Readonly<Record<string, string>> = {
  sampling: 'sampling/createMessage',
  elicitation: 'elicitation/create',
  roots: 'roots/list',
};

/**
 * A request as its server may see it: without what its client can do that no rule lets the server ask for, so that it does
 * not try. The same object where nothing is left out.
 */
export function withPermittedCapabilities(
  message: RpcRequest,
  session: Pick<HttpSession, 'target' | 'mayPermit'>,
  version: string,
): RpcRequest {
  const may = (method: string): boolean =>
    session.mayPermit(operationOf(session.target, { method, params: {}, version, from: 'server' }));
  const { params } = message;
  if (message.method === 'initialize') {
    const capabilities = permitted(objectAt(params, 'capabilities'), may);
    return capabilities === undefined ? message : { ...message, params: { ...params, capabilities } };
  }
  const meta = objectAt(params, '_meta');
  const said = isModern(version) ? permitted(objectAt(meta, META.capabilities), may) : undefined;
  if (said === undefined) return message;
  return { ...message, params: { ...params, _meta: { ...meta, [META.capabilities]: said } } };
}

/** Undefined where all of them may stay. */
function permitted(capabilities: JsonObject, may: (method: string) => boolean): JsonObject | undefined {
  const denied = Object.entries(ASKED_BY).flatMap(([name, method]) =>
    name in capabilities || name in requestsOf(capabilities) ? (may(method) ? [] : [name]) : [],
  );
  if (denied.length === 0) return undefined;
  const kept = without(capabilities, denied);
  const { tasks } = kept;
  if (!isObject(tasks)) return kept;
  return { ...kept, tasks: { ...tasks, requests: without(requestsOf(capabilities), denied) } };
}

/** Of which of them a client would make tasks (2025-11-25). */
function requestsOf(capabilities: JsonObject): JsonObject {
  return objectAt(objectAt(capabilities, 'tasks'), 'requests');
}
