import type { HttpFacts } from '../model/http.ts';
import type { Operation } from '../model/request.ts';
import type { Aspect, Extent } from './column-aspects.ts';
import { compileGlob } from './glob.ts';
import { compileGraphqlPattern, type GraphqlPattern } from './graphql-pattern.ts';
import { actionQuestions } from './http-action-pattern.ts';
import { bodyQuestions, type HttpBodyPattern } from './http-body-pattern.ts';
import { documentQuestions } from './http-document-pattern.ts';

/** What a rule says of an HTTP request; all keys must match, and a key matches when one of its values does. */
export interface HttpPattern {
  /** As sent, in capitals. */
  readonly methods?: readonly string[];
  /** Patterns of the target's own host; `*` stands for anything but `.`. */
  readonly hosts?: readonly string[];
  /** Patterns of the path in its normal form, without the query; `*` stands for anything but `/`, `**` for anything. */
  readonly paths?: readonly string[];
  /** Names of query parameters and patterns of their values; a name that is sent more than once has several. */
  readonly query?: Readonly<Record<string, readonly string[]>>;
  /** Names of fields in lower case and patterns of their values. */
  readonly headers?: Readonly<Record<string, readonly string[]>>;
  /** Patterns of the body's type, without parameters: `application/json`, `text/*`; empty where there is none. */
  readonly mediaTypes?: readonly string[];
  /** What stands in a JSON body or a form. */
  readonly body?: HttpBodyPattern;
  readonly graphql?: GraphqlPattern;
  /** Patterns of what the target's OpenAPI document calls its operations. */
  readonly operations?: readonly string[];
  /** Patterns of the document's paths, as it writes them; `*` stands for anything but `/`. */
  readonly templates?: readonly string[];
  /** Whether the document has the operation. */
  readonly declared?: boolean;
  /** Patterns of cloud APIs' actions. */
  readonly actions?: readonly string[];
  /** Patterns of what they are done to. */
  readonly resources?: readonly string[];
}

/** How much of a request lies within an `http` pattern; undefined where the operation is no request. */
export type CompiledHttpPattern = (operation: Operation) => Aspect;

/** What is in force of `pattern`, each glob compiled once. */
export function compileHttpPattern(pattern: HttpPattern): CompiledHttpPattern {
  const asked = [
    pattern.methods && one('method', pattern.methods, '', ({ method }) => method),
    pattern.hosts && one('host', pattern.hosts, '.', ({ host }) => host),
    pattern.paths && one('path', pattern.paths, '/', ({ path }) => path),
    pattern.mediaTypes && one('media type', pattern.mediaTypes, '', ({ mediaType }) => mediaType),
    ...named('header', pattern.headers, ({ headers }, name) => own(headers, name)),
    ...named('query parameter', pattern.query, ({ query }, name) => own(query, name)),
    ...bodyQuestions(pattern.body),
    ...documentQuestions(pattern),
    ...actionQuestions(pattern),
  ].filter((question) => question !== undefined);
  const graphql = pattern.graphql && compileGraphqlPattern(pattern.graphql);
  return (operation) => {
    const { http } = operation;
    if (http === undefined) return { extent: 'none', why: 'it is no HTTP request' };
    const found = asked.map((question) => question(http));
    if (graphql !== undefined) found.push(graphql(operation));
    return (
      found.find(({ extent }) => extent === 'none') ??
      found.find(({ extent }) => extent === 'some') ?? { extent: 'all', why: '' }
    );
  };
}

type Question = (facts: HttpFacts) => Aspect;

function one(what: string, values: readonly string[], separator: string, of: (facts: HttpFacts) => string): Question {
  const globs = values.map((value) => compileGlob(value, separator));
  return (facts) =>
    globs.some((matches) => matches(of(facts))) ? { extent: 'all', why: '' } : miss(`its ${what} is another one`);
}

/** Of several values those that match bind; only where all do, the rule covers the request. */
function named(
  what: string,
  pattern: Readonly<Record<string, readonly string[]>> | undefined,
  of: (facts: HttpFacts, name: string) => readonly string[],
): readonly Question[] {
  return Object.entries(pattern ?? {}).map(([name, values]) => {
    const globs = values.map((value) => compileGlob(value, ''));
    const why = `its ${what} ${name} is another one`;
    return (facts) => ({ extent: extentOf(of(facts, name), globs), why });
  });
}

function extentOf(sent: readonly string[], globs: readonly ((text: string) => boolean)[]): Extent {
  const matching = sent.filter((value) => globs.some((matches) => matches(value))).length;
  if (matching === 0) return 'none';
  return matching === sent.length ? 'all' : 'some';
}

function own(values: Readonly<Record<string, string | readonly string[]>>, name: string): readonly string[] {
  const value = Object.hasOwn(values, name) ? values[name] : undefined;
  return value === undefined ? [] : typeof value === 'string' ? [value] : value;
}

function miss(why: string): Aspect {
  return { extent: 'none', why };
}
