import type { JsonValue } from '../../model/http.ts';
import type { Definition } from '../../model/mcp.ts';
import { isObject, type JsonObject } from './canonical-json.ts';
import { LISTS, serverDefinition } from './definitions.ts';

export interface GreetingRules {
  /** Whether people accepted what the server says of itself. */
  readonly isAccepted: (server: Definition) => Promise<boolean>;
  readonly mayUse: (method: string) => boolean;
}

/** What each capability is used by; one of which nothing may be used is not told of. */
const USES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(LISTS.map(({ capability, method }) => [capability, method])),
  resources: 'resources/read',
  completions: 'completion/complete',
  logging: 'logging/setLevel',
  tasks: 'tasks/get',
};

/** The answer to `initialize` or `server/discover` without capabilities that nobody permits, and instructions that nobody accepted. */
export async function filteredGreeting(
  result: JsonObject,
  { isAccepted, mayUse }: GreetingRules,
): Promise<JsonObject | undefined> {
  let greeting: Record<string, JsonValue> | undefined;
  const { capabilities } = result;
  if (isObject(capabilities)) {
    const kept = Object.entries(capabilities).filter(([name]) => {
      const use = Object.hasOwn(USES, name) ? USES[name] : undefined;
      return use === undefined || mayUse(use);
    });
    greeting = { ...result, capabilities: Object.fromEntries(kept) };
  }
  const server = serverDefinition(result);
  if (server !== undefined && !(await isAccepted(server)) && 'instructions' in result) {
    const { instructions: _unaccepted, ...bare } = greeting ?? result;
    greeting = bare;
  }
  return greeting !== undefined && 'cacheScope' in greeting ? { ...greeting, cacheScope: 'private' } : greeting;
}
