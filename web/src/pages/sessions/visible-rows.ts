/** Which rows of a list of equal rows are drawn: [`first`, `end`). */
export interface RowRange {
  readonly first: number;
  readonly end: number;
}

/** The rows in view, and `spare` more on either side so that scrolling finds them there. */
export function visibleRows(
  scrollTop: number,
  height: number,
  rowHeight: number,
  count: number,
  spare: number,
): RowRange {
  const first = Math.max(0, Math.floor(scrollTop / rowHeight) - spare);
  const end = Math.min(count, Math.ceil((scrollTop + height) / rowHeight) + spare);
  return { first: Math.min(first, count), end: Math.max(end, 0) };
}

/** Where to scroll so that a row is seen whole; undefined where it is. A row far away comes to the middle. */
export function scrollTarget(row: number, scrollTop: number, height: number, rowHeight: number): number | undefined {
  const top = row * rowHeight;
  if (top >= scrollTop && top + rowHeight <= scrollTop + height) return undefined;
  if (top < scrollTop && top >= scrollTop - 2 * rowHeight) return top;
  const below = top + rowHeight - height;
  if (top >= scrollTop && below <= scrollTop + 2 * rowHeight) return below;
  return Math.max(0, top - (height - rowHeight) / 2);
}
