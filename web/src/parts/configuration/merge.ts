import { difference } from '../../ui/difference.ts';

export interface Merged {
  readonly text: string;
  /** Places where both sides changed the same lines; both stand in the text, between comments. */
  readonly conflicts: number;
}

interface Hunk {
  /** Lines of the common text that it replaces: from the one, up to and without the other. */
  readonly start: number;
  readonly end: number;
  readonly lines: readonly string[];
}

/** Brings two changes of one text together, line by line. */
export function merge(common: string, mine: string, theirs: string): Merged {
  const base = linesOf(common);
  const sides = [hunksOf(common, mine), hunksOf(common, theirs)] as const;
  const merged: string[] = [];
  let conflicts = 0;
  let at = 0;
  for (const { start, end } of stretches(sides.flat())) {
    merged.push(...base.slice(at, start));
    const before = base.slice(start, end);
    const [ours, others] = [replaced(base, sides[0], start, end), replaced(base, sides[1], start, end)];
    if (same(ours, others) || same(others, before)) merged.push(...ours);
    else if (same(ours, before)) merged.push(...others);
    else {
      conflicts += 1;
      merged.push('# <<< yours', ...ours, '# === theirs', ...others, '# >>>');
    }
    at = end;
  }
  merged.push(...base.slice(at));
  return { text: merged.length === 0 ? '' : `${merged.join('\n')}\n`, conflicts };
}

/** The stretches of the common text that either side changed; hunks that touch one another are one. */
function stretches(hunks: readonly Hunk[]): { start: number; end: number }[] {
  const found: { start: number; end: number }[] = [];
  for (const { start, end } of hunks.toSorted((one, other) => one.start - other.start)) {
    const last = found.at(-1);
    if (last !== undefined && start <= last.end) last.end = Math.max(last.end, end);
    else found.push({ start, end });
  }
  return found;
}

/** The stretch as one side has it. */
function replaced(base: readonly string[], hunks: readonly Hunk[], start: number, end: number): string[] {
  const lines: string[] = [];
  let at = start;
  for (const hunk of hunks) {
    if (hunk.start < start || hunk.start > end) continue;
    lines.push(...base.slice(at, hunk.start), ...hunk.lines);
    at = hunk.end;
  }
  return [...lines, ...base.slice(at, end)];
}

function hunksOf(before: string, after: string): Hunk[] {
  const hunks: { start: number; end: number; lines: string[] }[] = [];
  let line = 0;
  let open: { start: number; end: number; lines: string[] } | undefined;
  for (const { kind, text } of difference(before, after)) {
    if (kind === 'same') {
      line += 1;
      open = undefined;
      continue;
    }
    if (open === undefined) {
      open = { start: line, end: line, lines: [] };
      hunks.push(open);
    }
    if (kind === 'added') open.lines.push(text);
    else {
      line += 1;
      open.end = line;
    }
  }
  return hunks;
}

function linesOf(text: string): readonly string[] {
  return text === '' ? [] : text.replace(/\n$/u, '').split('\n');
}

function same(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((line, i) => line === other[i]);
}
