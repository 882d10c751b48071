import type { RequestInfo } from '../../model/kubernetes-request.ts';
import type { ForwardedHead } from '../http/forwarded-head.ts';
import { isSession } from './access.ts';

/** What a subresource answers with that is no object. */
const NO_OBJECTS: ReadonlySet<string> = new Set(['log', 'proxy', 'exec', 'attach', 'portforward']);

/** True where the reply is an object of the server's, or several. */
export function answersObject({ verb, resource }: RequestInfo): boolean {
  return resource !== undefined && verb !== 'proxy' && !NO_OBJECTS.has(resource.subresource ?? '');
}

/** Asks for JSON where objects are answered: one reader sees all. Undefined where the head stays as it is. */
export function narrowed(info: RequestInfo): ((head: ForwardedHead) => ForwardedHead) | undefined {
  const isDiscovery = info.resource === undefined && isSession(info.path) && /^\/apis?(?:\/|$)/.test(info.path);
  return answersObject(info) || isDiscovery ? withJson : undefined;
}

function withJson(head: ForwardedHead): ForwardedHead {
  const said = head.fields.filter(([name]) => name === 'accept').map(([, value]) => value);
  const accept = jsonOf(said.join());
  const fields = head.fields.filter(([name]) => name !== 'accept');
  return { ...head, fields: [...fields, ['accept', accept]] };
}

/** What of an `Accept` (RFC 9110, 12.5.1) is JSON, in its order: tables and partial metadata are. */
export function jsonOf(accept: string): string {
  const ranges = accept.split(',').map((range) => range.trim());
  const json = ranges.filter((range) => /^application\/json(?:\s*;|$)/i.test(range));
  return json.length === 0 ? 'application/json' : json.join(',');
}
