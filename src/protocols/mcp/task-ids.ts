import type { JsonValue } from '../../model/http.ts';
import { isObject, type JsonObject } from './canonical-json.ts';

/** What an id becomes on its way; undefined where it is none that may pass. */
export type MapId = (id: string) => string | undefined;

const RELATED = 'io.modelcontextprotocol/related-task';

/**
 * The params or the result of a message with its ids of tasks mapped, wherever either era has one: of the task that it is
 * about, that it makes, of those that it lists, and of the one that it belongs to. `undefined` where one may not pass; the
 * same object where there is none.
 */
export function mapTaskIds(value: JsonObject, map: MapId): JsonObject | undefined {
  let mapped = value;
  const put = (name: string, member: JsonValue | undefined): boolean => {
    if (member === undefined) return false;
    if (member !== mapped[name]) mapped = { ...mapped, [name]: member };
    return true;
  };
  const { task, tasks, notifications, _meta } = value;
  if (isText(value['taskId']) && !put('taskId', map(value['taskId']))) return undefined;
  if (isObject(task) && isText(task['taskId']) && !put('task', withId(task, map))) return undefined;
  if (Array.isArray(tasks)) {
    const known = tasks.flatMap((one: JsonValue) => (isObject(one) ? [withId(one, map) ?? []].flat() : []));
    put('tasks', known);
  }
  // What a client wants to hear of (2026-07-28, "Task Status Notifications"): one that may not pass is left out.
  if (isObject(notifications) && Array.isArray(notifications['taskIds'])) {
    const taskIds = notifications['taskIds'].flatMap((id: JsonValue) => (isText(id) ? (map(id) ?? []) : []));
    put('notifications', { ...notifications, taskIds });
  }
  const related = isObject(_meta) ? _meta[RELATED] : undefined;
  if (isObject(_meta) && isObject(related)) {
    const other = withId(related, map);
    if (other === undefined) return undefined;
    put('_meta', { ..._meta, [RELATED]: other });
  }
  return mapped;
}

function withId(task: JsonObject, map: MapId): JsonObject | undefined {
  const { taskId } = task;
  if (!isText(taskId)) return task;
  const id = map(taskId);
  return id === undefined ? undefined : { ...task, taskId: id };
}

function isText(value: JsonValue | undefined): value is string {
  return typeof value === 'string';
}
