import { scanSync } from 'libpg-query';
import { as, isBody, textOf } from '../nodes.ts';
import type { SchemaText } from './schema-text.ts';

/**
 * The query of a CREATE VIEW, MATERIALIZED VIEW or TABLE AS, with the schema written before each table that it names
 * without: as pg_get_viewdef says it while search_path is empty. Undefined where the query cannot be found in the text.
 */
export function definitionOf(text: string, query: unknown, schema: SchemaText): string | undefined {
  const bytes = Buffer.from(text);
  const start = queryStart(text);
  if (start === undefined) return undefined;
  const names: Insertion[] = [];
  collect(query, { schema, ctes: new Set(cteNames(query)), names });
  let definition = '';
  let at = start;
  for (const { offset, name } of names.toSorted((one, other) => one.offset - other.offset)) {
    if (offset < at) continue;
    definition += bytes.toString('utf8', at, offset) + name;
    at = offset;
  }
  return `${definition}${bytes.toString('utf8', at)}`.replace(CHECK_OPTION, '').trim();
}

const CHECK_OPTION = /\bwith\s+((cascaded|local)\s+)?check\s+option\s*;?\s*$|\bwith\s+(no\s+)?data\s*;?\s*$/i;

interface Insertion {
  /** In bytes. */
  readonly offset: number;
  /** `"schema".` */
  readonly name: string;
}

/** Right after the first AS that stands in no parentheses; in bytes. */
function queryStart(text: string): number | undefined {
  let depth = 0;
  for (const { text: token, end, keywordKind } of scanSync(text).tokens) {
    if (token === '(') depth++;
    if (token === ')') depth--;
    if (depth === 0 && keywordKind !== 0 && token.toLowerCase() === 'as') return end;
  }
  return undefined;
}

interface Search {
  readonly schema: SchemaText;
  readonly ctes: ReadonlySet<string>;
  readonly names: Insertion[];
}

function collect(value: unknown, search: Search): void {
  if (Array.isArray(value)) for (const item of value) collect(item, search);
  else if (isBody(value)) {
    const range = as(value, 'RangeVar');
    if (range !== undefined) return qualify(range as unknown as Readonly<Record<string, unknown>>, search);
    for (const key in value) collect(value[key], search);
  }
}

function qualify(range: Readonly<Record<string, unknown>>, { schema, ctes, names }: Search): void {
  const name = textOf(range['relname']);
  const location = range['location'] ?? 0;
  if (textOf(range['schemaname']) !== '' || ctes.has(name) || typeof location !== 'number' || location < 0) return;
  const found = schema.find('', name);
  if (found !== undefined) names.push({ offset: location, name: `"${found.schema.replaceAll('"', '""')}".` });
}

function cteNames(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(cteNames);
  if (!isBody(value)) return [];
  const cte = as(value, 'CommonTableExpr');
  const inner = Object.values(value).flatMap(cteNames);
  return cte?.ctename === undefined ? inner : [cte.ctename, ...inner];
}
