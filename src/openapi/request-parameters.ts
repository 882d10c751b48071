import type { HttpFacts } from '../model/http.ts';
import { isObject, type JsonObject, type Resolve } from './references.ts';
import type { DocumentSchemas, Validate } from './schemas.ts';

export type ParameterPlace = 'path' | 'query' | 'header';

/** A parameter as a document declares it (OpenAPI 3.1, 4.8.12). */
export interface Parameter {
  readonly place: ParameterPlace;
  readonly name: string;
  readonly required: boolean;
  /** `names`: its value is spread over names that begin with its own (`filter[a]`), which nobody checks further. */
  readonly style: 'value' | 'commas' | 'json' | 'names' | 'unchecked';
  readonly validate: Validate | undefined;
}

export interface ParameterValues {
  readonly path: Readonly<Record<string, string>>;
  readonly query: HttpFacts['query'];
  readonly header: HttpFacts['headers'];
}

/** Those of the operation in place of those of its path; undefined where one cannot be read. Of cookies nothing is checked. */
export function parametersOf(
  lists: readonly unknown[],
  resolve: Resolve,
  schemas: DocumentSchemas,
): readonly Parameter[] | undefined {
  const found = new Map<string, Parameter>();
  for (const list of lists) {
    if (list === undefined) continue;
    if (!Array.isArray(list)) return undefined;
    for (const declared of list as readonly unknown[]) {
      const parameter = resolve(declared);
      if (typeof parameter === 'string') return undefined;
      const { in: place, name } = parameter;
      if (typeof name !== 'string' || (place !== 'path' && place !== 'query' && place !== 'header')) continue;
      const read = parameterOf(parameter, place, name, resolve, schemas);
      if (read === undefined) return undefined;
      found.set(`${place} ${read.name}`, read);
    }
  }
  return [...found.values()].filter(({ place, name }) => place !== 'header' || !IGNORED.has(name));
}

/** OpenAPI 3.1, 4.8.12.2.1: parameters of these names are none. */
const IGNORED: ReadonlySet<string> = new Set(['accept', 'content-type', 'authorization']);

function parameterOf(
  { schema, content, style, explode, required }: JsonObject,
  place: ParameterPlace,
  declared: string,
  resolve: Resolve,
  schemas: DocumentSchemas,
): Parameter | undefined {
  const common = { place, name: place === 'header' ? declared.toLowerCase() : declared, required: required === true };
  const json = isObject(content) && isObject(content['application/json']) ? content['application/json'] : undefined;
  if (json !== undefined) {
    const validate = json['schema'] === undefined ? () => undefined : schemas.compile(json['schema'], 'json');
    return validate && { ...common, style: 'json', validate };
  }
  if (style === 'deepObject') return { ...common, style: 'names', validate: undefined };
  const plain = style === undefined || style === (place === 'query' ? 'form' : 'simple');
  const type = schema === undefined ? undefined : typeOf(schema, resolve);
  // An object is spread over other names.
  if (type === 'object') return { ...common, style: place === 'query' ? 'names' : 'unchecked', validate: undefined };
  if (!plain || schema === undefined) return { ...common, style: 'unchecked', validate: undefined };
  const validate = schemas.compile(schema, 'text');
  const isList = type === 'array' && (place !== 'query' || explode === false);
  return validate && { ...common, style: isList ? 'commas' : 'value', validate };
}

function typeOf(schema: unknown, resolve: Resolve): unknown {
  const resolved = resolve(schema);
  return typeof resolved === 'string' ? undefined : resolved['type'];
}

/** What is wrong with what was sent; names are those of the document alone. */
export function problemOfParameters(
  parameters: readonly Parameter[],
  values: ParameterValues,
  isHidden: (place: ParameterPlace, name: string) => boolean,
): string | undefined {
  for (const parameter of parameters) {
    const { place, name, required } = parameter;
    if (isHidden(place, name)) continue;
    const sent = Object.hasOwn(values[place], name) ? values[place][name] : undefined;
    if (sent === undefined) {
      // What is a piece of a segment is there, or the path would be another one.
      if (required && place !== 'path' && parameter.style !== 'names') return `it has no ${place} parameter ${name}`;
      continue;
    }
    const problem = problemOf(parameter, sent);
    if (problem !== undefined) return `${place} parameter ${name}${problem}`;
  }
  return undeclared(parameters, values.query);
}

function problemOf({ style, validate }: Parameter, sent: string | readonly string[]): string | undefined {
  if (validate === undefined) return undefined;
  const texts = typeof sent === 'string' ? [sent] : sent;
  const [first = '', ...others] = texts;
  switch (style) {
    case 'value':
      return validate(others.length === 0 ? first : texts);
    case 'commas':
      return validate(texts.flatMap((text) => text.split(',')));
    case 'json':
      try {
        return validate(JSON.parse(first));
      } catch {
        return ' must be JSON';
      }
    case 'names':
    case 'unchecked':
      return undefined;
    default:
      return style satisfies never;
  }
}

/** Servers may take what nobody declared for a filter, a page or an order to do something else. */
function undeclared(parameters: readonly Parameter[], query: HttpFacts['query']): string | undefined {
  const declared = parameters.filter(({ place }) => place === 'query');
  const isKnown = (sent: string): boolean =>
    declared.some(({ name, style }) => name === sent || (style === 'names' && sent.startsWith(`${name}[`)));
  // The fields of an object that is spread are its own names.
  const isOpen = declared.some(({ style }) => style === 'names');
  if (Object.keys(query).every((sent) => isKnown(sent) || (isOpen && !sent.includes('[')))) return undefined;
  const names = declared.map(({ name }) => name).join(', ');
  return `its query has a parameter that the document does not declare; it declares ${names === '' ? 'none' : names}`;
}
