import type { Definition } from '../../model/mcp.ts';
import { printable } from '../../model/printable.ts';
import type { Finding } from './finding.ts';
import { lookAlikes, otherToolsNamed, type ToolBeside } from './tools-beside.ts';
import { encodedText, hiddenCharacters, instructions, type Trap } from './traps.ts';

/**
 * What in a definition looks like a hidden instruction: in each text of it, names of parameters, defaults, enumerations
 * included. `beside` are the tools that an agent may have from other targets. In linear time; at most 50 findings.
 */
export function scanDefinition(definition: Pick<Definition, 'kind' | 'name' | 'text'>, beside: readonly ToolBeside[]) {
  const value = parsed(definition.text);
  if (value === undefined) return [{ code: 'unreadable', where: '', snippet: 'this is no JSON' }] satisfies Finding[];
  const findings: Finding[] = [];
  const add = (where: string, traps: Iterable<Trap>): void => {
    for (const { code, excerpt } of traps) {
      if (findings.length >= MOST_FINDINGS) return;
      findings.push({
        code,
        where: where.length > MOST_WHERE ? `${where.slice(0, MOST_WHERE)}…` : where,
        snippet: snippetOf(excerpt),
      });
    }
  };
  if (definition.kind === 'tool') add('/name', lookAlikes(definition.name, beside));
  const names = new Set(beside.map(({ name }) => name).filter((name) => name !== definition.name));
  for (const { where, text } of textsOf(value)) {
    if (findings.length >= MOST_FINDINGS) break;
    add(where, hiddenCharacters(text));
    add(where, instructions(text));
    add(where, encodedText(text));
    if (definition.kind !== 'resource') add(where, otherToolsNamed(text, names));
  }
  return findings;
}

const MOST_FINDINGS = 50;
const MOST_WHERE = 400;
/** Of what is nested deeper than any schema, a person is told that it was not read. */
const MOST_TEXTS = 20_000;

/** Cut where a character ends: half of one would show as another. */
function snippetOf(excerpt: string): string {
  const short = Array.from(excerpt.slice(0, MOST_EXCERPT)).slice(0, -1).join('');
  return printable(excerpt.length > MOST_EXCERPT ? `${short}…` : excerpt);
}

const MOST_EXCERPT = 200;

interface TextAt {
  readonly where: string;
  readonly text: string;
}

/** Every text in a value and every name of a member, in the order of the value; by a stack, for it may be nested deep. */
function* textsOf(value: unknown): Iterable<TextAt> {
  const stack: { readonly where: string; readonly value: unknown }[] = [{ where: '', value }];
  let texts = 0;
  for (let next = stack.pop(); next !== undefined && texts < MOST_TEXTS; next = stack.pop()) {
    const { where, value: one } = next;
    if (typeof one === 'string') {
      texts++;
      yield { where, text: one };
    }
    if (typeof one !== 'object' || one === null) continue;
    const members = Object.entries(one).map(([name, member]) => ({ name, value: member as unknown }));
    for (const { name } of Array.isArray(one) ? [] : members) {
      texts++;
      yield { where: `${where}/${escaped(name)}#`, text: name };
    }
    for (const { name, value: member } of members.toReversed()) {
      stack.push({ where: `${where}/${escaped(name)}`, value: member });
    }
  }
}

/** A pointer is shown to people: a long name in it is cut. */
function escaped(name: string): string {
  const short = name.length > MOST_NAME ? `${name.slice(0, MOST_NAME)}…` : name;
  return printable(short.replaceAll('~', '~0').replaceAll('/', '~1'));
}

const MOST_NAME = 100;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined; // Said as a finding.
  }
}
