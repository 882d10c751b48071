import type { HttpFields } from './http-message.ts';
import { type JsonNode, nodePath } from './json-nodes.ts';

interface MaskCount {
  readonly by: string;
  readonly name: string;
  readonly count: number;
  readonly order?: readonly number[];
}

/** A value that the client saw masked, and by what. */
export interface MaskedValue {
  /** `customers[3].email` of a body, or the name of a field. */
  readonly place: string;
  /** The classified field, or the detectors of which one found it. */
  readonly by: string;
  readonly shown: string;
}

/** What stands in the place of what a detector found, and of text with a class. */
const REDACTED = '[redacted]';

/**
 * The places in a JSON body of what was masked: those that a classified field names, and those where a mask's mark stands.
 * The record counts masks and says by what they are; a mark may also have been in what the target sent.
 */
export function maskedNodes(
  nodes: readonly JsonNode[],
  masked: readonly MaskCount[],
  fields: HttpFields = [],
): ReadonlyMap<number, string> {
  const found = new Map<number, string>();
  if (masked.length === 0) return found;
  const detectors = detectorsOf(masked);
  const named = namesInOrder(masked);
  const before = fields.filter((field) => classOf(field, masked) === undefined).map(([, value]) => marksIn(value));
  let next = before.reduce((sum, marks) => sum + marks, 0);
  const classified = masked.filter(({ by }) => by === 'column').map(({ name }) => ({ name, fits: fieldPattern(name) }));
  nodes.forEach((node, place) => {
    if (node.kind === 'object' || node.kind === 'array') return;
    const field = classified.length === 0 ? undefined : classified.find(({ fits }) => fits(namesOf(nodes, place)));
    if (field !== undefined) found.set(place, field.name);
    else if (detectors !== '' && node.kind === 'string' && node.text.includes(REDACTED)) {
      const marks = marksIn(node.text);
      found.set(place, [...new Set(named.slice(next, next + marks))].join(' and '));
      next += marks;
    }
  });
  // A mark that the target sent, or a finding that left none, and nothing is where it seems.
  if (next === named.length) return found;
  const isMarked = (place: number): boolean => nodes[place]?.text.includes(REDACTED) === true;
  const names = new Set(classified.map(({ name }) => name));
  return new Map([...found].map(([place, by]) => [place, names.has(by) || !isMarked(place) ? by : detectors]));
}

/** The detectors of all findings in their order; of one detector the order is its own. */
function namesInOrder(masked: readonly MaskCount[]): readonly string[] {
  const found = masked.filter(({ by }) => by === 'detector');
  const [only] = found;
  if (found.length === 1 && only !== undefined)
    return Array.from({ length: Math.min(only.count, MOST) }, () => only.name);
  const names: string[] = [];
  for (const { name, order = [] } of found) for (const at of order) names[at] = name;
  return names;
}

/** A reply that has more is told by what worked on it. */
const MOST = 100_000;

function marksIn(text: string): number {
  return text.split(REDACTED).length - 1;
}

function classOf([field]: HttpFields[number], masked: readonly MaskCount[]): string | undefined {
  return masked.find(({ by, name }) => by === 'column' && name.endsWith(` header ${field}`))?.name;
}

export function maskedValues(nodes: readonly JsonNode[], masked: ReadonlyMap<number, string>): readonly MaskedValue[] {
  return [...masked].map(([place, by]) => ({ place: nodePath(nodes, place), by, shown: nodes[place]?.text ?? '' }));
}

/** Fields of a head in which a mask's mark stands. */
export function maskedFields(fields: HttpFields, masked: readonly MaskCount[]): readonly MaskedValue[] {
  if (masked.length === 0) return [];
  const detectors = detectorsOf(masked);
  return fields.flatMap(([place, shown]) => {
    const by = classOf([place, shown], masked);
    if (by !== undefined) return [{ place, by, shown }];
    return detectors !== '' && shown.includes(REDACTED) ? [{ place, by: detectors, shown }] : [];
  });
}

function detectorsOf(masked: readonly MaskCount[]): string {
  return masked
    .filter(({ by }) => by === 'detector')
    .map(({ name }) => name)
    .join(' or ');
}

/** `GET /customers/* customers[].email` names what stands at that place; lists are looked through. */
function fieldPattern(name: string): (names: readonly string[]) => boolean {
  const field = name.split(' ').slice(2).join(' ');
  const steps = field
    .replaceAll('[]', '')
    .split('.')
    .filter((step) => step !== '');
  const fits = (names: readonly string[], at: number, step: number): boolean => {
    if (step === steps.length) return at === names.length;
    if (steps[step] === '**') return fits(names, at, step + 1) || (at < names.length && fits(names, at + 1, step));
    return at < names.length && (steps[step] === '*' || steps[step] === names[at]) && fits(names, at + 1, step + 1);
  };
  return (names) => steps.length > 0 && fits(names, 0, 0);
}

function namesOf(nodes: readonly JsonNode[], place: number): readonly string[] {
  const names: string[] = [];
  for (let node = nodes[place]; node !== undefined && node.parent >= 0; node = nodes[node.parent]) {
    if (typeof node.name === 'string') names.unshift(node.name);
  }
  return names;
}
