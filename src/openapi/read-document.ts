import { parseDocument } from 'yaml';
import type { Catalogue, ClassifiedProperty, DeclaredOperation, DocumentProblem } from './catalogue.ts';
import { classesIn } from './classified-properties.ts';
import { isObject, type JsonObject, type Resolve, resolver } from './references.ts';
import { templateProblem } from './template.ts';

/** Documents of the largest services have about 1,000. */
const MAX_OPERATIONS = 5_000;
const MAX_PROBLEMS = 20;
/** OpenAPI 3.1, 4.8.9: the methods that a path may have; TRACE is never forwarded. */
export const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'] as const;

/**
 * Reads an OpenAPI document (3.0 or 3.1), JSON or YAML. What it cannot mean in one way is a problem: two templates that
 * are the same, an `operationId` twice, references that lead out of it or nowhere. Pure; linear in the text.
 */
export function readDocument(text: string): Catalogue | { readonly problems: readonly DocumentProblem[] } {
  const parsed = parseDocumentText(text);
  if ('message' in parsed) return { problems: [{ place: [], message: parsed.message }] };
  const { root } = parsed;
  const problems: DocumentProblem[] = [];
  const say: Say = (place, message) => void (problems.length < MAX_PROBLEMS && problems.push({ place, message }));
  const { openapi, paths = {} } = root;
  if (typeof openapi !== 'string' || !/^3\.[01]\.\d+/.test(openapi)) {
    const message = 'openapi' in root ? `OpenAPI ${String(openapi)} is not read` : 'it has no `openapi`';
    return { problems: [{ place: ['openapi'], message: `${message}: this takes 3.0 and 3.1` }] };
  }
  if (!isObject(paths)) return { problems: [{ place: ['paths'], message: 'it is no object' }] };
  const reading: Reading = { root, resolve: resolver(root), say, operations: [], classified: [], ids: new Set() };
  const shapes = new Map<string, string>();
  for (const [template, item] of Object.entries(paths)) {
    // OpenAPI 3.1, 4.9: extensions.
    if (template.startsWith('x-')) continue;
    readPath(template, item, shapes, reading);
  }
  if (reading.operations.length > MAX_OPERATIONS) say(['paths'], `it has more than ${MAX_OPERATIONS} operations`);
  return problems.length > 0 ? { problems } : { operations: reading.operations, classified: reading.classified };
}

type Say = (place: readonly string[], message: string) => void;

interface Reading {
  readonly root: JsonObject;
  readonly resolve: Resolve;
  readonly say: Say;
  readonly operations: DeclaredOperation[];
  readonly classified: ClassifiedProperty[];
  readonly ids: Set<string>;
}

/** JSON where it begins as such, else YAML. */
export function parseDocumentText(text: string): { readonly root: JsonObject } | { readonly message: string } {
  let value: unknown;
  try {
    value = text.trimStart().startsWith('{') ? JSON.parse(text) : fromYaml(text);
  } catch (cause) {
    return { message: `it cannot be read: ${cause instanceof Error ? cause.message : 'unknown'}` };
  }
  return isObject(value) ? { root: value } : { message: 'it is no object' };
}

function fromYaml(text: string): unknown {
  const document = parseDocument(text, { uniqueKeys: true });
  const [fault] = document.errors;
  if (fault !== undefined) throw fault;
  return document.toJS({ maxAliasCount: 100 });
}

function readPath(template: string, declared: unknown, shapes: Map<string, string>, reading: Reading): void {
  const { resolve, say, root } = reading;
  const place = ['paths', template];
  const problem = templateProblem(template);
  if (problem !== undefined) return say(place, problem);
  const shape = template.replaceAll(/\{[^{}]*\}/g, '{}');
  const other = shapes.get(shape);
  if (other !== undefined) return say(place, `it is the same path as ${other}`);
  shapes.set(shape, template);
  const item = resolve(declared);
  if (typeof item === 'string') return say(place, item);
  for (const method of METHODS) {
    if (item[method] === undefined) continue;
    const at = [...place, method];
    const operation = resolve(item[method]);
    if (typeof operation === 'string') {
      say(at, operation);
      continue;
    }
    readOperation(
      { method: method.toUpperCase(), template, servers: operation['servers'] ?? item['servers'] ?? root['servers'] },
      operation,
      at,
      reading,
    );
  }
}

interface Named {
  readonly method: string;
  readonly template: string;
  readonly servers: unknown;
}

function readOperation(
  { method, template, servers }: Named,
  operation: JsonObject,
  at: readonly string[],
  reading: Reading,
) {
  const { say, ids, resolve } = reading;
  const { operationId } = operation;
  if (operationId !== undefined) {
    if (typeof operationId !== 'string' || operationId === '' || operationId.length > 500) {
      return say([...at, 'operationId'], 'it is no name of 1 to 500 characters');
    }
    if (ids.has(operationId)) return say([...at, 'operationId'], `two operations are called ${operationId}`);
    ids.add(operationId);
  }
  const bases = basesOf(servers);
  if (typeof bases === 'string') return say([...at, 'servers'], bases);
  const declared: DeclaredOperation = {
    method,
    template,
    ...(typeof operationId === 'string' ? { operationId } : {}),
    bases,
  };
  reading.operations.push(declared);
  const classes = classesIn(operation, resolve);
  for (const { place, message } of classes.problems) say([...at, ...place], message);
  for (const one of classes.found) reading.classified.push({ operation: declared, ...one });
}

/** The paths of its servers (OpenAPI 3.1, 4.8.5), variables by their defaults; undefined servers are one at `/`. */
function basesOf(servers: unknown): readonly string[] | string {
  if (servers === undefined) return [];
  if (!Array.isArray(servers)) return 'it is no list';
  const bases = new Set<string>();
  for (const server of servers as readonly unknown[]) {
    if (!isObject(server) || typeof server['url'] !== 'string') return 'a server has no `url`';
    const variables = isObject(server['variables']) ? server['variables'] : {};
    const url = server['url'].replaceAll(/\{([^{}]*)\}/g, (all, name: string) => {
      const variable = Object.hasOwn(variables, name) ? variables[name] : undefined;
      return isObject(variable) && typeof variable['default'] === 'string' ? variable['default'] : all;
    });
    if (!URL.canParse(url, 'https://server')) return `the URL ${url} of a server is none`;
    bases.add(new URL(url, 'https://server').pathname.replace(/\/+$/, ''));
  }
  return [...bases];
}
