import type { JsonValue } from '../../../model/http.ts';
import type { HttpSession } from '../../http/lanes.ts';
import { isObject, type JsonObject, listAt, objectAt, textAt } from '../canonical-json.ts';
import { operationOf } from '../inspect.ts';
import type { RpcRequest } from '../message.ts';
import { isModern, META } from '../versions.ts';

/** The revision that tasks came with; in the next one they are an extension. */
const FIRST = '2025-11-25';
export const TASKS_EXTENSION = 'io.modelcontextprotocol/tasks';

type Asking = Pick<HttpSession, 'mayHold' | 'mayPermit' | 'target'>;

/**
 * Whether calls that wait for people are tasks here: where some may wait at all, and the client may ask about its tasks. Of
 * one tool where it is named; `isDestructive` where its server says so of it.
 */
export function offersTasks(session: Asking, version: string, tool?: string, isDestructive = false): boolean {
  if (version < FIRST) return false;
  const { target } = session;
  const asks = isModern(version) ? ['tasks/get'] : ['tasks/get', 'tasks/result'];
  if (!asks.every((method) => session.mayPermit(operationOf(target, { method, params: {}, version })))) return false;
  if (tool === undefined) return session.mayHold();
  const params = { name: tool };
  return session.mayHold(operationOf(target, { method: 'tools/call', params, version, isDestructive }));
}

/** A request whose sender can go on with a task in place of its answer. */
export function takesTask({ method, params }: RpcRequest, version: string): boolean {
  if (method !== 'tools/call') return false;
  return isModern(version) ? hasExtension(params) : version >= FIRST && isObject(params['task']);
}

/** Whether a request of 2026-07-28 says that its client knows tasks. */
export function hasExtension(params: JsonObject): boolean {
  const capabilities = objectAt(objectAt(params, '_meta'), META.capabilities);
  return TASKS_EXTENSION in objectAt(capabilities, 'extensions');
}

/** How a server says of a tool that it makes tasks of its calls itself (2025-11-25, "Tool-Level Negotiation"). */
export function makesTasks(definition: string | undefined): boolean {
  if (definition === undefined) return false;
  const support = textAt(objectAt(JSON.parse(definition) as JsonValue, 'execution'), 'taskSupport');
  return support === 'optional' || support === 'required';
}

/** What a server says of itself, with the tasks that the gateway has beside its own. */
export function greetingWithTasks(result: JsonObject, version: string): JsonObject {
  const capabilities = objectAt(result, 'capabilities');
  if (isModern(version)) {
    const extensions = { [TASKS_EXTENSION]: {}, ...objectAt(capabilities, 'extensions') };
    return { ...result, capabilities: { ...capabilities, extensions } };
  }
  const tasks = objectAt(capabilities, 'tasks');
  const requests = { ...objectAt(tasks, 'requests'), tools: { call: {} } };
  return { ...result, capabilities: { ...capabilities, tasks: { ...tasks, list: {}, cancel: {}, requests } } };
}

/** A list of tools in which each says that its calls may be tasks, where it is the gateway that makes some of them. */
export function toolsWithTasks(result: JsonObject, offers: (tool: string) => boolean): JsonObject | undefined {
  let changed = false;
  const tools = (listAt(result, 'tools') ?? []).map((tool) => {
    const execution = objectAt(tool, 'execution');
    const own = textAt(execution, 'taskSupport') ?? 'forbidden';
    if (!isObject(tool) || own !== 'forbidden' || !offers(textAt(tool, 'name') ?? '')) return tool;
    changed = true;
    return { ...tool, execution: { ...execution, taskSupport: 'optional' } };
  });
  return changed ? { ...result, tools } : undefined;
}
