import type { WorkloadField } from '../model/principal.ts';

/**
 * Fields in which a rule may use `*`, and the text that must stand before the first one: as much as names the place, so
 * that a pattern cannot reach into another repository, or from branches to tags.
 */
const GLOB_ANCHORS: Partial<Readonly<Record<WorkloadField, RegExp>>> = {
  sourceRef: /^refs\/(?:heads|tags|pull|merge-requests)\//,
  environment: /^[^*]/,
  buildConfigUri: /^https?:\/\/[^/*]+\/[^/*]+\/[^*]*\//,
  buildSignerUri: /^https?:\/\/[^/*]+\/[^/*]+\/[^*]*\//,
};

/** Why a value cannot stand in a rule, and what to write instead; undefined where it can. */
export function patternProblem(field: string, value: string): { message: string; advice: string } | undefined {
  if (value === '') return { message: `${field} is empty`, advice: 'Leave the claim out, or give its value.' };
  if (/^\^|\$$|\.\*|\(\?|\\[dwsb]|\[[^\]]*\]/.test(value)) {
    return {
      message: `${field} looks like a regular expression`,
      advice: 'Write the value itself; in refs, environments and workflow URIs `*` stands for one segment.',
    };
  }
  if (!value.includes('*')) return undefined;
  if (value.includes('**')) {
    return {
      message: `${field} holds \`**\``,
      advice: 'One `*` stands for one segment; list the depths that you mean.',
    };
  }
  const anchor = anchorOf(field);
  if (anchor === undefined) {
    return { message: `${field} must match exactly`, advice: 'Write the whole value, or a list of values.' };
  }
  const literal = value.slice(0, value.indexOf('*'));
  if (anchor.test(literal)) return undefined;
  return {
    message: `the pattern ${value} is not anchored`,
    advice: 'Begin with what names the place: `refs/heads/`, `https://github.com/owner/repository/`, `production-`.',
  };
}

/**
 * True where the whole value matches. `*` stands for one or more characters of one segment: no `/`, `:` or `@`. Each
 * piece is taken where it first fits, which loses nothing because a star never leaves its segment; so time is linear.
 */
export function matchesPattern(pattern: string, value: string): boolean {
  const pieces = pattern.split('*');
  const first = pieces.shift() ?? '';
  const last = pieces.pop();
  if (last === undefined) return pattern === value;
  if (!value.startsWith(first) || !value.endsWith(last)) return false;
  let from = first.length;
  for (const piece of pieces) {
    const at = value.indexOf(piece, from + 1);
    if (at < 0 || crossesBoundary(value, from, at)) return false;
    from = at + piece.length;
  }
  const end = value.length - last.length;
  return end > from && !crossesBoundary(value, from, end);
}

function crossesBoundary(value: string, from: number, to: number): boolean {
  for (let i = from; i < to; i++) {
    if ('/:@'.includes(value.charAt(i))) return true;
  }
  return false;
}

function anchorOf(field: string): RegExp | undefined {
  return Object.entries(GLOB_ANCHORS).find(([name]) => name === field)?.[1];
}
