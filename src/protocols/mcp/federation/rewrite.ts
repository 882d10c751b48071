import { isObject, type Json, type JsonObject, listIn, objectOf, textOf } from './lossless-json.ts';
import { namedWithin, taskWithin, uriWithin } from './names.ts';

const RELATED_TASK = 'io.modelcontextprotocol/related-task';

/** What a target says, with the names, URIs and tasks in it as the endpoint says them. Everything else stays. */
export function resultWithin(target: string, method: string, result: JsonObject): JsonObject {
  const told = { ...result, ...taskOf(target, result), ...metaOf(target, result) };
  switch (method) {
    case 'tools/call':
    case 'tasks/result':
      return withContent(target, told);
    case 'prompts/get':
      return {
        ...told,
        messages: listIn(result, 'messages').map((message) =>
          isObject(message) ? { ...message, content: blockWithin(target, message['content']) } : message,
        ),
      };
    case 'resources/read':
      return {
        ...told,
        contents: listIn(result, 'contents').map((one) => (isObject(one) ? withUri(target, one) : one)),
      };
    case 'tasks/get':
    case 'tasks/update':
    case 'tasks/cancel':
      return isObject(result['result']) ? { ...told, result: withContent(target, result['result']) } : told;
    default:
      return told;
  }
}

/** One tool, prompt, resource or template of a list. */
export function listedWithin(target: string, list: ListName, item: JsonObject): JsonObject {
  if (list === 'resources') return withUri(target, item);
  if (list === 'resourceTemplates') {
    const template = textOf(item['uriTemplate']);
    return template === undefined ? item : { ...item, uriTemplate: uriWithin(target, template) };
  }
  const name = textOf(item['name']) ?? '';
  const title = textOf(item['title']);
  // Two servers may well have a tool of one title.
  return {
    ...item,
    name: namedWithin(target, name),
    ...(title === undefined ? {} : { title: `${title} (${target})` }),
  };
}

export type ListName = 'tools' | 'prompts' | 'resources' | 'resourceTemplates';

/** What a server says unasked, or while it works on a request. */
export function notificationWithin(target: string, message: JsonObject): JsonObject {
  const params = objectOf(message['params']);
  if (params === undefined) return message;
  const told = { ...params, ...taskOf(target, params), ...metaOf(target, params) };
  const isUri = textOf(message['method']) === 'notifications/resources/updated';
  return { ...message, params: isUri ? withUri(target, told) : told };
}

function withContent(target: string, result: JsonObject): JsonObject {
  if (!Array.isArray(result['content'])) return result;
  return { ...result, content: listIn(result, 'content').map((block) => blockWithin(target, block)) };
}

/** A block of content: a link to a resource, or a resource in it, is of its target. */
function blockWithin(target: string, block: Json | undefined): Json {
  if (Array.isArray(block)) return (block as readonly Json[]).map((one) => blockWithin(target, one));
  if (!isObject(block)) return block ?? null;
  if (block['type'] === 'resource_link') return withUri(target, block);
  if (block['type'] !== 'resource' || !isObject(block['resource'])) return block;
  return { ...block, resource: withUri(target, block['resource']) };
}

function withUri(target: string, value: JsonObject): JsonObject {
  const uri = textOf(value['uri']);
  return uri === undefined ? value : { ...value, uri: uriWithin(target, uri) };
}

/** Ids of tasks: at the top (2026-07-28), and in `task` and `tasks` (2025-11-25). */
function taskOf(target: string, value: JsonObject): JsonObject {
  const { taskId, task, tasks } = value;
  return {
    ...(typeof taskId === 'string' ? { taskId: taskWithin(target, taskId) } : {}),
    ...(isObject(task) ? { task: { ...task, ...taskOf(target, task) } } : {}),
    ...(Array.isArray(tasks)
      ? { tasks: (tasks as readonly Json[]).map((one) => (isObject(one) ? { ...one, ...taskOf(target, one) } : one)) }
      : {}),
  };
}

function metaOf(target: string, value: JsonObject): JsonObject {
  const meta = objectOf(value['_meta']);
  const related = objectOf(meta?.[RELATED_TASK]);
  if (meta === undefined || related === undefined) return {};
  return { _meta: { ...meta, [RELATED_TASK]: { ...related, ...taskOf(target, related) } } };
}
