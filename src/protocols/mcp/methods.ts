import type { Access } from '../../model/request.ts';
import type { Target } from '../../model/target.ts';

/** What each method of either era does; of a tool's call, its target's declaration says it. */
const ACCESS: Readonly<Record<string, Access>> = {
  initialize: 'read',
  ping: 'read',
  'server/discover': 'read',
  'tools/list': 'read',
  'tools/call': 'write',
  'prompts/list': 'read',
  'prompts/get': 'read',
  'resources/list': 'read',
  'resources/templates/list': 'read',
  'resources/read': 'read',
  'resources/subscribe': 'read',
  'resources/unsubscribe': 'read',
  'subscriptions/listen': 'read',
  'completion/complete': 'read',
  'logging/setLevel': 'read',
  'tasks/get': 'read',
  'tasks/list': 'read',
  'tasks/result': 'read',
  'tasks/update': 'write',
  'tasks/cancel': 'write',
  'notifications/initialized': 'read',
  'notifications/cancelled': 'read',
  'notifications/progress': 'read',
  'notifications/roots/list_changed': 'read',
  'notifications/elicitation/complete': 'read',
  'notifications/tasks/status': 'read',
  // What a server asks of its client: a word of its own, because no rule about data means it.
  'sampling/createMessage': 'admin',
  'elicitation/create': 'admin',
  'roots/list': 'admin',
};

/** The access of a method; `unknown` of one that nobody knows. */
export function accessOf(method: string): Access {
  return (Object.hasOwn(ACCESS, method) ? ACCESS[method] : undefined) ?? 'unknown';
}

/** What a tool does, as its target declares it; a hint of the server's own can only make it worse. */
export function toolAccess({ mcp }: Target, tool: string, isDestructive: boolean): Access {
  const declared = mcp?.tools.find(({ name }) => matches(name, tool))?.access ?? 'write';
  return declared === 'write' && isDestructive ? 'admin' : declared;
}

/** `*` stands for any characters. Without backtracking: each piece is looked for once. */
function matches(pattern: string, name: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return pattern === name;
  if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length) return false;
  let at = first.length;
  for (const piece of rest) {
    const found = name.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return at <= name.length - last.length;
}
