import { hash } from 'node:crypto';
import type { JsonValue } from '../../model/http.ts';
import type { Definition, Standing } from '../../model/mcp.ts';
import { canonicalJson, isObject, type JsonObject, listAt, objectAt, textAt } from './canonical-json.ts';

/** A list of definitions: how it is asked for, where it stands in a result, and what names one. */
export interface ListKind {
  readonly kind: Exclude<Definition['kind'], 'server'>;
  readonly method: string;
  readonly member: string;
  readonly named: 'name' | 'uri' | 'uriTemplate';
  /** Which capability of a server says that there is such a list. */
  readonly capability: string;
  /** How one is used, for whoever asks whether it may be; absent where it is not used by itself. */
  readonly use: string | undefined;
  readonly changed: string;
}

export const LISTS: readonly ListKind[] = [
  {
    kind: 'tool',
    method: 'tools/list',
    member: 'tools',
    named: 'name',
    capability: 'tools',
    use: 'tools/call',
    changed: 'notifications/tools/list_changed',
  },
  {
    kind: 'prompt',
    method: 'prompts/list',
    member: 'prompts',
    named: 'name',
    capability: 'prompts',
    use: 'prompts/get',
    changed: 'notifications/prompts/list_changed',
  },
  {
    kind: 'resource',
    method: 'resources/list',
    member: 'resources',
    named: 'uri',
    capability: 'resources',
    use: 'resources/read',
    changed: 'notifications/resources/list_changed',
  },
  {
    kind: 'template',
    method: 'resources/templates/list',
    member: 'resourceTemplates',
    named: 'uriTemplate',
    capability: 'resources',
    use: undefined,
    changed: 'notifications/resources/list_changed',
  },
];

/** What a server says of one thing, pinned by its digest; undefined where it has no name. */
export function definitionOf(
  { kind, named }: Pick<ListKind, 'kind' | 'named'>,
  item: JsonValue,
): Definition | undefined {
  const name = textAt(item, named);
  return name === undefined ? undefined : pinned(kind, name, item);
}

/** What a server says of itself when it is greeted; undefined where an agent learns nothing of it. */
export function serverDefinition(result: JsonObject): Definition | undefined {
  const instructions = textAt(result, 'instructions');
  const about = isObject(result['serverInfo'])
    ? result['serverInfo']
    : objectAt(objectAt(result, '_meta'), SERVER_INFO);
  if (instructions === undefined && Object.keys(about).length === 0) return undefined;
  return pinned('server', '', { serverInfo: about, instructions: instructions ?? '' });
}

const SERVER_INFO = 'io.modelcontextprotocol/serverInfo';

function pinned(kind: Definition['kind'], name: string, value: JsonValue): Definition {
  const text = canonicalJson(value);
  return { kind, name, digest: hash('sha256', text, 'hex'), text };
}

/** All of one kind as the gateway met it. */
export interface Met {
  readonly atMs: number;
  readonly all: ReadonlyMap<string, Definition>;
  readonly standings: ReadonlyMap<string, Standing>;
  /** Tools of which the server itself says that they destroy. */
  readonly destructive: ReadonlySet<string>;
}

export function metOf(all: readonly Definition[], standings: ReadonlyMap<string, Standing>, atMs: number): Met {
  const destructive = all.filter(
    ({ text }) => objectAt(JSON.parse(text) as JsonValue, 'annotations')['destructiveHint'] === true,
  );
  return {
    atMs,
    all: new Map(all.map((one) => [one.name, one])),
    standings,
    destructive: new Set(destructive.map(({ name }) => name)),
  };
}

/** True of what is told now as it was accepted. */
export function isAccepted({ name, digest }: Definition, met: Met | undefined): boolean {
  return met?.standings.get(name) === 'accepted' && met.all.get(name)?.digest === digest;
}

export interface Filter {
  readonly met: (kind: ListKind) => Met | undefined;
  readonly mayUse: (method: string, params: JsonObject) => boolean;
}

/** A result without what may not be used and what nobody has accepted; `undefined` where it stays as it is. */
export function filteredList(result: JsonObject, { met, mayUse }: Filter): JsonObject | undefined {
  let filtered: Record<string, JsonValue> | undefined;
  for (const list of LISTS) {
    const items = listAt(result, list.member);
    if (items === undefined) continue;
    const seen = new Set<string>();
    const kept = items.filter((item) => {
      const definition = definitionOf(list, item);
      if (definition === undefined || seen.has(definition.name)) return false;
      seen.add(definition.name);
      if (!isAccepted(definition, met(list))) return false;
      return list.use === undefined || mayUse(list.use, { [list.named]: definition.name });
    });
    filtered = { ...(filtered ?? result), [list.member]: kept };
  }
  if (filtered === undefined) return undefined;
  // What one run may see is nothing that a cache may give to another.
  return 'cacheScope' in filtered ? { ...filtered, cacheScope: 'private' } : filtered;
}
