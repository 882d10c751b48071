export interface DiffLine {
  readonly kind: 'same' | 'added' | 'removed';
  readonly text: string;
}

/** Above this the two sides are shown whole, one after the other. */
const MOST_CELLS = 4_000_000;

/** The shortest way from one text to the other, line by line (longest common subsequence). */
export function difference(before: string, after: string): readonly DiffLine[] {
  const old = linesOf(before);
  const young = linesOf(after);
  let start = 0;
  while (start < old.length && start < young.length && old[start] === young[start]) start += 1;
  let tail = 0;
  while (tail < old.length - start && tail < young.length - start && old.at(-1 - tail) === young.at(-1 - tail))
    tail += 1;
  return [
    ...old.slice(0, start).map(same),
    ...changed(old.slice(start, old.length - tail), young.slice(start, young.length - tail)),
    ...old.slice(old.length - tail).map(same),
  ];
}

function changed(old: readonly string[], young: readonly string[]): DiffLine[] {
  if (old.length * young.length > MOST_CELLS) return [...old.map(removed), ...young.map(added)];
  const width = young.length + 1;
  const longest = new Uint32Array((old.length + 1) * width);
  const at = (i: number, j: number) => longest[i * width + j] ?? 0;
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = young.length - 1; j >= 0; j--) {
      longest[i * width + j] = old[i] === young[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: DiffLine[] = [];
  let i = 0;
  let j = 0;
  while (i < old.length && j < young.length) {
    if (old[i] === young[j]) {
      lines.push(same(old[i] ?? ''));
      i += 1;
      j += 1;
    } else if (at(i + 1, j) >= at(i, j + 1)) lines.push(removed(old[i++] ?? ''));
    else lines.push(added(young[j++] ?? ''));
  }
  return [...lines, ...old.slice(i).map(removed), ...young.slice(j).map(added)];
}

function linesOf(text: string): readonly string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

const same = (text: string): DiffLine => ({ kind: 'same', text });
const added = (text: string): DiffLine => ({ kind: 'added', text });
const removed = (text: string): DiffLine => ({ kind: 'removed', text });
