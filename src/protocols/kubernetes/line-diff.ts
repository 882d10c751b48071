/** Lines around a change that are shown with it. */
const CONTEXT = 3;
/** Of each text, between what both begin and end with alike; longer ones are not compared line by line. */
const MOST_LINES = 2_000;

/** How one text becomes another, as `diff -u` says it, without a head; empty where they are the same. */
export function lineDiff(before: string, after: string): string {
  const [one, other] = [linesOf(before), linesOf(after)];
  const start = commonStart(one, other);
  const end = commonEnd(one, other, start);
  const [removed, added] = [one.slice(start, one.length - end), other.slice(start, other.length - end)];
  if (removed.length === 0 && added.length === 0) return '';
  const changes: readonly Line[] = [
    ...one.slice(0, start).map((text): Line => ({ mark: ' ', text })),
    ...between(removed, added),
    ...one.slice(one.length - end).map((text): Line => ({ mark: ' ', text })),
  ];
  return hunks(changes).join('\n');
}

interface Line {
  readonly mark: ' ' | '-' | '+';
  readonly text: string;
}

function linesOf(text: string): readonly string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

function commonStart(one: readonly string[], other: readonly string[]): number {
  let at = 0;
  while (at < one.length && at < other.length && one[at] === other[at]) at++;
  return at;
}

function commonEnd(one: readonly string[], other: readonly string[], start: number): number {
  let count = 0;
  const most = Math.min(one.length, other.length) - start;
  while (count < most && one[one.length - 1 - count] === other[other.length - 1 - count]) count++;
  return count;
}

/** The longest common subsequence, by dynamic programming over lengths of what is left. */
function between(removed: readonly string[], added: readonly string[]): readonly Line[] {
  const whole = [
    ...removed.map((text): Line => ({ mark: '-', text })),
    ...added.map((text): Line => ({ mark: '+', text })),
  ];
  if (removed.length > MOST_LINES || added.length > MOST_LINES) return whole;
  const width = added.length + 1;
  const left = new Uint16Array((removed.length + 1) * width);
  for (let i = removed.length - 1; i >= 0; i--) {
    for (let j = added.length - 1; j >= 0; j--) {
      const [down = 0, right = 0] = [left[(i + 1) * width + j], left[i * width + j + 1]];
      left[i * width + j] = removed[i] === added[j] ? (left[(i + 1) * width + j + 1] ?? 0) + 1 : Math.max(down, right);
    }
  }
  const lines: Line[] = [];
  let [i, j] = [0, 0];
  while (i < removed.length || j < added.length) {
    const [one, other] = [removed[i], added[j]];
    if (one !== undefined && one === other) {
      lines.push({ mark: ' ', text: one });
      i++;
      j++;
    } else if (
      one !== undefined &&
      (other === undefined || (left[(i + 1) * width + j] ?? 0) >= (left[i * width + j + 1] ?? 0))
    ) {
      lines.push({ mark: '-', text: one });
      i++;
    } else {
      lines.push({ mark: '+', text: other ?? '' });
      j++;
    }
  }
  return lines;
}

/** Changes with what stands around them; `@@` where lines are left out. */
function hunks(lines: readonly Line[]): readonly string[] {
  const shown = new Set<number>();
  for (const [at, { mark }] of lines.entries()) {
    if (mark === ' ') continue;
    for (let near = at - CONTEXT; near <= at + CONTEXT; near++) shown.add(near);
  }
  const told: string[] = [];
  let last = -1;
  for (const [at, { mark, text }] of lines.entries()) {
    if (!shown.has(at)) continue;
    if (at !== last + 1) told.push(`@@ line ${at + 1} @@`);
    told.push(`${mark}${text}`);
    last = at;
  }
  return told;
}
