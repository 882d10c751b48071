import { type RefObject, useEffect, useState } from 'react';
import { type RowRange, visibleRows } from './visible-rows.ts';

const SPARE_ROWS = 8;
/** What is drawn before the browser told how high the list is. */
const FIRST_ROWS = 40;

/** The rows of a scrolling element to draw; changes only when the range does. */
export function useVisibleRows(scroller: RefObject<HTMLElement | null>, count: number, rowHeight: number): RowRange {
  const [range, setRange] = useState<RowRange>({ first: 0, end: Math.min(count, FIRST_ROWS) });
  useEffect(() => {
    const element = scroller.current;
    if (element === null) return undefined;
    function measure(): void {
      if (element === null) return;
      const now = visibleRows(element.scrollTop, element.clientHeight, rowHeight, count, SPARE_ROWS);
      setRange((old) => (old.first === now.first && old.end === now.end ? old : now));
    }
    measure();
    element.addEventListener('scroll', measure, { passive: true });
    const resized = new ResizeObserver(measure);
    resized.observe(element);
    return () => {
      element.removeEventListener('scroll', measure);
      resized.disconnect();
    };
  }, [scroller, count, rowHeight]);
  return { first: Math.min(range.first, count), end: Math.min(range.end, count) };
}
