/** What a search is narrowed by; all that is given must hold. It stands in the page's address. */
export interface SearchFilter {
  readonly who?: string;
  readonly repository?: string;
  readonly target?: string;
  readonly run?: string;
  readonly session?: string;
  readonly table?: string;
  readonly kind?: string;
  readonly decision?: 'permit' | 'deny';
  /** An age (`30m`, `24h`, `7d`) or an instant (RFC 3339, or a day). */
  readonly since?: string;
  readonly until?: string;
  readonly text?: string;
}

export type FilterName = keyof SearchFilter;

/** In the order in which they are written. */
export const FILTER_NAMES = [
  'who',
  'repository',
  'target',
  'run',
  'session',
  'table',
  'kind',
  'decision',
  'since',
  'until',
  'text',
] as const satisfies readonly FilterName[];

/** Those that only statements have. */
export const STATEMENT_FILTERS: readonly FilterName[] = ['session', 'table', 'kind', 'decision', 'text'];

const OTHER_NAMES: Readonly<Record<string, FilterName>> = { repo: 'repository', by: 'who', from: 'since', to: 'until' };

/** Reads `kind:delete table:"public.orders" customers`: what bears no name is the text looked for. */
export function parseSearch(typed: string): SearchFilter {
  const fields: Record<string, unknown> = {};
  const words: string[] = [];
  for (const [, word = '', name = '', quoted, plain] of typed.matchAll(TOKEN)) {
    const known = filterName(name);
    const value = quoted ?? plain ?? '';
    if (known && known !== 'text' && value !== '') fields[known] = value;
    else words.push(known === 'text' ? value : word);
  }
  if (words.length > 0) fields.text = words.join(' ');
  return readFilter(fields);
}

/** A word, as it was typed, and where it is `name:value` its parts; a value in quotes may hold spaces. */
const TOKEN = /((?:([A-Za-z]+):)?(?:"([^"]*)"|(\S+)))/g;

/** As `parseSearch` reads it. */
export function formatSearch(filter: SearchFilter): string {
  const named = FILTER_NAMES.filter((name) => name !== 'text').flatMap((name) => {
    const value = filter[name];
    return value === undefined ? [] : [`${name}:${/[\s"]/.test(value) ? `"${value.replaceAll('"', '')}"` : value}`];
  });
  return [...named, ...(filter.text === undefined ? [] : [filter.text])].join(' ');
}

/** Takes from a page's address what is a filter, and leaves the rest. */
export function readFilter(search: Readonly<Record<string, unknown>>): SearchFilter {
  const filter: Partial<Record<FilterName, string>> = {};
  for (const name of FILTER_NAMES) {
    const value = search[name];
    const text = typeof value === 'number' ? String(value) : value;
    if (typeof text !== 'string' || text.trim() === '' || text.length > MAX_VALUE_CHARACTERS) continue;
    if (name === 'decision' && text !== 'permit' && text !== 'deny') continue;
    if ((name === 'since' || name === 'until') && instantOf(text, 0) === undefined) continue;
    filter[name] = text.trim();
  }
  return filter as SearchFilter;
}

const MAX_VALUE_CHARACTERS = 1000;

/** The filter as the API's query takes it: ages become instants, and names that it does not know are left out. */
export function filterQuery(filter: SearchFilter, nowMs: number, without: readonly FilterName[] = []) {
  const query: Record<string, string> = {};
  for (const name of FILTER_NAMES) {
    const value = filter[name];
    if (value === undefined || without.includes(name)) continue;
    const asked = name === 'since' || name === 'until' ? instantOf(value, nowMs) : value;
    if (asked !== undefined) query[name] = asked;
  }
  return query;
}

const UNITS_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** RFC 3339 in UTC of an age, a day or an instant; undefined where it is neither. */
export function instantOf(text: string, nowMs: number): string | undefined {
  const [, amount, unit = ''] = /^(\d{1,5})([mhdw])$/.exec(text) ?? [];
  // A page's address stays the same for a minute, and with it what was loaded for it.
  if (amount !== undefined)
    return new Date(Math.floor(nowMs / 60_000) * 60_000 - Number(amount) * (UNITS_MS[unit] ?? 0)).toISOString();
  if (!/^\d{4}-\d\d-\d\d/.test(text)) return undefined;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
}

function filterName(name: string): FilterName | undefined {
  const lower = name.toLowerCase();
  return OTHER_NAMES[lower] ?? FILTER_NAMES.find((known) => known === lower);
}
