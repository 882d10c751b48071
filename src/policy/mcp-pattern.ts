import type { HttpBodyFacts } from '../model/http.ts';
import type { McpFacts } from '../model/mcp.ts';
import type { Operation } from '../model/request.ts';
import type { Aspect } from './column-aspects.ts';
import { compileGlob } from './glob.ts';
import { bodyQuestions, type HttpBodyPattern } from './http-body-pattern.ts';

/** What a rule says of a message of MCP; all keys must match, and a key matches when one of its values does. */
export interface McpPattern {
  /** Patterns of the names of targets. */
  readonly servers?: readonly string[];
  /** Patterns of methods: `tools/call`, `resources/*`. */
  readonly methods?: readonly string[];
  /** Patterns of names of tools and of prompts: a message about none matches neither. */
  readonly tools?: readonly string[];
  readonly prompts?: readonly string[];
  /** Patterns of URIs; `*` stands for anything but `/`, `**` for anything. */
  readonly resources?: readonly string[];
  /** Paths into what is given along, and patterns of the values there. */
  readonly arguments?: HttpBodyPattern;
  /** Who asks; where absent, a rule that permits means the client, and one that denies means both. */
  readonly from?: readonly McpFacts['from'][];
}

/** How much of a message lies within an `mcp` pattern; undefined where the operation is no message. */
export function compileMcpPattern(pattern: McpPattern, effect: 'permit' | 'deny'): (operation: Operation) => Aspect {
  const { from = effect === 'permit' ? ['client'] : ['client', 'server'] } = pattern;
  const asked = [
    one('sender', from, '', (facts) => facts.from),
    pattern.servers && one('server', pattern.servers, '', ({ server }) => server),
    pattern.methods && one('method', pattern.methods, '/', ({ method }) => method),
    pattern.tools && one('tool', pattern.tools, '', ({ method, name }) => (method === 'tools/call' ? name : undefined)),
    pattern.prompts &&
      one('prompt', pattern.prompts, '', ({ method, name }) => (method === 'prompts/get' ? name : undefined)),
    pattern.resources && one('resource', pattern.resources, '/', ({ uri }) => uri),
    ...bodyQuestions(pattern.arguments).map((question) => (facts: McpFacts) => question({ body: givenOf(facts) })),
  ].filter((question) => question !== undefined);
  return ({ mcp }) => {
    if (mcp === undefined) return { extent: 'none', why: 'it is no message of MCP' };
    const found = asked.map((question) => question(mcp));
    return (
      found.find(({ extent }) => extent === 'none') ??
      found.find(({ extent }) => extent === 'some') ?? { extent: 'all', why: '' }
    );
  };
}

/** What is given along, as what stands in a body. */
export function givenOf(facts: McpFacts): HttpBodyFacts {
  if (facts.argumentsUnknown === true) return { kind: 'unread' };
  return facts.arguments === undefined ? { kind: 'none' } : { kind: 'fields', value: facts.arguments };
}

function one(
  what: string,
  values: readonly string[],
  separator: string,
  of: (facts: McpFacts) => string | undefined,
): (facts: McpFacts) => Aspect {
  const globs = values.map((value) => compileGlob(value, separator));
  return (facts) => {
    const value = of(facts);
    const isWithin = value !== undefined && globs.some((matches) => matches(value));
    return isWithin ? { extent: 'all', why: '' } : { extent: 'none', why: `its ${what} is another one` };
  };
}
